"""Figure 2 of the paper: how well residuals tell pictures apart, and whether they become the noise."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from rcl_benchmark.tables.fig2 import NOISE, Sample
from rcl_benchmark.tables.residual import agreement
from rcl_pretexts.distance import plane_values
from rcl_pretexts.emd import emd
from rcl_pretexts.loss import residual_255

Model = Callable[[Tensor], Tensor]
"""f: (N, C, h, w) → (N, C, h, w), normalised; h and w as cut."""

_AT_ONCE = 16
"""Crops that pass the model together."""
_BINS = 80
_SHOWN = (0.5, 99.5)
"""Percentiles between which a density is kept."""


@dataclass(frozen=True)
class Patches:
    """Two overlapping crops of each of N pictures, some rounds of them: (rounds, 2, N, C, h, w), normalised."""

    clean: Tensor
    noisy: Tensor


@dataclass(frozen=True)
class Residuals:
    """Of one network; medians are over the crops."""

    name: str
    differences: NDArray[np.float64]
    """EMD of a negative pair less that of its anchor's positive pair, in 1/255 of the range."""
    correlation: float
    offset_dn: float
    size: float
    """As in `Sample`."""


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


def densities(model: Model, patches: Patches, name: str) -> Residuals:
    """The residuals of a network: one difference for each anchor and each second crop of another picture."""
    with torch.no_grad():
        crops = patches.noisy.flatten(0, 2)
        restored = torch.cat([model(crops[i : i + _AT_ONCE]) for i in range(0, len(crops), _AT_ONCE)])
    return _sample(name, residual_255(patches.noisy, restored.view_as(patches.noisy)), patches)


def true_noise(patches: Patches) -> Residuals:
    """The same of the noise itself: the residual of a network that returns the clean picture."""
    return _sample(NOISE, residual_255(patches.noisy, patches.clean), patches)


def samples(network: str, found: Sequence[Residuals]) -> list[Sample]:
    """In numbers, with densities in the same bins. All are of the same pairs; one of them is the true noise."""
    noise = np.sort(next(residuals.differences for residuals in found if residuals.name == NOISE))
    ends = np.concatenate([np.percentile(residuals.differences, _SHOWN) for residuals in found])
    span = float(ends.min()), float(ends.max())
    return [
        Sample(
            table="fig2",
            network=network,
            sample=residuals.name,
            pairs=residuals.differences.size,
            mean_dn=float(residuals.differences.mean()),
            std_dn=float(residuals.differences.std()),
            positive_share=float((residuals.differences > 0).mean()),
            to_noise_dn=float(np.abs(np.sort(residuals.differences) - noise).mean()),
            correlation=residuals.correlation,
            offset_dn=residuals.offset_dn,
            size=residuals.size,
            span_dn=span,
            density=tuple(np.histogram(residuals.differences, _BINS, span, density=True)[0].tolist()),
        )
        for residuals in found
    ]


def _two_crops(versions: Tensor, crop: int, rng: torch.Generator) -> Tensor:
    """(V, C, H, W) → (V, 2, C, crop, crop): the same two places in all V, in a region half as long again as a crop."""
    region = _place(versions, crop + crop // 2, rng)
    return torch.stack([_place(region, crop, rng) for _ in range(2)], 1)


def _place(versions: Tensor, side: int, rng: torch.Generator) -> Tensor:
    sides = [min(length, side) for length in versions.shape[-2:]]
    spare = [length - side for length, side in zip(versions.shape[-2:], sides, strict=True)]
    top, left = (int(torch.randint(space + 1, (), generator=rng)) for space in spare)
    return versions[..., top : top + sides[0], left : left + sides[1]]


def _sample(name: str, residual: Tensor, patches: Patches) -> Residuals:
    """`residual`: (rounds, 2, N, C, h, w), in 1/255 of the range."""
    noise = residual_255(patches.noisy, patches.clean)
    found, true = (part.flatten(0, 2).flatten(1).double() for part in (residual, noise))  # (crops, n)
    correlation, size = agreement(found, true)
    return Residuals(
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
