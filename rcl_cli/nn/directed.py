"""Demosaicing of Bayer mosaics along and across, weighted by how smooth the colour differences are each way.

After Menon, Andriani and Calvagno 2007 ("Demosaicing with directional filtering and a posteriori decision"), whose
decision for one direction becomes a weight for both, and whose greens are those of Hamilton and Adams 1997.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import pad

from rcl_cli.domain import Domain
from rcl_cli.nn.box import box_sum
from rcl_cli.nn.cfa import unpack

_SHARE = 0.75
"""Of the second derivative of a pixel's own colour that is taken over into green; Hamilton and Adams take all of it."""
_WINDOW = 5
_FAINT = 1e-7
"""Added to squared differences, so that both directions count alike where nothing differs."""
_MARGIN = 4
"""Elements of padding: 2 pixels for the greens, 1 and 2 for their differences, 1 for chroma; whole elements."""


def directed(x: Tensor) -> Tensor:
    """Packed RGGB (N, 4, h, w) → RGB (N, 3, 2h, 2w); the samples themselves are kept.

    Best on values in which edges of all brightnesses count alike, as on `rcl_cli.nn.curve`. Beyond the border each
    pixel continues as the nearest one of its own place in the pattern.
    """
    mosaic = unpack(pad(x, (_MARGIN,) * 4, mode="replicate"), Domain.BAYER)  # (N, 2h + 16, 2w + 16)
    chroma = _chroma(mosaic)  # (N, 2h + 6, 2w + 6): red or blue less green, at every pixel
    # Red and blue sit at the diagonal places of each element; the margin of 3 makes even places odd ones.
    lattices = {0: chroma[:, 1:-1, 1:-1][:, ::2, ::2], 2: chroma[:, 1:-1, 1:-1][:, 1::2, 1::2]}  # (N, h + 2, w + 2)
    samples = mosaic[:, 8:-8, 8:-8]
    green = samples.clone()
    green[:, ::2, ::2] -= _inner(lattices[0])
    green[:, 1::2, 1::2] -= _inner(lattices[2])
    red, blue = (green + _spread(lattices[color], start) for color, start in ((0, 0), (2, 1)))
    return torch.stack([red, green, blue], dim=1)


def _chroma(mosaic: Tensor) -> Tensor:
    """The difference of red or blue to green at every pixel, estimated both ways: (N, H, W) → (N, H − 10, W − 10)."""
    center = _shifted(mosaic, 0, 0, 2)
    sign = center.new_ones(center.shape[-2:])
    sign[::2, 1::2] = sign[1::2, ::2] = -1  # at green pixels it is the other way round
    ways, rough = [], []
    for dy, dx in ((0, 1), (1, 0)):
        beside = _shifted(mosaic, -dy, -dx, 2) + _shifted(mosaic, dy, dx, 2)
        two_away = _shifted(mosaic, -2 * dy, -2 * dx, 2) + _shifted(mosaic, 2 * dy, 2 * dx, 2)
        other = beside / 2 + _SHARE / 4 * (2 * center - two_away)
        way = (center - other) * sign
        change = (_shifted(way, dy, dx, 1) - _shifted(way, -dy, -dx, 1)).abs()
        ways.append(_shifted(way, 0, 0, 3))
        rough.append((box_sum(change, _WINDOW) / _WINDOW**2).square() + _FAINT)
    along, across = ways
    return (along * rough[1] + across * rough[0]) / (rough[0] + rough[1])


def _spread(lattice: Tensor, start: int) -> Tensor:
    """Bilinear from every second pixel, from (start, start) on: (N, h + 2, w + 2) → (N, 2h, 2w)."""
    n, height, width = lattice.shape
    h, w = height - 2, width - 2
    # An element's other row or column lies between its own lattice place and the next, or the one before.
    step = 1 if start == 0 else -1
    at, down, right, both = (
        lattice[:, 1 + dy : 1 + dy + h, 1 + dx : 1 + dx + w] for dy, dx in ((0, 0), (step, 0), (0, step), (step, step))
    )
    full = lattice.new_empty(n, 2 * h, 2 * w)
    full[:, start::2, start::2] = at
    full[:, start::2, 1 - start :: 2] = (at + right) / 2
    full[:, 1 - start :: 2, start::2] = (at + down) / 2
    full[:, 1 - start :: 2, 1 - start :: 2] = (at + down + right + both) / 4
    return full


def _inner(lattice: Tensor) -> Tensor:
    return lattice[:, 1:-1, 1:-1]


def _shifted(x: Tensor, dy: int, dx: int, margin: int) -> Tensor:
    """What lies (dy, dx) away from each pixel, without `margin` pixels at each border."""
    height, width = (length - 2 * margin for length in x.shape[-2:])
    return x[:, margin + dy : margin + dy + height, margin + dx : margin + dx + width]
