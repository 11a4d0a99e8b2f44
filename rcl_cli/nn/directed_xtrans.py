"""Demosaicing of X-Trans mosaics: green along and across, weighted by how smooth it is each way, then chroma.

In the spirit of Markesteijn's method in dcraw, with weights in place of its choice between directions.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import pad

from rcl_cli.domain import Domain
from rcl_cli.nn.box import box_sum
from rcl_cli.nn.cfa import bilinear, filter_colors, pack, unpack

_WINDOW = 5
_FAINT = 1e-6
"""Added to squared differences, so that both directions count alike where nothing differs."""
_CELLS = 2
"""Elements of padding; even, for the phase."""


def directed_xtrans(x: Tensor) -> Tensor:
    """Packed X-Trans (N, 9, h, w) → RGB (N, 3, 3h, 3w); the samples themselves are kept.

    h and w are even unless the picture ends there. Beyond the border elements continue as the nearest ones of their
    phase would.
    """
    padded = _padded(x)
    flat = unpack(padded, Domain.XTRANS)  # (N, H + 12 or more, W + 12 or more)
    green = _green(flat)
    colors = filter_colors(flat, Domain.XTRANS)
    chroma = bilinear(pack(torch.where(colors == 1, 0.0, flat - green), Domain.XTRANS), Domain.XTRANS)
    rgb = torch.stack([green + chroma[:, 0], green, green + chroma[:, 2]], dim=1)
    border, (height, width) = 3 * _CELLS, (3 * side for side in x.shape[-2:])
    return rgb[..., border : border + height, border : border + width]


def _green(flat: Tensor) -> Tensor:
    """Green at every pixel: (N, H, W) → (N, H, W), right 4 pixels away from the border and further."""
    known = filter_colors(flat, Domain.XTRANS) == 1
    ways, rough = [], []
    for axis in (-1, -2):
        way = torch.where(known, flat, _between(flat, known, axis))
        change = (way.roll(-1, axis) - way.roll(1, axis)).abs()
        ways.append(way)
        smooth = box_sum(pad(change, (_WINDOW // 2,) * 4), _WINDOW) / _WINDOW**2
        rough.append(smooth.square() + _FAINT)
    return (ways[0] * rough[1] + ways[1] * rough[0]) / (rough[0] + rough[1])


def _between(flat: Tensor, known: Tensor, axis: int) -> Tensor:
    """Linear between the nearest green pixels on both sides, of which one is at most two pixels away."""
    beside = [(flat.roll(step, axis), known.roll(step, axis)) for step in (1, 2, -1, -2)]
    (near_left, has_left), (far_left, _), (near_right, has_right), (far_right, _) = beside
    left, right = torch.where(has_left, near_left, far_left), torch.where(has_right, near_right, far_right)
    left_away, right_away = 2 - has_left.to(flat.dtype), 2 - has_right.to(flat.dtype)
    return (left * right_away + right * left_away) / (left_away + right_away)


def _padded(x: Tensor) -> Tensor:
    """`_CELLS` elements more at each side, the outermost two mirrored by their phase; even sizes."""
    height, width = x.shape[-2:]
    rows, columns = (_places(side, x.device) for side in (height, width))
    return x[..., rows, :][..., columns]


def _places(side: int, device: torch.device) -> Tensor:
    """Which element stands at each place of a padded axis: one of the same parity, the nearest there is."""
    places = torch.arange(-_CELLS, side + _CELLS + side % 2, device=device)
    last = side - 1
    below, above = places % 2, last - (last - places) % 2
    inside = torch.where(places < 0, below, torch.where(places > last, above, places))
    return inside.clamp(0, last)
