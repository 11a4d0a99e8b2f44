"""Sums over boxes by shifted additions, which run at the speed of memory; pooling adds one value after another."""

from __future__ import annotations

from torch import Tensor
from torch.nn.functional import pad


def box_sum(x: Tensor, size: int) -> Tensor:
    """Of each `size`×`size` box of (…, H, W): (…, H − size + 1, W − size + 1).

    >>> import torch
    >>> box_sum(torch.arange(12.0).view(3, 4), 3)
    tensor([[45., 54.]])
    """
    return _along(_along(x, size, -1), size, -2)


def surrounding_mean(x: Tensor, around: int) -> Tensor:
    """The mean of the values at most `around` away along each axis, as far as there are any: (…, H, W), same shape."""
    size = 2 * around + 1
    for axis in (-1, -2):
        margin = (around, around) if axis == -1 else (0, 0, around, around)
        ones = x.new_ones(x.shape[axis])
        counts = _along(pad(ones, (around, around)), size, -1)
        x = _along(pad(x, margin), size, axis) / (counts if axis == -1 else counts[:, None])
    return x


def _along(x: Tensor, size: int, axis: int) -> Tensor:
    """Sums of `size` neighbours along an axis: those of 1, 2, 4, … are doubled, and added as `size` is made of them."""
    length = x.shape[axis] - size + 1
    total, start, width, sums = None, 0, 1, x
    while True:
        if size & width:
            part = sums.narrow(axis, start, length)
            total = part if total is None else total + part
            start += width
        if 2 * width > size:
            assert total is not None  # the highest bit of `size` was among them
            return total
        sums = sums.narrow(axis, 0, sums.shape[axis] - width) + sums.narrow(axis, width, sums.shape[axis] - width)
        width *= 2
