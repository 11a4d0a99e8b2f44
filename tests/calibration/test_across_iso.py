"""Between measured ISOs, across a gain switch, and beyond."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from rcl_calibration.across_iso import between, beyond, gain_switches
from rcl_calibration.profile import NoiseProfile
from rcl_cli.samples.camera import SAMPLE_CAMERA


def _camera(*isos: float) -> list[NoiseProfile]:
    return [SAMPLE_CAMERA.noise_profile(iso) for iso in isos]


@pytest.mark.parametrize("iso", [141.0, 400.0, 560.0, 1600.0])
def test_interpolation_hits_the_truth_of_a_sensor(iso: float) -> None:
    """Between ISOs two stops apart σ(x) is right to 1 %; λ_shot is linear, so exact."""
    measured = _camera(100, 200, 800, 3200)
    found = between(measured, iso)
    (truth,) = _camera(iso)
    assert found is not None
    assert found.shot == pytest.approx(truth.shot, rel=1e-9)
    x = np.linspace(0.02, 0.8, 40)
    assert found.sigma(x) == pytest.approx(truth.sigma(x), rel=0.01)
    assert found.quality == "ok"
    assert found.iso == iso


def test_a_gain_switch_is_noticed_and_not_crossed() -> None:
    low, middle, high, highest = _camera(100, 400, 800, 3200)
    switched = [low, middle, *(replace(p, read=(0.05 * p.read[0],) * 4) for p in (high, highest))]
    assert gain_switches(switched) == [(400.0, 800.0)]
    assert between(switched, 600) is None
    assert between(switched, 200) is not None
    assert between(switched, 1600) is not None
    assert gain_switches([low, middle, high, highest]) == []


def test_beyond_the_measured_it_is_weak_and_says_so() -> None:
    measured = _camera(100, 400)
    assert between(measured, 800) is None
    found = beyond(measured, 800)
    assert found is not None
    assert found.quality == "weak"
    assert all(word in found.reason for word in ("extrapolated", "400", "800"))
    assert found.shot[0] == pytest.approx(measured[1].shot[0] * 2)
    assert found.read[0] == pytest.approx(measured[1].read[0] * 2**1.2)
    assert beyond([], 100) is None
