"""The noise level, and what texture adds to it, fitted to made-up bins."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from rcl_calibration.fit import GAIN, GAIN_SPREAD, Fit, fit_bins
from rcl_calibration.model import Clipping, Noise
from rcl_calibration.samples import TILES
from rcl_calibration.selection import Bins
from rcl_calibration.texture import believe, even_shares, pulled_down

SHOT, READ = 1e-3, 1e-5
X = np.tile(np.linspace(0.02, 0.9, 24), 8)
SHARE = np.repeat([0.0, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0], 24)
"""Texture over noise."""


def _bins(variance: NDArray[np.float64], texture: NDArray[np.float64], image: NDArray[np.intp] | None = None) -> Bins:
    """Bins of one lattice, 320 blocks each."""
    zeros, count = np.zeros(variance.size, np.intp), np.full((TILES**2, variance.size), 5.0)
    return Bins(
        lattice=zeros,
        plane=zeros,
        x=np.resize(X, variance.size),
        variance=variance,
        texture=texture,
        products=np.full(variance.size, 30.0),
        middle=variance,
        uneven=0 * variance,
        image=zeros if image is None else image,
        tile_x=count * np.resize(X, variance.size),
        tile_variance=count * variance,
        tile_texture=count * texture,
        tile_count=count,
    )


def _fitted(bins: Bins) -> Fit:
    return fit_bins(bins, [Clipping(-1.0, 2.0)], Noise(1e-4, 1e-6))


def _model() -> NDArray[np.float64]:
    return SHOT * X + READ


@pytest.mark.parametrize("gain", [0.8, 1.3, 2.0])
def test_texture_is_taken_off_whatever_its_gain(gain: float) -> None:
    """Bins without texture say what noise is; those with texture must not move it by more than a bin's own error."""
    texture = SHARE * _model()
    fit = _fitted(_bins(_model() + gain * texture, texture))
    assert fit.noise.shot == pytest.approx(SHOT, rel=0.01)
    assert fit.noise.read == pytest.approx(READ, rel=0.01)


@pytest.mark.parametrize("gains", [(0.8, 0.8), (1.8, 1.8), (0.8, 1.8)])
def test_each_image_gets_its_own_gain_drawn_to_the_usual_one(gains: tuple[float, float]) -> None:
    """Two fifths of the way to it at least: bins of one image scatter too much to tell more."""
    texture, image = SHARE * _model(), np.arange(X.size) % 2
    fit = _fitted(_bins(_model() + np.array(gains)[image] * texture, texture, image))
    assert (fit.gain_error < 0.8 * GAIN_SPREAD * GAIN).all()
    assert (np.abs(fit.gain - gains) <= 0.6 * np.abs(np.array(gains) - GAIN)).all()
    assert fit.noise.shot == pytest.approx(SHOT, rel=0.01)


@pytest.mark.slow
def test_chance_in_the_covariance_does_not_bias_the_noise() -> None:
    """Texture as common as in pictures, measured with the errors of products and squares of 320 blocks' noise.

    Weights by the covariance seen would trust bins whose covariance came out too low, and a gain fitted to it by least
    squares would be too small: +0.8 % of the variance here.
    """
    rng = np.random.default_rng(8)
    errors = []
    for _ in range(40):
        share = np.exp(rng.normal(np.log(0.015), 1.2, X.size))
        noise, chance = _model(), rng.standard_normal((2, X.size))
        covariance = noise * (share + (1 + share) * chance[0] / np.sqrt(30 * 320))
        variance = noise * (1 + GAIN * share) * (1 + chance[1] * np.sqrt(2 / (6 * 320)))
        fit = _fitted(_bins(variance, covariance))
        errors.append(np.mean(fit.noise.variance(X) / noise) - 1)
    assert abs(np.mean(errors)) < 0.004


def test_flat_bins_leave_the_gain_at_its_prior() -> None:
    fit = _fitted(_bins(_model(), np.zeros_like(X)))
    assert fit.gain == pytest.approx([GAIN], abs=0.1)
    assert fit.gain_error == pytest.approx([GAIN_SPREAD * GAIN], rel=0.01)


def test_texture_that_no_covariance_shows_is_left_out() -> None:
    """One bin in eight three times too high: one-sided weights, (tolerance/excess)², leave less than 1 % of it."""
    variance = _model()[:24]
    variance[[3, 10, 20]] *= 3
    fit = _fitted(_bins(variance, np.zeros(24)))
    assert fit.weight[10] < 0.01 * fit.weight[11]
    assert fit.noise.shot == pytest.approx(SHOT, rel=0.02)
    assert fit.noise.read == pytest.approx(READ, rel=0.05)


@pytest.mark.slow
def test_doubt_of_high_variances_does_not_draw_the_level_down() -> None:
    """On noise alone: what is high by chance counts less, and what that takes away is given back."""
    variance = 1 + np.random.default_rng(11).standard_normal(100_000) * np.sqrt(2 / (6 * 320))
    one = _bins(variance, np.zeros_like(variance))
    flat, gain = np.ones_like(variance), np.array([GAIN])
    believed = believe(one, flat, 0 * flat, 0 * gain, even_shares(1), flat > 0)
    level = np.average(variance, weights=believed.weight)
    chance = 3 * np.sqrt(2 / (6 * 320) / variance.size)
    assert level < 1 - chance
    assert level + pulled_down(one, flat)[0] == pytest.approx(1, abs=chance)


@pytest.mark.parametrize("prnu", [0.0, 0.004, 0.007])
def test_sensitivities_that_differ_are_no_shot_noise(prnu: float) -> None:
    """As in cameras: a line alone would have λ_shot 13 % too high at 0.7 %, and no λ_read at all."""
    shot, read = 2e-4, 5e-7
    noise = shot * X + read
    fit = _fitted(_bins(noise + (prnu * X) ** 2, 0 * X))
    assert fit.prnu == pytest.approx(prnu**2, rel=0.1, abs=1e-7)
    assert np.sqrt(fit.noise.variance(X) / noise) == pytest.approx(np.ones_like(X), abs=0.005)
