"""The contract every task must keep, and what this one is about."""

from __future__ import annotations

import torch
from rcl_task_deblur import Deblur, blurred

from rcl_cli.testing import check_task


def test_keeps_the_contract_of_a_task() -> None:
    check_task(Deblur())


def test_blur_spreads_a_point_into_a_gaussian_and_keeps_its_light() -> None:
    point = torch.zeros(3, 21, 21)
    point[:, 10, 10] = 1.0
    spread = blurred(point, 1.0)[0]
    assert abs(float(spread.sum()) - 1.0) < 1e-5
    # A Gaussian falls by e^(-1/2) at one standard deviation.
    assert abs(float(spread[10, 11] / spread[10, 10]) - 0.60653) < 1e-4
