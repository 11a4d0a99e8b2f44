"""Noise2Self: pixels predicted from their neighbours, never from themselves."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import conv2d, pad

from rcl_cli.data.batch import Batch
from rcl_cli.hookspecs import hookimpl
from rcl_cli.pretext import Losses, Pretext, PretextSetup, Restorer, Views
from rcl_pretexts.errors import TYPICAL_NOISE, picture_sum
from rcl_pretexts.options import read_options, require


class Noise2Self(Pretext):
    """‖f(x with J interpolated)_J − x_J‖² for a random set J of elements (Batson & Royer 2019, eq. 1 and section 3).

    J is a grid of one element in `grid`², at a random phase, all channels of an element at once. f sees the mean of
    an element's neighbours in its place (weights 2 beside, 1 across the corner), so that its result on J does not
    depend on x_J; noise that is independent from element to element then cannot be learnt. In units of the typical
    noise. Option: `grid`, 4.
    """

    name = "noise2self"
    denoises = True

    def __init__(self, setup: PretextSetup) -> None:
        super().__init__(setup)
        self.options = read_options(self.name, setup.options, {"grid": 4})
        require(self.options["grid"] >= 2, "grid must be at least 2, so that neighbours are seen")

    def describe(self) -> dict[str, int]:
        return self.options

    def views(self, batch: Batch, rng: torch.Generator) -> Views:
        """`target`, the pictures; `seen`, with J interpolated; `mask`, 1 on J, (N, 1, h, w)."""
        x = batch.pictures
        mask = grid_masks(x, self.options["grid"], rng)
        return {"target": x, "mask": mask, "seen": torch.lerp(x, neighbour_mean(x), mask)}

    def loss(self, model: Restorer, views: Views) -> Losses:
        mask = views["mask"]
        errors = (model(views["seen"]) - views["target"]).square() * mask
        noise = self.setup.noise or TYPICAL_NOISE
        return Losses(picture_sum(errors / mask.mean((1, 2, 3), keepdim=True)) / noise**2)


def grid_masks(x: Tensor, grid: int, rng: torch.Generator) -> Tensor:
    """(N, 1, h, w) for (N, C, h, w): 1 on every `grid`-th element each way, from a random place for each picture."""
    mask = x.new_zeros(len(x), 1, *x.shape[-2:])
    for one, (top, left) in zip(mask, torch.randint(grid, (len(x), 2), generator=rng).tolist(), strict=True):
        one[:, top::grid, left::grid] = 1
    return mask


def neighbour_mean(x: Tensor) -> Tensor:
    """Weighted mean of the eight neighbours of each element, channel by channel, (N, C, h, w); edges are mirrored."""
    weights = x.new_tensor([[1.0, 2.0, 1.0], [2.0, 0.0, 2.0], [1.0, 2.0, 1.0]]) / 12
    kernel = weights.expand(x.shape[1], 1, 3, 3)
    return conv2d(pad(x, (1,) * 4, mode="reflect"), kernel, groups=x.shape[1])


@hookimpl
def rcl_pretext() -> type[Pretext]:
    """Registers `--pretext noise2self`."""
    return Noise2Self
