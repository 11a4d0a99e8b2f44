"""The lower end of a noise level's interval, as a noise level; more where noise is plain to see."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from rcl_calibration.profile import SIGMA_X, NoiseProfile
from rcl_cli.profiles.cautious import cautious

X = np.array(SIGMA_X)


def _profile(below: float, shot: float = 1e-3, read: float = 1e-5) -> NoiseProfile:
    plain = NoiseProfile.uniform(shot, read)
    ends = tuple((float(s * below), float(s * 1.2)) for s in np.asarray(plain.sigma(X, 0)))
    return replace(plain, sigma_ci=(ends,) * 4, x_range=(0.02, 0.8))


@pytest.mark.parametrize("below", [1.0, 0.99, 0.5, 0.0])
def test_an_interval_of_one_relative_width_scales_the_level(below: float) -> None:
    found = cautious(_profile(below), raw=False)
    assert found.shot == pytest.approx((1e-3 * below**2,) * 4)
    assert found.read == pytest.approx((1e-5 * below**2,) * 4, abs=1e-12)


def test_the_level_is_never_raised() -> None:
    found = cautious(_profile(1.1), raw=False)
    assert found.shot == pytest.approx((1e-3,) * 4)
    assert found.read == pytest.approx((1e-5,) * 4)


def test_each_plane_has_its_own_interval_and_only_what_was_seen_counts() -> None:
    profile = _profile(0.9)
    assert profile.sigma_ci is not None
    wild = tuple((0.0 if x > 0.3 else low, high) for x, (low, high) in zip(SIGMA_X, profile.sigma_ci[0], strict=True))
    seen = replace(profile, sigma_ci=(wild, *profile.sigma_ci[1:]), x_range=(0.02, 0.3))
    assert cautious(seen, raw=False).shot == pytest.approx((0.81e-3,) * 4)
    narrow = replace(profile, sigma_ci=(_profile(1.0).sigma_ci or ())[:1] + profile.sigma_ci[1:])
    assert cautious(narrow, raw=False).shot == pytest.approx((1e-3, *(0.81e-3,) * 3))


def test_a_profile_without_an_interval_stays() -> None:
    plain = NoiseProfile.uniform(1e-3, 1e-5)
    assert cautious(plain, raw=False) is plain


@pytest.mark.parametrize(("level", "power"), [(0.001, 1), (0.003, 1), (0.006, 2 / 3), (0.012, 1 / 3), (0.05, 1 / 3)])
@pytest.mark.parametrize("lower", [0.0, 0.3, 0.9, 1.0])
def test_of_plain_noise_in_raws_more_is_taken_off(level: float, power: float, lower: float) -> None:
    estimated = _profile(lower, shot=level**2 / 0.18, read=0.0)
    for raw, expected in ((True, lower**power), (False, lower)):
        assert float(cautious(estimated, raw=raw).sigma(0.18)) / level == pytest.approx(expected, rel=1e-5)
