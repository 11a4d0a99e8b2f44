"""Row and column noise, simulated on top of a sensor's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from rcl_calibration.samples import Lattice
from rcl_calibration.single_image import estimate, measure

SHOT, READ = 4e-3, 4e-5


def _banded(
    scene: NDArray[np.float64], simulated: Any, axis: int, part: float, rng: np.random.Generator
) -> list[Lattice]:
    """Lattices with an offset of `part` read noises for each line of the sensor; axis 0: rows, 1: columns."""
    mosaic = simulated.expose(scene, rng)
    shape = (mosaic.shape[0], 1) if axis == 0 else (1, mosaic.shape[1])
    scale = part * np.sqrt(READ) * (simulated.white - simulated.black)
    values = np.rint(mosaic + scale * rng.standard_normal(shape))
    found: list[Lattice] = simulated.lattices(np.clip(values, 0, simulated.white).astype(np.uint16))
    return found


@pytest.mark.slow
@pytest.mark.parametrize(("axis", "words"), [(0, "rows"), (1, "columns")])
def test_banding_is_measured_and_flagged(
    scene: NDArray[np.float64], sensor: Callable[..., Any], axis: int, words: str
) -> None:
    rng = np.random.default_rng(1)
    lattices = _banded(scene[:700, :900], sensor(SHOT, READ), axis, 0.5, rng)
    measured = measure(lattices).banding
    assert np.sqrt(measured[axis]) == pytest.approx(0.5 * np.sqrt(READ), rel=0.25)
    assert np.sqrt(measured[1 - axis]) < 0.15 * np.sqrt(READ)
    profile = estimate(lattices)
    assert profile.quality == "weak"
    assert "banding" in profile.reason
    assert words in profile.reason


def test_the_noise_level_is_free_of_banding(scene: NDArray[np.float64], sensor: Callable[..., Any]) -> None:
    simulated = sensor(SHOT, READ)
    profile = estimate(_banded(scene[:700, :900], simulated, 0, 0.5, np.random.default_rng(2)))
    assert simulated.sigma_error(profile.shot[0], profile.read[0], np.linspace(0.02, 0.8, 40)) < 0.03


def test_stripes_of_the_scene_are_no_banding(scene: NDArray[np.float64], sensor: Callable[..., Any]) -> None:
    """Fine horizontal bars across the whole picture, of one frequency, as of a blind."""
    bars = 1 + 0.03 * np.sin(np.arange(700) * 1.3)[:, None, None]
    profile = estimate(_banded(scene[:700, :900] * bars, sensor(SHOT, READ), 0, 0.0, np.random.default_rng(3)))
    assert "banding" not in profile.reason


@pytest.mark.parametrize("seed", [4, 6, 9, 10, 20])
def test_steps_of_a_small_chart_are_no_banding(seed: int) -> None:
    """Eight patches side by side: the lines at their edges have something in common, and overlap."""
    x = (1000 + 1000 * (np.mgrid[:256, :384][1] // 48)) / 15871 * np.tile([[0.5, 1], [1, 0.7]], (128, 192))
    noisy = x + np.random.default_rng(seed).normal(0, 1, x.shape) * np.sqrt(1.89e-4 * x + 2.86e-6)
    values = np.rint(noisy * 15871 + 2048).clip(0, 17919).astype(np.uint16)
    lattices = [Lattice(values[i::2, j::2], 2 * i + j, 2048.0, 17919.0) for i in (0, 1) for j in (0, 1)]
    assert "banding" not in estimate(lattices).reason


@pytest.mark.parametrize("size", [(3, 3), (6, 40), (40, 6)])
def test_small_pictures_have_no_lines_to_compare(size: tuple[int, int]) -> None:
    values = np.random.default_rng(6).integers(100, 200, size).astype(np.uint16)
    assert measure([Lattice(values, plane, 0, 255) for plane in range(4)]).banding == (0.0, 0.0)
