"""Linear demosaicing of Bayer mosaics with gradient correction (Malvar, He and Cutler 2004)."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import pad

from rcl_cli.domain import Domain
from rcl_cli.nn.cfa import unpack

_Filter = dict[tuple[int, int], float]

_BESIDE = ((0, -1), (0, 1), (-1, 0), (1, 0))
_TWO_AWAY = tuple((2 * dy, 2 * dx) for dy, dx in _BESIDE)
_DIAGONAL = ((-1, -1), (-1, 1), (1, -1), (1, 1))

# The paper's figure 2, as (row, column) offset → weight in eighths.
_GREEN: _Filter = {(0, 0): 4, **dict.fromkeys(_BESIDE, 2), **dict.fromkeys(_TWO_AWAY, -1)}
"""Green at red and blue."""
_ALONG: _Filter = {
    **{(0, 0): 5, (0, -1): 4, (0, 1): 4, (0, -2): -1, (0, 2): -1, (-2, 0): 0.5, (2, 0): 0.5},
    **dict.fromkeys(_DIAGONAL, -1),
}
"""Red or blue at a green pixel that has it left and right."""
_ACROSS: _Filter = {(dx, dy): weight for (dy, dx), weight in _ALONG.items()}
"""The same, above and below."""
_OPPOSITE: _Filter = {(0, 0): 6, **dict.fromkeys(_DIAGONAL, 2), **dict.fromkeys(_TWO_AWAY, -1.5)}
"""Red at blue, and blue at red."""

# For each pixel of RGGB, (row, column): the filters of red, green and blue; None where the pixel has that colour.
_FILTERS: dict[tuple[int, int], tuple[_Filter | None, _Filter | None, _Filter | None]] = {
    (0, 0): (None, _GREEN, _OPPOSITE),
    (0, 1): (_ALONG, None, _ACROSS),
    (1, 0): (_ACROSS, None, _ALONG),
    (1, 1): (_OPPOSITE, _GREEN, None),
}


def malvar(x: Tensor) -> Tensor:
    """Packed RGGB (N, 4, h, w) → RGB (N, 3, 2h, 2w), linear like the input; samples themselves are kept.

    Beyond the border each pixel continues as the nearest one of its own place in the pattern.
    """
    n, _, h, w = x.shape
    mosaic = unpack(pad(x, (1, 1, 1, 1), mode="replicate"), Domain.BAYER)  # (N, 2h + 4, 2w + 4)
    rgb = x.new_empty(n, 3, 2 * h, 2 * w)
    for (row, column), filters in _FILTERS.items():
        for color, weights in enumerate(filters):
            rgb[:, color, row::2, column::2] = _filtered(mosaic, row, column, weights or {(0, 0): 8})
    return rgb


def _filtered(mosaic: Tensor, row: int, column: int, weights: _Filter) -> Tensor:
    """The filter at every second pixel from (row, column) of the unpadded mosaic on: (N, h, w)."""
    h, w = (length // 2 - 2 for length in mosaic.shape[-2:])
    total = mosaic.new_zeros(len(mosaic), h, w)
    for (dy, dx), weight in weights.items():
        top, left = 2 + row + dy, 2 + column + dx
        total = torch.add(total, mosaic[:, top : top + 2 * h : 2, left : left + 2 * w : 2], alpha=weight / 8)
    return total
