"""The noise level, and what texture adds to it, fitted to made-up bins."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from rcl_calibration.fit import Fit, corrected, fit_bins
from rcl_calibration.layout import EVEN, HIGH
from rcl_calibration.model import Clipping, Noise
from rcl_calibration.samples import TILES
from rcl_calibration.selection import TRACES, Bins
from rcl_calibration.texture import (
    SHARED,
    SHARED_SPREAD,
    STEEPNESS,
    STEEPNESS_POWER,
    STEEPNESS_SPREAD,
    Traits,
    believe,
    even_shares,
    pulled_down,
)

SHOT, READ = 1e-3, 1e-5
X = np.tile(np.linspace(0.02, 0.9, 24), 8)
SHARE = np.repeat([0.0, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0], 24)
"""Texture over noise."""


def _bins(
    variance: NDArray[np.float64],
    texture: NDArray[np.float64],
    image: NDArray[np.intp] | None = None,
    middle: NDArray[np.float64] | None = None,
) -> Bins:
    """Bins of one lattice, 320 blocks each; without texture in the MIDDLE frequencies by default."""
    zeros, count = np.zeros(variance.size, np.intp), np.full((TILES**2, variance.size), 5.0)
    middle = variance if middle is None else middle
    return Bins(
        lattice=zeros,
        plane=zeros,
        x=np.resize(X, variance.size),
        variance=variance,
        texture=texture,
        products=np.full(variance.size, 30.0),
        middle=middle,
        uneven=0 * variance,
        too_much=0 * variance,
        traces=np.zeros((TRACES, variance.size)),
        image=zeros if image is None else image,
        steeper=np.ones(variance.size),
        freedom=np.full(variance.size, EVEN.freedom),
        independent=count.sum(axis=0),
        tile_x=count * np.resize(X, variance.size),
        tile_variance=count * variance,
        tile_texture=count * texture,
        tile_middle=count * middle,
        tile_count=count,
    )


def _textured(share: NDArray[np.float64], steepness: float, shared: float) -> Bins:
    """Without chance; texture as steep and as much shared as told, where it is as strong as noise."""
    noise = _model()
    steep = steepness * share * np.maximum(share, 5e-4) ** STEEPNESS_POWER
    return _bins(noise * (1 + share), noise * share * shared, middle=noise * (1 + steep))


def _fitted(bins: Bins) -> Fit:
    return fit_bins(bins, [Clipping(-1.0, 2.0)], Noise(1e-4, 1e-6))


def _model() -> NDArray[np.float64]:
    return SHOT * X + READ


@pytest.mark.parametrize("steepness", [1.4, STEEPNESS, 2.0])
@pytest.mark.parametrize("shared", [0.3, SHARED, 1.2])
def test_texture_is_taken_off_whatever_it_is_like(steepness: float, shared: float) -> None:
    """Bins without texture say what noise is; those with texture must not move it by more than a bin's own error."""
    fit = _fitted(_textured(SHARE, steepness, shared))
    assert fit.noise.shot == pytest.approx(SHOT, rel=0.01)
    assert fit.noise.read == pytest.approx(READ, rel=0.01)


@pytest.mark.parametrize("steepness", [1.5, STEEPNESS, 1.8])
def test_texture_everywhere_is_told_by_its_spectrum(steepness: float) -> None:
    """A tenth of the noise at least, in every bin: taken for noise it would make σ 5 to 40 % too high."""
    fit = _fitted(_textured(np.geomspace(0.1, 1.0, X.size), steepness, SHARED))
    assert fit.noise.variance(X) == pytest.approx(_model(), rel=0.05)


def test_each_image_has_texture_of_its_own_kind() -> None:
    image = np.arange(X.size) % 2
    smooth, rough = _textured(SHARE, 1.9, 0.3), _textured(SHARE, 1.4, 1.2)
    some = [np.where(image == 0, getattr(smooth, name), getattr(rough, name)) for name in ("middle", "texture")]
    traits = _fitted(_bins(smooth.variance, some[1], image, some[0])).traits
    assert traits.steepness[0] > STEEPNESS > traits.steepness[1]
    assert traits.shared[0] < SHARED < traits.shared[1]


def test_noise_that_is_correlated_is_not_taken_for_texture() -> None:
    """Of a camera that denoises: a quarter more in the MIDDLE frequencies everywhere, and nothing shared."""
    noise = _model()
    fit = _fitted(_bins(noise, 0 * noise, middle=1.25 * noise))
    assert fit.noise.variance(X) == pytest.approx(noise, rel=0.02)


