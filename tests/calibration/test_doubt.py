"""What a picture leaves open beside chance, of made-up bins."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from rcl_calibration.doubt import (
    DISAGREEMENT,
    FREEDOM,
    SIZE_POWER,
    TEXTURE,
    USUAL_BLOCKS,
    disagreement,
    drawn,
    standard_errors,
)
from rcl_calibration.fit import Fit
from rcl_calibration.layout import EVEN, HIGH
from rcl_calibration.model import Noise
from rcl_calibration.samples import TILES
from rcl_calibration.selection import TRACES, Bins
from rcl_calibration.texture import Traits

N = 200
NOISE = Noise(1e-3, 1e-5)
X = np.square(np.linspace(0.1, 0.95, N))
IMAGE = np.arange(N) % 2


def _measured(variance: NDArray[np.float64], texture: float | NDArray[np.float64] = 0.0) -> tuple[Bins, Fit]:
    """Bins of two images by turns, all of whose blocks together are USUAL_BLOCKS each, and a fit that is NOISE."""
    zeros, blocks = np.zeros(N), 2 * USUAL_BLOCKS / N
    count = np.full((TILES**2, N), blocks / TILES**2)
    bins = Bins(
        lattice=np.zeros(N, np.intp),
        plane=np.zeros(N, np.intp),
        x=X,
        variance=variance,
        texture=zeros,
        products=np.full(N, 30.0),
        middle=variance,
        uneven=zeros,
        too_much=zeros,
        traces=np.zeros((TRACES, N)),
        image=IMAGE,
        steeper=np.ones(variance.size),
        freedom=np.full(variance.size, EVEN.freedom),
        independent=count.sum(axis=0),
        tile_x=count * X,
        tile_variance=count * variance,
        tile_texture=0 * count,
        tile_middle=count * variance,
        tile_count=count,
    )
    ones, taken_off = np.ones(N), NOISE.variance(X) * texture
    weight = 1 / NOISE.variance(X) ** 2
    return bins, Fit(NOISE, X, ones, zeros, weight, taken_off, zeros, zeros, Traits.usual(2))


def test_bins_on_the_line_without_texture_leave_nothing_open() -> None:
    assert standard_errors(*_measured(NOISE.variance(X))) == pytest.approx(np.zeros(N))


def test_the_texture_taken_off_is_known_to_a_part_of_itself() -> None:
    """And where the spectrum tells it by half, to twice that."""
    share = np.linspace(0.0, 0.3, N)
    bins, fit = _measured(NOISE.variance(X) * (1 + share), share)
    assert standard_errors(bins, fit) == pytest.approx(TEXTURE * share * NOISE.variance(X))
    told = replace(fit, response=np.full(N, 0.5))
    taken_off = standard_errors(bins, told, TEXTURE, 0.0)
    assert taken_off == pytest.approx(2 * TEXTURE * share * NOISE.variance(X))


@pytest.mark.parametrize("spread", [0.05, 0.3])
def test_images_whose_bins_disagree_are_known_less(spread: float) -> None:
    """Beyond chance: bins of the first image are off the line by turns, those of the second by chance alone."""
    rng = np.random.default_rng(2)
    blocks = 2 * USUAL_BLOCKS / N
    chance = rng.standard_normal(N) * np.sqrt(2 / (HIGH * blocks))
    off = np.where(IMAGE == 0, np.where(np.arange(N) % 4 == 0, spread, -spread), 0.0)
    bins, fit = _measured(NOISE.variance(X) * (1 + off) * (1 + chance))
    found = disagreement(bins, fit)
    assert found[0] == pytest.approx(spread, rel=0.15)
    assert found[1] < 0.02
    errors = standard_errors(bins, fit) / NOISE.variance(X)
    assert errors[IMAGE == 0] == pytest.approx(DISAGREEMENT * found[0], rel=1e-6)


def test_larger_pictures_are_known_better() -> None:
    bins, fit = _measured(NOISE.variance(X) * 1.1, 0.1)
    larger = replace(bins, independent=16 * bins.independent)
    small, large = standard_errors(bins, fit), standard_errors(larger, fit)
    assert large / small == pytest.approx(np.full(N, 16**-SIZE_POWER))


@pytest.mark.slow
def test_errors_are_alike_where_brightness_is_and_heavy_tailed() -> None:
    bins, fit = _measured(NOISE.variance(X))
    found = drawn(bins, fit, 40_000, np.random.default_rng(3))
    assert found.var(axis=0) == pytest.approx(np.full(N, FREEDOM / (FREEDOM - 2)), rel=0.15)
    signs = np.asarray(np.corrcoef(np.clip(found, -3, 3).T))
    assert signs[0, 2] > 0.9
    assert abs(signs[0, -2]) < 0.03
    assert abs(signs[0, 1]) < 0.03  # of the other image
