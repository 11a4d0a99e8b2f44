"""Overlapping crops of each picture whose places are known, so that their elements can be matched."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d

from rcl_cli.data.crops import phase_step
from rcl_cli.domain import Domain


def overlap_margin(crop: int, domain: Domain) -> int:
    """Half a crop, in whole phases: any two crops of a region then share at least a quarter of their area."""
    step = phase_step(domain)
    return crop // 2 // step * step


def common_elements(side: int, crop: int, count: int, pictures: int, rng: torch.Generator) -> Tensor:
    """`count` places, (N, count, 2), of a region of `side` that lie inside every crop of it."""
    return torch.randint(side - crop, crop, (pictures, count, 2), generator=rng)


def elements_at(features: Tensor, places: Tensor) -> Tensor:
    """(N, D, h, w) at (N, P, 2), rows and columns → (N, P, D)."""
    n, _, _, width = features.shape
    index = places[..., 0] * width + places[..., 1]  # (N, P)
    flat = features.flatten(2).transpose(1, 2)  # (N, h·w, D)
    return flat[torch.arange(n, device=features.device)[:, None], index]


def bins(features: Tensor, grid: int) -> Tensor:
    """Means over grid × grid bins: (N, D, h, w) → (N, D, grid, grid)."""
    return adaptive_avg_pool2d(features, grid)


def bin_distances(first: Tensor, second: Tensor, crop: int, grid: int) -> Tensor:
    """Distance of the centre of each bin of one crop from those of another, in diagonals of a bin.

    From the crops' corners, (N, 2) each → (N, grid², grid²).

    >>> bin_distances(torch.tensor([[0, 0]]), torch.tensor([[0, 4]]), 8, 2)[0, 1]
    tensor([0.0000, 0.7071, 0.7071, 1.0000])
    """
    size = crop / grid
    steps = (torch.arange(grid, device=first.device) + 0.5) * size
    centres = torch.cartesian_prod(steps, steps)  # (grid², 2)
    between = (first[:, None] + centres)[:, :, None] - (second[:, None] + centres)[:, None]
    return between.square().sum(-1).sqrt() / (size * 2**0.5)
