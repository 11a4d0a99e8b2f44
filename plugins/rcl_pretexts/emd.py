"""The earth mover's distances between all pairs of two sets of patches, and their gradients, each side sorted once."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from math import frexp
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.autograd.function import once_differentiable

_TILE_CPU, _TILE = 2**20, 2**24
"""Differences at a time: as many as a processor's cache holds; elsewhere few tiles."""
_WIDTH = 2048
"""Positions of a tile, at least: long enough that starting a row costs little."""
_MAGNITUDE = 0x7FFFFFFF


def emd(a: Tensor, b: Tensor) -> Tensor:
    """Earth mover's distances (eq. 4) of (N, P, n) and (M, P, n) values, (N, M), in the unit of the values.

    float32 or float64, below 1e19. In one dimension with equal counts the optimal plan pairs the sorted values:
    W₁ = mean |sort(a) − sort(b)|.
    """
    result: Tensor = _EarthMover.apply(a, b)  # type: ignore[no-untyped-call]
    return result


class _EarthMover(torch.autograd.Function):
    """Goes a tile of pairs and positions at a time, so that N·M·P·n values never exist at once."""

    @staticmethod
    def forward(ctx: Any, a: Tensor, b: Tensor) -> Tensor:
        (sorted_a, order_a), (sorted_b, order_b) = sort(a), sort(b)
        width = _width(a, b)
        blocks_a, blocks_b = _blocks(sorted_a, width), _blocks(sorted_b, width)
        ctx.save_for_backward(order_a, order_b, *blocks_a, *blocks_b)
        sums = a.new_empty(len(blocks_a), len(a), len(b))
        for block, rows, differences in _tiles(blocks_a, blocks_b):
            torch.sum(differences.abs_(), -1, out=sums[block, rows])
        # One sum of sums: a running total would lose digits.
        return sums.sum(0) / a[0].numel()

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor]:
        order_a, order_b, *blocks = ctx.saved_tensors
        steep = [block * _steepness(block.dtype) for block in blocks]
        blocks_a, blocks_b = steep[: len(steep) // 2], steep[len(steep) // 2 :]
        # (N, 1, M) and (M, 1, N): each row is multiplied by a matrix of its own.
        weight_a = gradients[0][:, None] / order_a[0].numel()
        weight_b = -weight_a.permute(2, 1, 0).contiguous()
        grad_a, grad_b = ([torch.zeros_like(block)[:, None] for block in side] for side in (blocks_a, blocks_b))
        for block, rows, differences in _tiles(blocks_a, blocks_b):
            signs = differences.clamp_(-1, 1)
            torch.bmm(weight_a[rows], signs, out=grad_a[block][rows])
            grad_b[block].baddbmm_(weight_b[..., rows], signs.transpose(0, 1))
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


def _steepness(dtype: torch.dtype) -> float:
    """What differences times it, clamped to ±1, are signs of: in half the time of `sign`, and 0 stays 0."""
    return 2.0 ** (frexp(torch.finfo(dtype).max)[1] // 2)


def _width(a: Tensor, b: Tensor) -> int:
    return min(max(_WIDTH, _tile(a) // (len(a) * len(b))), a[0].numel())


def _tile(x: Tensor) -> int:
    return _TILE_CPU if x.device.type == "cpu" else _TILE


def _blocks(x: Tensor, width: int) -> list[Tensor]:
    """(N, P, n) → positions `width` at a time, each (N, width) in one piece: far rows share lines of the cache."""
    return [block.contiguous() for block in torch.split(x.flatten(1), width, 1)]


def _tiles(blocks_a: list[Tensor], blocks_b: list[Tensor]) -> Iterator[tuple[int, slice, Tensor]]:
    """Which block, which rows of a, and their (rows, M, width) differences, in memory that the next tile takes."""
    count = max(1, _tile(blocks_b[0]) // blocks_b[0].numel())
    memory = blocks_b[0].new_empty(min(count, len(blocks_a[0])) * blocks_b[0].numel())
    for block, (a, b) in enumerate(zip(blocks_a, blocks_b, strict=True)):
        for start in range(0, len(a), count):
            rows = slice(start, min(start + count, len(a)))
            tile = a[rows, None]
            differences = memory[: len(tile) * b.numel()].view(len(tile), *b.shape)
            yield block, rows, torch.sub(tile, b, out=differences)


def _back_in_place(blocks: list[Tensor], order: Tensor) -> Tensor:
    gradient = torch.cat(blocks, -1).view(order.shape)
    return torch.empty_like(gradient).scatter_(-1, order, gradient)
