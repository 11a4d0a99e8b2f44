"""Noise2Self: values predicted from those around them, never from themselves."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from rcl_cli.plugins.hooks import hookimpl
from rcl_cli.plugins.options import option
from rcl_cli.pretext import Batch, Losses, Pretext, Restorer, Views
from rcl_pretexts.errors import TYPICAL_NOISE, picture_sum


class Noise2Self(Pretext):
    """‖f(x with J replaced)_J − x_J‖² for a random set J of values (Batson & Royer 2019, eq. 1 and section 3).

    The noise is taken for independent from value to value, so f, which sees nothing of x_J, cannot learn it. J is one
    element in `grid`² of every channel, in each channel others: of an element the other channels are seen.

    A replaced value is that of a random neighbour. The mean of the neighbours would betray itself; a network then
    learns what to add to a mean, and adds the same to the value itself where nothing is replaced. One that cannot tell
    has to leave the value out, and so restores a whole picture at once, without masks. In units of the typical noise.
    """

    name = "noise2self"
    denoises = True

    @dataclass(frozen=True)
    class Options:
        """Which values are predicted."""

        grid: int = option(4, "Every grid-th element each way is predicted in one step.", least=2)
        together: bool = option(
            False, "The same elements in all channels are predicted, for noise that channels share."
        )

    options: Options

    def views(self, batch: Batch, rng: torch.Generator) -> Views:
        """`target`, the pictures; `seen`, with J replaced; `mask`, 1 on J; (N, C, h, w)."""
        x = batch.pictures
        mask = grid_masks(x, self.options.grid, self.options.together, rng)
        return {"target": x, "mask": mask, "seen": torch.where(mask.bool(), random_neighbours(x, rng), x)}

    def loss(self, model: Restorer, views: Views) -> Losses:
        mask = views["mask"]
        errors = (model(views["seen"]) - views["target"]).square() * mask
        noise = self.setup.noise or TYPICAL_NOISE
        return Losses(picture_sum(errors / mask.mean((1, 2, 3), keepdim=True)) / noise**2)


def grid_masks(x: Tensor, grid: int, together: bool, rng: torch.Generator) -> Tensor:
    """Like x, (N, C, h, w): 1 on every `grid`-th element each way, 0 elsewhere.

    From a random place for each picture, and within it from another one for each channel, unless `together`, or where
    there are more channels than places.
    """
    mask = torch.zeros_like(x)
    channels = x.shape[1]
    for picture in mask:
        places = torch.randperm(grid * grid, generator=rng)
        places = places[:1].expand(channels) if together else places.repeat(channels)[:channels]
        for channel, place in zip(picture, places.tolist(), strict=True):
            channel[place // grid :: grid, place % grid :: grid] = 1
    return mask


def random_neighbours(x: Tensor, rng: torch.Generator) -> Tensor:
    """Of each element of (N, C, h, w) one of its eight neighbours in its channel; edges are mirrored."""
    height, width = x.shape[-2:]
    step = torch.randint(8, x.shape, generator=rng)
    step += step >= 4  # 0…8 without 4, the element itself
    rows = _mirrored(torch.arange(height)[:, None] + step // 3 - 1, height)
    columns = _mirrored(torch.arange(width) + step % 3 - 1, width)
    return x.flatten(2).gather(2, (rows * width + columns).flatten(2)).view_as(x)


def _mirrored(index: Tensor, length: int) -> Tensor:
    last = length - 1
    return last - (last - index.abs()).abs()


@hookimpl
def rcl_pretext() -> type[Pretext]:
    """Registers `--pretext noise2self`."""
    return Noise2Self
