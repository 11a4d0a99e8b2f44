"""The contract of every task, and the behaviour of this one."""

from __future__ import annotations

import pytest
import torch
from rcl_task_deblur import Deblur, blurred

from rcl_cli import Domain, NoiseProfile, RclError, check_task


def test_keeps_the_contract_of_a_task() -> None:
    check_task(Deblur())


def test_blur_spreads_a_point_into_a_gaussian_and_keeps_its_light() -> None:
    point = torch.zeros(3, 21, 21)
    point[:, 10, 10] = 1.0
    spread = blurred(point, 1.0)[0]
    assert abs(float(spread.sum()) - 1.0) < 1e-5
    # A Gaussian falls by e^(-1/2) at one standard deviation.
    assert abs(float(spread[10, 11] / spread[10, 10]) - 0.60653) < 1e-4


def test_the_option_sets_the_largest_blur() -> None:
    edge = torch.zeros(3, 48, 48)
    edge[:, :, 24:] = 1.0
    noiseless = NoiseProfile.uniform(0.0, 0.0)

    def most_blurred(blur: float) -> float:
        """The flattest edge of 50: the smallest step between two columns."""
        task, rng = Deblur({"blur": blur}), torch.Generator().manual_seed(0)
        pairs = [task.degrade(edge, Domain.RGB, noiseless, rng) for _ in range(50)]
        return min(float(x.diff(dim=2).max()) for x, _ in pairs)

    # The step of a blurred edge is close to the peak of the Gaussian, 1 / (σ √(2π)).
    for blur in (1.0, 4.0):
        assert most_blurred(blur) == pytest.approx(0.3989 / blur, rel=0.1)
    with pytest.raises(RclError, match="blur of the task deblur"):
        Deblur({"blur": 0})
