"""Pooling images of one camera."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from rcl_calibration.camera import pool
from rcl_calibration.profile import SIGMA_X
from rcl_calibration.single_image import Measurement, measure, profile_of

X = np.linspace(0.02, 0.8, 40)


@pytest.fixture(scope="module")
def measurements(scene: NDArray[np.float64], sensor: Callable[..., Any]) -> list[Measurement]:
    """Three images of one sensor, each with other noise and another part of the scene, and one of a noisier sensor."""
    crops = [scene[:700, :900], scene[500:, :900], scene[:700, 700:], scene[500:, 700:]]
    sensors = [sensor(1e-3, 2e-6)] * 3 + [sensor(1.6e-3, 4e-6)]
    return [
        measure(one.lattices(one.expose(crop, np.random.default_rng(seed))))
        for seed, (one, crop) in enumerate(zip(sensors, crops, strict=True))
    ]


def test_pooled_images_agree_with_the_truth(measurements: list[Measurement], sensor: Callable[..., Any]) -> None:
    pooled = pool(measurements[:3], camera="Made Up")
    assert pooled.used == (0, 1, 2)
    assert pooled.profile.images == 3
    assert pooled.profile.camera == "Made Up"
    assert pooled.profile.quality == "ok"
    assert sensor(1e-3, 2e-6).sigma_error(pooled.profile.shot[0], pooled.profile.read[0], X) < 0.02
    assert pooled.disagreement < 0.05


def test_an_outlying_image_is_dropped_and_named(measurements: list[Measurement], sensor: Callable[..., Any]) -> None:
    pooled = pool(measurements)
    assert pooled.used == (0, 1, 2)
    assert [i for i, _ in pooled.dropped] == [3]
    assert "others" in pooled.dropped[0][1]
    assert sensor(1e-3, 2e-6).sigma_error(pooled.profile.shot[0], pooled.profile.read[0], X) < 0.02


@pytest.mark.parametrize(("half", "words"), [(0.9, "it tells too little: too few blocks"), (0.1, "its noise is +")])
def test_an_image_that_tells_too_little_is_dropped_as_one(
    measurements: list[Measurement], half: float, words: str
) -> None:
    """Its noise is 27 % from the others', which its interval of ±90 % leaves open."""
    profiles = [profile_of(measurement) for measurement in measurements]
    interval = tuple(
        ((1 - half) * sigma, (1 + half) * sigma) for sigma in profiles[3].sigma(np.array(SIGMA_X)).tolist()
    )
    profiles[3] = replace(profiles[3], quality="unidentifiable", reason="too few blocks", sigma_ci=(interval,) * 4)
    ((image, reason),) = pool(measurements, profiles).dropped
    assert image == 3
    assert reason.startswith(words)


def test_no_images_are_an_error() -> None:
    with pytest.raises(ValueError, match="no images"):
        pool([])


@pytest.mark.slow
@pytest.mark.parametrize("others", [1.03, 1.0])
def test_planes_get_levels_of_their_own_only_where_they_differ(
    scene: NDArray[np.float64], sensor: Callable[..., Any], others: float
) -> None:
    """Red and blue have `others` times the shot noise of green."""
    crops = [light * scene[y : y + 600, x : x + 800] for y in (0, 600) for x in (0, 800) for light in (1.0, 0.6)]
    sensors = [sensor(1e-3 * gain, 2e-6) for gain in (others, 1.0, 1.0, others)]
    measured = []
    for seed, crop in enumerate(crops):
        rng = np.random.default_rng(seed)
        measured.append(measure([one.lattices(one.expose(crop, rng))[p] for p, one in enumerate(sensors)]))
    found = pool(measured).profile
    if others == 1.0:
        assert len(set(found.shot)) == len(set(found.read)) == 1
    else:
        red, green, other_green, blue = (found.sigma(0.3, plane) ** 2 for plane in range(4))
        assert len(set(found.shot)) == 4
        # Texture of one colour may add 1 % (README); chance is two standard errors of what each plane was fitted to.
        information = sum(one.fit.information[one.bins.plane % 3 == 0].sum() for one in measured)
        rest = sum(one.fit.information[one.bins.plane % 3 != 0].sum() for one in measured)
        error = 0.01 + 2 * float(np.sqrt(1 / information + 1 / rest))
        assert error < 0.02
        assert (red + blue) / (green + other_green) == pytest.approx(others, abs=error)
