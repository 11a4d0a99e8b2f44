"""Shielded borders: measured where they are dark and flat, and only there."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from rcl_cli.raw.cfa import CFA
from rcl_cli.raw.optical_black import measure_optical_black
from rcl_cli.raw.read import read_frame

VISIBLE = (4, 40, 600, 800)
PLANES = CFA.bayer("RGGB").planes(604, 840)


def _sensor(seed: int = 0) -> NDArray[np.float64]:
    rng = np.random.default_rng(seed)
    whole = 500 + 3 * rng.standard_normal((604, 840))
    whole[4:, 40:] += np.linspace(100, 5000, 800)
    return whole


def _measure(whole: NDArray[np.float64]) -> object:
    return measure_optical_black(np.rint(whole).astype(np.uint16), PLANES, VISIBLE, 512.0, 16383.0)


def test_a_dark_border_gives_black_level_and_read_noise() -> None:
    whole = _sensor()
    whole[1::2, 1:40:2] += 2  # another black level in the blue plane
    whole[:, 7] += 300  # bad columns
    whole[:, 38:40] += 40
    whole[::50, 20] = 16383  # hot pixels
    found = measure_optical_black(np.rint(whole).astype(np.uint16), PLANES, VISIBLE, 512.0, 16383.0)
    assert found is not None
    assert found.mean == pytest.approx((500, 500, 500, 502), abs=0.1)
    assert found.sigma == pytest.approx((np.sqrt(9 + 1 / 12),) * 4, rel=0.03)
    assert found.read((512.0,) * 4, 16383.0) == pytest.approx((9 / 15871**2,) * 4, rel=0.06)


def test_borders_that_see_light_or_nothing_are_none() -> None:
    lit, sloping, empty = _sensor(), _sensor(), _sensor()
    lit[:, :40] += 2000
    sloping[:, :40] += np.linspace(0, 20, 604)[:, None]
    empty[:, :40] = 0
    assert _measure(lit) is None
    assert _measure(sloping) is None
    assert _measure(empty) is None


@pytest.mark.realdata
@pytest.mark.parametrize(
    ("name", "mean", "sigma"),
    [
        ("canon-powershot-s40_CRW_0101.CRW", 32.07, 0.70),
        ("canon-powershot-s40_CRW_0119.CRW", 32.09, 0.75),
        ("canon-powershot-g2_CRW_0304.CRW", 32.15, 0.78),
        ("canon-eos-kiss-x4_colorchart.dng", 2048.8, 16.3),
    ],
)
def test_borders_of_real_sensors(realdata: Path, name: str, mean: float, sigma: float) -> None:
    """Against what was read off these borders by hand; there row and column noise was in σ."""
    found = read_frame(realdata / "raw" / "bayer" / name).optical_black
    assert found is not None
    assert np.mean(found.mean) == pytest.approx(mean, abs=0.05)
    assert np.mean(found.sigma) == pytest.approx(sigma, rel=0.05)
