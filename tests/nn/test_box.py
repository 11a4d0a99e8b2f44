"""Sums over boxes are those of pooling."""

from __future__ import annotations

import pytest
import torch
from torch.nn.functional import avg_pool2d

from rcl_cli.nn.box import box_sum, surrounding_mean


@pytest.mark.parametrize("size", [1, 2, 3, 5, 8, 17])
def test_sums_are_those_of_pooling(size: int) -> None:
    x = torch.rand(2, 3, 24, 31, dtype=torch.float64)
    torch.testing.assert_close(box_sum(x, size), avg_pool2d(x, size, 1) * size**2)


@pytest.mark.parametrize("around", [0, 1, 8, 40])
def test_means_leave_out_what_is_beyond_the_border(around: int) -> None:
    x = torch.rand(2, 3, 24, 31, dtype=torch.float64)
    if around <= 8:
        expected = avg_pool2d(x, 2 * around + 1, 1, around, count_include_pad=False)
        torch.testing.assert_close(surrounding_mean(x, around), expected)
    else:
        torch.testing.assert_close(surrounding_mean(x, around), x.mean(dim=(-2, -1), keepdim=True).expand_as(x))


def test_single_precision_is_enough() -> None:
    x = torch.rand(1, 3, 200, 200) + 100
    exact = avg_pool2d(x.double(), 17, 1, 8, count_include_pad=False)
    assert float((surrounding_mean(x, 8) - exact).abs().max()) < 100 * 1e-6
