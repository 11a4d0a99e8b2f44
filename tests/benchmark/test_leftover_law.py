"""The regression of what texture leaves in noise, on raws whose error goes with what they show."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from rcl_benchmark.calibration.learning_raws import LearningRaw
from rcl_benchmark.calibration.leftover_law import Lesson, held_out, learn
from rcl_calibration.leftover import FEATURES, features
from rcl_calibration.model import Noise
from rcl_calibration.samples import Lattice
from rcl_calibration.single_image import measure

TRUE = np.linspace(-0.3, 0.3, len(FEATURES))


def _template() -> Lesson:
    rng = np.random.default_rng(0)
    scene = np.linspace(0.03, 0.7, 360)[None, :] + 0.06 * rng.standard_normal((240, 360))
    places = [(0, 0, 0), (0, 1, 1), (1, 0, 2), (1, 1, 3)]
    found = measure([Lattice(scene[y::2, x::2], p, step=0.0, offset=(y / 2, x / 2)) for y, x, p in places])
    seen, error = features(found.bins, found.fit)
    weight = found.fit.information / found.fit.information.sum()
    raw = LearningRaw("Bayer", "", 0, found, found.fit.noise)
    return Lesson(raw, found, seen, error, np.zeros(error.size), weight)


@pytest.fixture(scope="module")
def known() -> list[Lesson]:
    """A part of their noise is none: the same in all bins, as TRUE makes of what they show."""
    rng, template, raws = np.random.default_rng(1), _template(), []
    size = template.weight.size
    for number in range(80):
        seen = 0.1 * rng.standard_normal(len(FEATURES))
        part = float(seen @ TRUE)
        fitted = template.measurement.fit.noise
        truth = Noise(fitted.shot * (1 - part), fitted.read * (1 - part))
        raws.append(
            replace(
                template,
                raw=replace(template.raw, photograph=number, truth=truth),
                seen=np.tile(seen, (size, 1)),
                error=np.full(size, 0.2),
                too_much=np.full(size, part),
            )
        )
    return raws


def test_the_law_is_found_again(known: list[Lesson]) -> None:
    assert learn(known) == pytest.approx(TRUE, abs=0.05)


def test_raws_that_were_held_out_are_corrected(known: list[Lesson]) -> None:
    found = list(held_out(known))
    assert sorted(one.raw.photograph for one, _ in found) == list(range(80))
    x = np.array(0.2)
    before, after = (
        np.abs([found.fit.noise.variance(x) / one.raw.truth.variance(x) - 1 for one, found in pairs]).mean()
        for pairs in ([(one, one.measurement) for one in known], found)
    )
    assert after < 0.3 * before
