"""The law of what intervals must hold beside chance, from errors that are known to follow it."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import t

from rcl_benchmark.calibration.doubt_law import WANTED, held, law
from rcl_calibration.doubt import FREEDOM
from rcl_calibration.intervals import SYSTEMATIC
from rcl_calibration.model import Noise
from rcl_calibration.profile import SIGMA_X, NoiseProfile

TRUE = (0.5, 1.5)


def _errors(raws: int, seed: int) -> list[NDArray[np.float64]]:
    """Evidence whose errors have the standard deviation that TRUE makes of it."""
    rng, found = np.random.default_rng(seed), []
    texture, other = TRUE
    for _ in range(raws):
        units = np.exp(rng.normal(np.log([0.006, 0.03, 0.01]), 0.7))
        doubt = np.sqrt((texture * units[1]) ** 2 + (other * units[2]) ** 2 + SYSTEMATIC**2)
        error = units[0] * rng.standard_normal() + doubt * rng.standard_t(FREEDOM)
        found.append(np.array([[error, *units]]))
    return found


@pytest.mark.slow
def test_the_law_is_found_again() -> None:
    """Widened by what makes intervals of 90 % hold WANTED of errors of a t; part of the errors is normal."""
    wider = t.ppf((1 + WANTED) / 2, FREEDOM) / t.ppf(0.95, FREEDOM)
    texture, other = law([_errors(120, 1), _errors(120, 2)])
    assert texture == pytest.approx(wider * TRUE[0], rel=0.25)
    assert other == pytest.approx(wider * TRUE[1], rel=0.35)


def test_an_interval_holds_what_lies_in_it() -> None:
    truth = Noise(1e-3, 1e-5)
    sigma = np.sqrt(truth.variance(np.array(SIGMA_X)))
    ends = [(0.9 * s, (1.1 if x < 0.2 else 0.95) * s) for x, s in zip(SIGMA_X, sigma, strict=True)]
    profile = NoiseProfile.uniform(
        1e-3,
        1e-5,
        shot_ci=((0.9e-3, 1.1e-3),) * 4,
        read_ci=((2e-5, 3e-5),) * 4,
        sigma_ci=(tuple((float(low), float(high)) for low, high in ends),) * 4,
        x_range=(0.04, 0.4),
    )
    assert held(profile, truth) == pytest.approx((1.0, 0.0, 3 / 4))
