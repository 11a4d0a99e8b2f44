"""The stabiliser against simulated noise, and against the closed forms it must agree with."""

from __future__ import annotations

import math

import numpy as np
import pytest

from rcl_benchmark.zero.stabilise import Stabiliser

LEVELS = [(6e-3, 1e-4), (1e-3, 1e-5), (2e-2, 1e-3), (1e-9, 4e-4), (0.0, 4e-4)]
DRAWS = 200_000


def noisy(x: float, shot: float, read: float) -> np.ndarray:
    return x + math.sqrt(shot * x + read) * np.random.default_rng(0).standard_normal(DRAWS)


@pytest.mark.parametrize(("shot", "read"), LEVELS)
@pytest.mark.parametrize("x", [0.1, 0.5, 1.0])
def test_the_noise_has_variance_1_whatever_the_brightness(shot: float, read: float, x: float) -> None:
    # The first term that the transform leaves is of the order of 1/m², m the variance in units of λ_shot².
    left = 3 * shot**4 / (shot * x + read) ** 2
    stable = Stabiliser(shot, read).forward(noisy(x, shot, read))
    assert stable.var() == pytest.approx(1, abs=left + 4 * math.sqrt(2 / DRAWS))


@pytest.mark.parametrize(("shot", "read"), [*LEVELS, (2e-2, 2e-4)])
@pytest.mark.parametrize("x", [0.02, 0.1, 0.5, 1.0])
def test_the_inverse_of_the_mean_is_the_clean_value(shot: float, read: float, x: float) -> None:
    stabiliser = Stabiliser(shot, read)
    values = noisy(x, shot, read)
    back = stabiliser.inverse(stabiliser.forward(values).mean(keepdims=True))[0]
    standard_error = math.sqrt((shot * x + read) / DRAWS)
    # The kink at 0 of the darkest: a bias of the quadrature, small against the noise of one element.
    assert back == pytest.approx(x, abs=4 * standard_error + 2e-3 * math.sqrt(shot * x + read))


def test_straight_back_is_biased_where_the_exact_inverse_is_not() -> None:
    shot, read, x = 2e-2, 1e-3, 0.1
    stabiliser = Stabiliser(shot, read)
    mean = stabiliser.forward(noisy(x, shot, read)).mean()
    offset = read + 7 / 8 * shot**2
    straight = ((shot / 2 * mean + math.sqrt(offset)) ** 2 - offset) / shot
    # E[√u]² = E[u] − Var[√u], and Var[√u] is shot²/4 of u in units of λ_shot.
    assert x - straight == pytest.approx(shot / 4, rel=0.1)


def test_it_goes_over_into_division_by_sigma_as_shot_noise_vanishes() -> None:
    y = np.linspace(-0.1, 1.1, 13)
    np.testing.assert_allclose(Stabiliser(1e-8, 4e-4).forward(y), y / 0.02, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(Stabiliser(0.0, 4e-4).forward(y), y / 0.02)


def test_values_beyond_the_table_go_on_without_a_step() -> None:
    stabiliser = Stabiliser(6e-3, 1e-4)
    x = np.array([1.9, 2.1, 2.5, 4.0])
    # High up E[f(y)] is f(x) less 1/(4·…) of it: back and forth differ by less than the bias, λ_shot/4.
    np.testing.assert_allclose(stabiliser.inverse(stabiliser.forward(x)), x, atol=6e-3 / 2)
    assert np.all(np.diff(stabiliser.inverse(np.linspace(0, stabiliser.forward(x)[-1], 1000))) >= 0)


@pytest.mark.parametrize(("shot", "read"), [(-1e-3, 1e-3), (0.0, 0.0)])
def test_impossible_levels_are_refused(shot: float, read: float) -> None:
    with pytest.raises(ValueError, match="must not be negative"):
        Stabiliser(shot, read)
