"""Draws: the regimes' ranges, and noise of exactly the variance drawn."""

from __future__ import annotations

import numpy as np
import pytest

from rcl_benchmark.calibration.draws import Exposure, draw
from rcl_benchmark.calibration.names import REGIMES
from rcl_benchmark.calibration.simulate import clean_mosaic, expose
from rcl_calibration.model import Noise
from rcl_cli.raw.cfa import BAYER_PHASES


def _exposure(noise: Noise, *, poisson: bool) -> Exposure:
    return Exposure(noise, poisson, "GRBG", 14, 1024, 16383, (1.0, 1.0, 1.0), 1.0)


def test_the_regimes_are_those_of_the_contract() -> None:
    rng = np.random.default_rng(0)
    sensor = [draw("sensor", rng).noise for _ in range(400)]
    shot, read = (np.log([getattr(noise, name) for noise in sensor]) for name in ("shot", "read"))
    assert np.log(1e-4) <= shot.min() < shot.max() <= np.log(1.2e-2)
    # Uniform in the logarithm: the standard deviation is the width over √12.
    assert np.std(shot) == pytest.approx(np.log(120) / np.sqrt(12), rel=0.08)
    offset = read - 2.18 * shot
    assert np.mean(offset) == pytest.approx(1.2, abs=0.06)
    assert np.std(offset) == pytest.approx(0.26, rel=0.15)
    paper = [draw("paper", rng).noise for _ in range(400)]
    white = 255 * np.sqrt([noise.shot + noise.read for noise in paper])
    share = [noise.shot / (noise.shot + noise.read) for noise in paper]
    assert 0.5 <= white.min() < 2
    assert 18 < white.max() <= 20
    assert np.mean(share) == pytest.approx(0.5, abs=0.06)


def test_cameras_vary() -> None:
    rng = np.random.default_rng(0)
    drawn = [draw("sensor", rng) for _ in range(60)]
    assert {exposure.phase for exposure in drawn} == set(BAYER_PHASES)
    assert {exposure.bits for exposure in drawn} == {12, 14}
    assert all(exposure.black_level < exposure.white_level < 2**exposure.bits for exposure in drawn)


@pytest.mark.parametrize("regime", REGIMES)
def test_the_same_seed_draws_the_same(regime: str) -> None:
    first, again, other = (draw(regime, np.random.default_rng(seed)) for seed in (3, 3, 4))
    assert first == again != other


@pytest.mark.parametrize("poisson", [True, False])
def test_the_noise_has_the_variance_drawn(poisson: bool) -> None:
    noise = Noise(2e-3, 1e-5)
    exposure = _exposure(noise, poisson=poisson)
    clean = clean_mosaic(np.full((400, 401, 3), 0.3, np.float32), exposure)
    assert clean == pytest.approx(0.3, rel=1e-6)
    frame = expose(clean, exposure, np.random.default_rng(0))
    span = 16383 - 1024
    variance = frame.normalized().var(dtype=np.float64) - 1 / (12 * span**2)
    assert variance == pytest.approx(2e-3 * 0.3 + 1e-5, rel=4 * np.sqrt(2 / clean.size))
    assert frame.cfa.name == "GRBG"
    assert frame.black_level == (1024.0,) * 4


def test_values_end_at_the_white_level() -> None:
    exposure = _exposure(Noise(1e-3, 1e-6), poisson=True)
    frame = expose(np.full((64, 64), 1.2, np.float32), exposure, np.random.default_rng(0))
    assert frame.mosaic.max() == 16383
