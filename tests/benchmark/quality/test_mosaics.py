"""Mosaics with noise: of the right size, the same for every method, and as a file would hold them."""

from __future__ import annotations

import math

import numpy as np
import pytest

from rcl_benchmark.quality.mosaics import NO_NOISE, exposed, noise_of, sensor_noise
from rcl_benchmark.quality.pictures import Float
from rcl_cli.raw.cfa import CFA, mosaic


@pytest.mark.parametrize("cfa", [CFA.bayer("RGGB"), CFA.xtrans()], ids=["bayer", "xtrans"])
def test_without_noise_a_mosaic_holds_the_values_to_half_a_step(v: Float, cfa: CFA) -> None:
    made = exposed(mosaic(v, cfa), cfa, NO_NOISE, noise_of("a", 0.0))
    np.testing.assert_allclose(made.values, mosaic(v, cfa), atol=0.6 / 65535)
    np.testing.assert_array_equal(made.frame.normalized(), made.values)


@pytest.mark.parametrize("shot", [1e-4, 1e-3, 1e-2])
@pytest.mark.parametrize("level", [0.0, 0.02, 0.7])
def test_noise_has_the_variance_of_the_model(shot: float, level: float) -> None:
    profile = sensor_noise(shot)
    made = exposed(np.full((256, 256), level, np.float32), CFA.bayer("RGGB"), profile, noise_of("a", shot))
    expected = shot * level + math.exp(2.18 * math.log(shot) + 1.2)
    step = 1 / (40000 - 4096)
    # 256² samples know a variance to 0.6 %.
    assert made.values.var() == pytest.approx(expected + step**2 / 12, rel=0.025)
    assert made.values.mean() == pytest.approx(level, abs=5 * math.sqrt(expected) / 256 + 1e-6)
    np.testing.assert_array_equal(made.frame.normalized(), made.values)


def test_noise_is_the_same_for_the_same_picture_and_level_alone() -> None:
    first, again = (noise_of("a", 1e-3).standard_normal(4) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, noise_of("b", 1e-3).standard_normal(4))
    assert not np.array_equal(first, noise_of("a", 1e-2).standard_normal(4))


def test_the_coded_mosaic_is_clipped_as_the_code_is() -> None:
    made = exposed(np.full((64, 64), 0.001, np.float32), CFA.bayer("RGGB"), sensor_noise(1e-2), noise_of("a", 1.0))
    assert made.values.min() < 0
    assert made.encoded.values.min() == 0
    assert made.encoded.coded
