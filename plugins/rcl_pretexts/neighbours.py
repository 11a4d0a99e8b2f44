"""Two half-size pictures of one scene with independent noise, from a single noisy picture.

Huang et al. 2021, "Neighbor2Neighbor: Self-Supervised Denoising from Single Noisy Images", sections 3 and 4.
"""

from __future__ import annotations

import torch
from torch import Tensor

_PLACES = ((0, 1), (1, 0), (2, 3), (3, 2), (0, 2), (2, 0), (1, 3), (3, 1))
"""Two that touch by a side, of the four parts of a cell: 0 1 above 2 3."""


def draw_neighbours(count: int, height: int, width: int, step: int, rng: torch.Generator) -> Tensor:
    """Which two neighbours each cell of `count` pictures gives: (count, height/2/step, width/2/step), 0…7.

    A cell is 2×2 parts of step×step elements, with `step` the period of the elements' phase; height and width are
    multiples of 2·step.
    """
    return torch.randint(len(_PLACES), (count, height // (2 * step), width // (2 * step)), generator=rng)


def neighbours(x: Tensor, choices: Tensor) -> tuple[Tensor, Tensor]:
    """(N, C, h, w) and its `draw_neighbours` → two of (N, C, h/2, w/2) that share no element; phases are kept."""
    n, c, h, w = x.shape
    rows, columns = choices.shape[1:]
    step = h // (2 * rows)
    cells = x.reshape(n, c, rows, 2, step, columns, 2, step).permute(0, 1, 2, 4, 5, 7, 3, 6)
    cells = cells.reshape(n, c, h // 2, w // 2, 4)
    places = torch.tensor(_PLACES, device=x.device)[choices.to(x.device)]  # (N, rows, columns, 2)
    places = places.repeat_interleave(step, 1).repeat_interleave(step, 2)[:, None].expand(n, c, h // 2, w // 2, 2)
    first, second = cells.gather(-1, places).unbind(-1)
    return first, second


def neighbour_loss(
    x: Tensor, restored: Tensor, restored_second: Tensor, choices: Tensor, detail: float = 1.0
) -> Tensor:
    """How far each picture's second neighbours, restored, are from its first ones: (N,), mean squares.

    x, `restored` = f(x): (N, C, h, w); `restored_second` = f(second of `neighbours(x, choices)`). The noise of the
    first is independent of what f has seen, so f gains nothing by keeping noise, nor by removing what both have.
    `detail` weighs the paper's regulariser (eq. 8): the same error, less the difference that f(x) itself has between
    the two, which undoes the blur of comparing different places. No gradient passes through `restored`, as otherwise
    f could keep the noise for no more than it costs to remove it.
    """
    first, _ = neighbours(x, choices)
    own_first, own_second = neighbours(restored.detach(), choices)
    error = restored_second - first
    corrected = error - (own_second - own_first)
    return (error.square() + detail * corrected.square()).mean((1, 2, 3))
