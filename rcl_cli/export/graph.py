"""A head with all that rcl does around it, as one module: whole pictures of any size in and out.

It is made to be traced: every size is taken from the input.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import pixel_unshuffle

from rcl_cli.domain import Domain
from rcl_cli.models.task_model import TaskModel
from rcl_cli.nn.bend import REST, SIGMAS
from rcl_cli.nn.cfa import pack, unpack
from rcl_cli.noise import sigma_of
from rcl_cli.raw.cfa import canonical
from rcl_cli.task import Task

_PLANE_COLORS = (0, 1, 1, 2)
"""Of R, Gr, Gb, B."""


class Head(nn.Module):
    """A task's model, told the noise as λ and the white balance as gains, as `rcl apply` tells it."""

    def __init__(self, model: TaskModel, task: Task, domain: Domain, multiple: int) -> None:
        """`multiple`: sides of packed pictures are made multiples of it."""
        super().__init__()
        self.model = model
        self.domain = domain
        self.result = task.output(domain)
        self.scale = task.scale
        self.noise_aware = task.noise_aware
        self.multiple = multiple
        self.blends = self.result is domain and task.scale == 1

    def forward(self, x: Tensor, shot: Tensor, read: Tensor, balance: Tensor, strength: Tensor) -> Tensor:
        """(1, 1, H, W) mosaic or (1, 3, H, W), λ of R, Gr, Gb, B, gains of R, G, B and a share of σ → the result.

        (1, 1, H, W) or (1, 3, H·scale, W·scale). All linear, 0 = black, 1 = white. λ are not used without
        `noise_aware`, and the share not where results are blended with the input instead.
        """
        height, width = x.shape[-2:]
        planes = self._packed(x)  # (1, C, h, w)
        told = balance[list(_PLANE_COLORS)] if self.model.network.coded else torch.ones_like(shot)
        shot, read = shot * told, read * told**2
        balanced = planes * _by_channel(told, self.domain)
        sigma, bend = None, torch.full_like(told[0], REST)
        if self.noise_aware:
            levels = (_by_channel(values, self.domain) for values in (shot, read))
            sigma = sigma_of(balanced, *levels)
            if not self.blends:
                sigma = sigma * strength
            bend = _bend(shot, read)
        found = self.model(balanced, sigma, bend) / _by_channel(told, self.result)
        picture = unpack(found, self.result).unsqueeze(1) if self.result.is_raw else found
        return picture[..., : height * self.scale, : width * self.scale]

    def _packed(self, x: Tensor) -> Tensor:
        padded = _padded(x, self.domain.pixels * self.multiple, _period(self.domain))
        if self.domain is Domain.RGB:
            return padded
        return pixel_unshuffle(padded, 2) if self.domain is Domain.BAYER else pack(padded.squeeze(1), self.domain)


def _period(domain: Domain) -> int:
    return canonical(domain).period if domain.is_raw else 1


def _padded(x: Tensor, unit: int, period: int) -> Tensor:
    """Sides up to multiples of `unit`, new pixels like the nearest of their places in the pattern, as `raw.pack`."""
    height, width = x.shape[-2:]
    rows, columns = _places(height, unit, period), _places(width, unit, period)
    return x.index_select(-2, rows).index_select(-1, columns)


def _places(length: int, unit: int, period: int) -> Tensor:
    places = torch.arange((length + unit - 1) // unit * unit)
    phase = places % period
    last = length - 1
    nearest = phase + torch.div(last - phase, period, rounding_mode="floor") * period
    nearest = torch.where(nearest < 0, last, nearest)  # the picture is smaller than the pattern
    return torch.where(places > last, nearest, places)


def _by_channel(planes: Tensor, domain: Domain) -> Tensor:
    """(4,) of R, Gr, Gb, B → (C, 1, 1)."""
    return planes[list(domain.noise_planes)].reshape(-1, 1, 1)


def _bend(shot: Tensor, read: Tensor) -> Tensor:
    """As `bend_for`: a scalar from λ of R, Gr, Gb, B."""
    mean_shot, mean_read = shot.mean(), read.mean()
    reach = SIGMAS * mean_read.sqrt()
    known = mean_shot > 0
    ratio = mean_read / torch.where(known, mean_shot, torch.ones_like(mean_shot))
    return REST + torch.where(known, torch.minimum(ratio, reach), reach)