@pytest.mark.parametrize("shot", [5e-3, 9e-3])
def test_dark_bins_cut_off_at_black_are_followed_to_the_end(shot: float) -> None:
    """A dark scene of a camera whose black is 0. Drawn photons, not the formula; the first guess is far too low."""
    rng, read = np.random.default_rng(2), 0.9 * shot**2
    x = np.resize(np.geomspace(0.003, 0.06, 24), X.size)
    light = np.sort(x.reshape(8, 24)[0])
    drawn = shot * rng.poisson(light / shot, (200_000, 24)) + np.sqrt(read) * rng.standard_normal((200_000, 24))
    seen = np.maximum(drawn, 0.0)
    bins = replace(_bins(np.resize(seen.var(axis=0), X.size), 0 * X), x=np.resize(seen.mean(axis=0), X.size))
    noise = fit_bins(bins, [Clipping(0.0, 1.0)], Noise(1e-4, 1e-6)).noise
    assert np.sqrt(noise.variance(light) / (shot * light + read)) == pytest.approx(np.ones(24), rel=0.02)


@pytest.mark.slow
def test_chance_does_not_bias_the_noise() -> None:
    """Texture as common as in pictures, measured with the errors of products and squares of 320 blocks' noise."""
    rng = np.random.default_rng(8)
    errors = []
    for _ in range(40):
        share = np.exp(rng.normal(np.log(0.015), 1.2, X.size))
        clean, noise, chance = _textured(share, STEEPNESS, SHARED), _model(), rng.standard_normal((3, X.size))
        covariance = clean.texture + noise * (1 + share) * chance[0] / np.sqrt(30 * 320)
        variance = clean.variance * (1 + chance[1] * np.sqrt(2 / (HIGH * 320)))
        middle = clean.middle * (1 + chance[2] * np.sqrt(2 / (EVEN.freedom * 320)))
        fit = _fitted(_bins(variance, covariance, middle=middle))
        errors.append(np.mean(fit.noise.variance(X) / noise) - 1)
    assert abs(np.mean(errors)) < 0.004


@pytest.mark.slow
def test_flat_bins_leave_the_traits_at_what_is_usual() -> None:
    """Within about a spread, for bins with the chance of 320 blocks; and the noise where it is, which is what matters.

    A bin's texture is never believed to be below 0. Where there is none, the little that cannot be ruled out shows in
    nothing, as texture that is hardly steep or shared would: both come out low, in all images alike.
    """
    rng = np.random.default_rng(6)
    fits = []
    for _ in range(8):
        freedom = np.array([HIGH / 2, EVEN.freedom / 2, 30.0]) * 320
        chance = rng.standard_normal((3, X.size)) / np.sqrt(freedom)[:, None]
        high, middle, covariance = _model() * (chance + np.array([[1.0], [1.0], [0.0]]))
        fits.append(_fitted(_bins(high, covariance, middle=middle)))
    steepness, shared = (np.mean([getattr(fit.traits, name)[0] for fit in fits]) for name in ("steepness", "shared"))
    assert steepness == pytest.approx(STEEPNESS, abs=0.9 * STEEPNESS_SPREAD)
    assert shared == pytest.approx(SHARED, abs=1.2 * SHARED_SPREAD)
    assert np.mean([fit.noise.variance(X) for fit in fits], axis=0) == pytest.approx(_model(), rel=0.008)


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
    flat, shares = np.ones_like(variance), np.zeros_like(even_shares(1))
    shares[0, 0] = 1
    one = _bins(variance, np.zeros_like(variance), middle=flat)
    with np.errstate(divide="ignore"):
        believed = believe(one, flat, 0 * flat, Traits.usual(1), shares, flat > 0, np.array([True]))
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


def test_what_is_known_to_be_too_much_is_taken_off() -> None:
    """Texture with the spectrum of noise that no lattice shares: nothing else tells it."""
    bins = _bins(1.05 * _model(), 0 * X)
    assert _fitted(bins).noise.shot == pytest.approx(1.05 * SHOT, rel=0.005)
    known = replace(bins, too_much=np.full(X.size, 0.05 / 1.05))
    again, at_once = _fitted(known), corrected(known, _fitted(bins))
    for fit in (again, at_once):
        assert fit.noise.shot == pytest.approx(SHOT, rel=0.005)
        assert fit.noise.read == pytest.approx(READ, rel=0.005)
        assert fit.texture == pytest.approx(0.05 * _model(), rel=0.05)
