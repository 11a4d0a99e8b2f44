"""The noise model through clipping, and the constrained fit, against SciPy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import integrate, optimize, stats

from rcl_calibration.fit import fit_line
from rcl_calibration.model import Clipping, Noise, clipped_moments, response


@pytest.mark.parametrize(("mean", "sigma"), [(0.02, 0.03), (0.5, 0.1), (0.98, 0.05), (-0.01, 0.02), (0.0, 0.3)])
def test_clipped_moments_equal_numerical_integration(mean: float, sigma: float) -> None:
    low, high = -0.03, 1.0
    density = stats.norm(mean, sigma)

    def moment(power: int) -> float:
        inside = integrate.quad(lambda v: v**power * density.pdf(v), low, high, points=[mean])[0]
        return float(inside + low**power * density.cdf(low) + high**power * density.sf(high))

    first, variance = clipped_moments(np.array([mean]), np.array([sigma]), low, high)
    assert first[0] == pytest.approx(moment(1), abs=1e-9)
    assert variance[0] == pytest.approx(moment(2) - moment(1) ** 2, rel=1e-6)


@pytest.mark.parametrize(
    ("shot", "read", "x", "error"),
    [
        (1e-2, 4e-5, 0.9, 1e-3),
        (2e-2, 6e-4, 0.85, 2e-3),
        (3e-3, 4e-5, 0.01, 3e-3),
        (1e-2, 2e-4, 0.02, 5e-3),
        (1e-2, 4e-5, 0.03, 1e-2),
    ],
)
def test_response_is_that_of_photons_counted_one_by_one(shot: float, read: float, x: float, error: float) -> None:
    counts = np.arange(400.0)
    share = stats.poisson(x / shot).pmf(counts)
    first, variance = clipped_moments(shot * counts, np.full(counts.shape, read**0.5), 0.0, 1.0)
    mean = share @ first
    seen = share @ (variance + first**2) - mean**2
    found, true, kept = response(Noise(shot, read), Clipping(0.0, 1.0)).at(np.array([mean]))
    assert found[0] == pytest.approx(seen, rel=error)
    assert kept[0] == pytest.approx(seen / (shot * x + read), rel=error)
    assert true[0] == pytest.approx(x, abs=1e-4)


def test_response_far_from_the_ends_is_the_model_plus_rounding() -> None:
    noise, step = Noise(1e-3, 1e-6), 1 / 255
    variance, true, kept = response(noise, Clipping(-0.1, 1.0, step)).at(np.array([0.1, 0.4]))
    assert variance == pytest.approx(1e-3 * np.array([0.1, 0.4]) + 1e-6 + step**2 / 12, rel=1e-3)
    assert true == pytest.approx([0.1, 0.4], abs=1e-6)
    assert kept == pytest.approx([1, 1], abs=1e-6)


@pytest.mark.parametrize("noise", [Noise(1e-2, 1e-4), Noise(0.0, 1e-12)])
def test_response_is_interpolated_as_numpy_does(noise: Noise) -> None:
    table = response(noise, Clipping(0.0, 1.0, 1e-3))
    mean = np.concatenate([[-5.0, 5.0, np.nan], table.seen_mean, np.random.default_rng(0).uniform(-0.1, 1.1, 300)])
    expected = [np.interp(mean, table.seen_mean, y) for y in (table.seen_variance, table.true_mean, table.kept)]
    for found, right in zip(table.at(mean), expected, strict=True):
        np.testing.assert_allclose(found, right, rtol=1e-12)
    for found, right in zip(table.variance_at(mean), expected[::2], strict=True):
        np.testing.assert_allclose(found, right, rtol=1e-12)


@pytest.mark.parametrize("seed", range(20))
def test_fit_line_equals_non_negative_least_squares(seed: int) -> None:
    rng = np.random.default_rng(seed)
    x, weight = rng.uniform(0, 1, 12), rng.uniform(0.1, 2, 12)
    variance = rng.normal(0.3, 1) * x + rng.normal(0, 0.3) + rng.normal(0, 0.3, 12)
    root = np.sqrt(weight)
    expected, _ = optimize.nnls(np.stack([x, np.ones(12)], axis=1) * root[:, None], variance * root)
    assert fit_line(x, variance, weight) == pytest.approx(expected, abs=1e-9)


def test_fit_line_of_one_brightness_is_all_read_noise() -> None:
    assert fit_line(np.full(4, 0.3), np.full(4, 2.0), np.ones(4)) == pytest.approx([0, 2])
