"""The earth mover's distances between all pairs of two sets of patches, and their gradients, each side sorted once."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.autograd.function import once_differentiable

_SLICE_CPU, _SLICE = 2**20, 2**24
"""Differences at a time: as many as a processor's cache holds; elsewhere few slices."""
_MAGNITUDE = 0x7FFFFFFF


def emd(a: Tensor, b: Tensor) -> Tensor:
    """Earth mover's distances (eq. 4) of (N, P, n) and (M, P, n) values, (N, M), in the unit of the values.

    In one dimension with equal counts the optimal plan pairs the sorted values: W₁ = mean |sort(a) − sort(b)|.
    """
    result: Tensor = _EarthMover.apply(a, b)  # type: ignore[no-untyped-call]
    return result


class _EarthMover(torch.autograd.Function):
    """Goes a slice of positions at a time, so that N·M·P·n values never exist at once."""

    @staticmethod
    def forward(ctx: Any, a: Tensor, b: Tensor) -> Tensor:
        (sorted_a, order_a), (sorted_b, order_b) = sort(a), sort(b)
        ctx.save_for_backward(sorted_a, order_a, sorted_b, order_b)
        slices = _differences(sorted_a.flatten(1), sorted_b.flatten(1))
        # One sum of sums: a running total would lose digits.
        return torch.stack([differences.abs_().sum(-1) for _, differences in slices]).sum(0) / a[0].numel()

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor]:
        a, order_a, b, order_b = ctx.saved_tensors
        weight = gradients[0] / a[0].numel()
        grad_a, grad_b = a.new_empty(a.shape).flatten(1), b.new_empty(b.shape).flatten(1)
        for part, differences in _differences(a.flatten(1), b.flatten(1)):
            signs = differences.sign_()
            grad_a[:, part] = torch.einsum("ij,ijk->ik", weight, signs)
            grad_b[:, part] = -torch.einsum("ij,ijk->jk", weight, signs)
        return _back_in_place(grad_a, order_a), _back_in_place(grad_b, order_b)


def sort(x: Tensor) -> tuple[Tensor, Tensor]:
    """(…, P, n) → values along the last axis, ascending, and where each was; equal ones stay in their order.

    float32 on the CPU is packed with its index into integers, which NumPy sorts by SIMD: half the time of torch's sort.
    """
    if x.device.type != "cpu" or x.dtype is not torch.float32:
        return x.sort(dim=-1, stable=True)
    values, order = torch.empty(x.shape), torch.empty(x.shape, dtype=torch.int64)
    # −0 + 0 is 0, which has other bits.
    rows = [t.flatten(0, -2).numpy() for t in (x.detach() + 0, values, order)]
    with ThreadPoolExecutor(torch.get_num_threads()) as pool:
        list(pool.map(_sort_row, *rows))
    return values, order


def _sort_row(x: NDArray[np.float32], values: NDArray[np.float32], order: NDArray[np.int64]) -> None:
    packed = _flipped(x.view(np.int32)).astype(np.int64) << 32
    packed |= np.arange(len(x))
    packed.sort()
    order[:] = packed & 0xFFFFFFFF
    values[:] = _flipped((packed >> 32).astype(np.int32)).view(np.float32)


def _flipped(bits: NDArray[np.int32]) -> NDArray[np.int32]:
    """The bits of floats as integers of the same order, and back."""
    return bits ^ ((bits >> 31) & _MAGNITUDE)


def _differences(a: Tensor, b: Tensor) -> Iterator[tuple[slice, Tensor]]:
    """(N, n), (M, n) → slices of n, each with its (N, M, length) differences, in memory that the next one takes."""
    pairs, n = len(a) * len(b), a.shape[1]
    length = max(1, (_SLICE_CPU if a.device.type == "cpu" else _SLICE) // pairs)
    memory = a.new_empty(pairs * min(length, n))
    for start in range(0, n, length):
        part = slice(start, min(start + length, n))
        width = part.stop - start
        differences = memory[: pairs * width].view(len(a), len(b), width)
        yield part, torch.sub(a[:, None, part], b[None, :, part], out=differences)


def _back_in_place(gradient: Tensor, order: Tensor) -> Tensor:
    gradient = gradient.view(order.shape)
    return torch.empty_like(gradient).scatter_(-1, order, gradient)
