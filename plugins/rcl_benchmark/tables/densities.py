"""Figure 2 of the paper: how well residuals tell pictures apart, and whether they become the noise."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from rcl_benchmark.tables.summary import NOISE, Sample
from rcl_pretexts.distance import emd, plane_values
from rcl_pretexts.loss import residual_255

Model = Callable[[Tensor], Tensor]
"""f: (N, C, h, w) → (N, C, h, w), normalised; h and w as cut."""

_AT_ONCE = 16
"""Crops that pass the model together."""


@dataclass(frozen=True)
class Patches:
    """Two overlapping crops of each of N pictures, some rounds of them: (rounds, 2, N, C, h, w), normalised."""

    clean: Tensor
    noisy: Tensor


def cut(clean: Sequence[Tensor], noisy: Sequence[Tensor], crop: int, rounds: int, rng: torch.Generator) -> Patches:
    """Crops of RGB pictures (C, H, W), placed as those of the pretext `rcl`: two share at least a quarter.

    `clean` and `noisy` are the same pictures, two or more. Raises ValueError where they are not, or where one is
    smaller than `crop`.
    """
    if len(clean) < 2 or [picture.shape for picture in clean] != [picture.shape for picture in noisy]:
        raise ValueError("two pictures or more are needed, each with and without noise")
    if min(min(picture.shape[-2:]) for picture in clean) < crop:
        raise ValueError(f"every picture must have at least {crop} × {crop} pixels")
    joined = [torch.stack(versions) for versions in zip(clean, noisy, strict=True)]
    drawn = [torch.stack([_two_crops(picture, crop, rng) for picture in joined], 2) for _ in range(rounds)]
    return Patches(*torch.stack(drawn, 1))


def densities(model: Model, patches: Patches, name: str) -> Sample:
    """The sample of a network: one difference for each anchor and each second crop of another picture."""
    with torch.no_grad():
        crops = patches.noisy.flatten(0, 2)
        restored = torch.cat([model(crops[i : i + _AT_ONCE]) for i in range(0, len(crops), _AT_ONCE)])
    return _sample(name, residual_255(patches.noisy, restored.view_as(patches.noisy)), patches)


def true_noise(patches: Patches) -> Sample:
    """The same of the noise itself: the residual of a network that returns the clean picture."""
    return _sample(NOISE, residual_255(patches.noisy, patches.clean), patches)


def agreement(residual: Tensor, noise: Tensor) -> tuple[Tensor, Tensor]:
    """Pearson's correlation of each row of (n, elements) with that of the noise, and its standard deviation over it."""
    residual, noise = residual.double(), noise.double()
    return _correlation(residual, noise), residual.std(1, correction=0) / noise.std(1, correction=0)


def _two_crops(versions: Tensor, crop: int, rng: torch.Generator) -> Tensor:
    """(V, C, H, W) → (V, 2, C, crop, crop): the same two places in all V, in a region half as long again as a crop."""
    region = _place(versions, crop + crop // 2, rng)
    return torch.stack([_place(region, crop, rng) for _ in range(2)], 1)


def _place(versions: Tensor, side: int, rng: torch.Generator) -> Tensor:
    sides = [min(length, side) for length in versions.shape[-2:]]
    spare = [length - side for length, side in zip(versions.shape[-2:], sides, strict=True)]
    top, left = (int(torch.randint(space + 1, (), generator=rng)) for space in spare)
    return versions[..., top : top + sides[0], left : left + sides[1]]


def _sample(name: str, residual: Tensor, patches: Patches) -> Sample:
    """`residual`: (rounds, 2, N, C, h, w), 8-bit DN."""
    noise = residual_255(patches.noisy, patches.clean)
    found, true = (part.flatten(0, 2).flatten(1).double() for part in (residual, noise))  # (crops, n)
    correlation, size = agreement(found, true)
    return Sample(
        name,
        torch.cat([_differences(first, second) for first, second in residual]).numpy(),
        correlation=correlation.median().item(),
        offset_dn=found.mean(1).abs().median().item(),
        size=size.median().item(),
    )


def _differences(first: Tensor, second: Tensor) -> Tensor:
    """(N, C, h, w) each → N·(N − 1): EMD of each negative pair less that of its anchor's positive pair."""
    distances = emd(plane_values(first, "pooled"), plane_values(second, "pooled")).double()
    negative = ~torch.eye(len(distances), dtype=torch.bool)
    return (distances - distances.diagonal().unsqueeze(1))[negative]


def _correlation(a: Tensor, b: Tensor) -> Tensor:
    """Pearson's of each row, (crops,); 0 where one of the two does not vary."""
    a, b = (part - part.mean(1, keepdim=True) for part in (a, b))
    covariance, scale = (a * b).sum(1), a.square().sum(1).sqrt() * b.square().sum(1).sqrt()
    return torch.where(scale > 0, covariance / scale, torch.zeros_like(scale))
