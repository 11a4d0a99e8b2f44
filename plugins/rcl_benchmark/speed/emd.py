"""The matrix of earth mover's distances between two batches, forward and backward, beside its two sorts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from rcl_benchmark.speed.names import EMD
from rcl_benchmark.speed.side import Case, Side, Size, Work
from rcl_pretexts.emd import emd, sort

_OURS, _SORTS = "rcl", "the two sorts alone"
POT, SCIPY = "POT, wasserstein_1d", "SciPy, wasserstein_distance"
PACKAGES = {POT: "POT", SCIPY: "scipy"}
Distances = Callable[[Tensor, Tensor], Tensor]


def cases(size: Size, missing: set[str]) -> list[Case]:
    """On one core. POT and SciPy do the first row of the matrix alone: the whole would take minutes."""
    given = size.pairs, 3 * size.patch**2
    every, row = float(size.pairs**2), float(size.pairs)
    sides = [
        Side(_SORTS, prepare=sorts, arguments=given, amount=every),
        Side(_OURS, prepare=ours, arguments=given, amount=every),
        Side("torch.sort, cdist(p=1)", prepare=cdist, arguments=given, amount=every),
        Side(POT, prepare=pot, arguments=given, amount=row),
        Side(SCIPY + ", no gradient", prepare=scipy, arguments=given, amount=row),
    ]
    there = tuple(side for side in sides if not any(side.name.startswith(name) for name in missing))
    name = f"{size.pairs} × {size.pairs} pairs of {size.patch}² × 3 values"
    return [Case(EMD, name, "pair", there, _SORTS, one_core=True)]


def patches(count: int, values: int) -> tuple[Tensor, Tensor]:
    """Two of (count, 1, values), of residuals in 1/255."""
    rng = torch.Generator().manual_seed(0)
    return tuple(torch.randn(count, 1, values, generator=rng) * 5 for _ in range(2))  # type: ignore[return-value]


def sorts(count: int, values: int) -> Work:
    """What no method can do without; it gives the right distances, to compare with, of sorts in float64."""
    a, b = patches(count, values)
    exact_a, exact_b = (np.sort(x[:, 0].numpy().astype(np.float64)) for x in (a, b))
    exact = np.stack([np.abs(row - exact_b).mean(-1) for row in exact_a])

    def work() -> Any:
        sort(a)
        sort(b)
        return exact

    return work


def ours(count: int, values: int) -> Work:
    """As `rcl pretrain` has it."""
    return _both_ways(emd, *patches(count, values))


def cdist(count: int, values: int) -> Work:
    """The two lines that anybody would write."""

    def distances(a: Tensor, b: Tensor) -> Tensor:
        first, second = (x.flatten(1).sort().values for x in (a, b))
        return torch.cdist(first, second, p=1) / first.shape[1]

    return _both_ways(distances, *patches(count, values))


def pot(count: int, values: int) -> Work:
    """Of the first patch and all others."""
    from ot import wasserstein_1d

    def distances(a: Tensor, b: Tensor) -> Tensor:
        found: Tensor = wasserstein_1d(a[0].expand(len(b), -1).T, b.flatten(1).T, p=1)
        return found[None]

    return _both_ways(distances, *patches(count, values))


def scipy(count: int, values: int) -> Work:
    """The same, forward."""
    from scipy.stats import wasserstein_distance

    a, b = (x[:, 0].numpy() for x in patches(count, values))
    return lambda: np.array([[wasserstein_distance(a[0], other) for other in b]])


def _both_ways(distances: Distances, a: Tensor, b: Tensor) -> Work:
    a, b = a.requires_grad_(), b.requires_grad_()

    def work() -> Any:
        a.grad = b.grad = None
        found = distances(a, b)
        torch.autograd.backward(found.sum())
        return found.detach().numpy().astype(np.float64)

    return work
