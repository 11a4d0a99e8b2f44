"""Which images cannot be of one noise level."""

from __future__ import annotations

import numpy as np
import pytest

from rcl_calibration.groups import disagreeing_groups
from rcl_calibration.profile import SIGMA_X, NoiseProfile


def _profile(half_width: float) -> NoiseProfile:
    """Its σ(x) is known to ± this part."""
    profile = NoiseProfile.uniform(1e-3, 1e-6, x_range=(0.0, 1.0))
    sigma = profile.sigma(np.array(SIGMA_X))
    plane = tuple((float(s * (1 - half_width)), float(s * (1 + half_width))) for s in sigma)
    return NoiseProfile.uniform(1e-3, 1e-6, x_range=(0.0, 1.0), sigma_ci=(plane,) * 4)


@pytest.mark.parametrize(
    ("levels", "half_width", "groups"),
    [
        ([1.0, 1.09], 0.01, []),
        ([1.0, 1.12], 0.01, [[0], [1]]),
        ([1.12, 1.0], 0.01, [[1], [0]]),
        ([1.0, 1.12], 0.06, []),  # the intervals reach each other
        ([1.0, 1.4, 1.01, 1.41], 0.02, [[0, 2], [1, 3]]),
        ([1.0, 1.4, 1.0, 1.0], 0.02, []),  # one outlier
        ([1.0, 1.4, 1.0], 0.02, [[0, 2], [1]]),
        ([1.0, 1.05, 1.1, 1.15, 1.2], 0.01, []),  # no gap anywhere
        ([1.0], 0.01, []),
    ],
)
def test_groups_are_parted_by_gaps_that_no_interval_bridges(
    levels: list[float], half_width: float, groups: list[list[int]]
) -> None:
    assert disagreeing_groups(np.array(levels), [_profile(half_width)] * len(levels)) == groups


def test_a_profile_without_an_interval_is_taken_at_its_word() -> None:
    bare = NoiseProfile.uniform(1e-3, 1e-6)
    assert disagreeing_groups(np.array([1.0, 1.2]), [bare, bare]) == [[0], [1]]
