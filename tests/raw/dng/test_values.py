"""Whole numbers of a DNG: noise below black keeps its weight in linear files too."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from scipy.ndimage import uniform_filter

from rcl_cli.raw.cfa import CFA
from rcl_cli.raw.dng.values import raised_to_black, stored_levels, stored_rows, with_peak
from rcl_cli.raw.picture import Picture

FLAT = np.zeros((12, 12), np.float32)


@pytest.mark.parametrize("light", [0.002, 0.01])
def test_dark_patches_keep_their_mean_and_their_colour(light: float) -> None:
    """Cut off at black they would be lifted, red and blue, which are dimmest, most."""
    tint = np.array([0.4, 1.0, 0.6])
    noise = np.random.default_rng(0).normal(0, 0.004, (128, 128, 3))
    dark = (light * tint + noise).astype(np.float32)
    raised = raised_to_black(dark)
    assert raised.min() >= 0
    expected = dark.mean(axis=(0, 1))
    assert raised.mean(axis=(0, 1)) == pytest.approx(expected, rel=0.03)
    assert np.maximum(dark, 0).mean(axis=(0, 1))[0] > 1.05 * expected[0]


def test_only_the_surroundings_pay() -> None:
    picture = np.full((128, 128, 3), 0.01, np.float32)
    picture[60:64, 60:64] = -0.02
    raised = raised_to_black(picture)
    assert raised.sum() == pytest.approx(picture.sum(), rel=1e-5)
    assert np.array_equal(raised[:30], picture[:30])
    assert uniform_filter(raised[..., 0], 41)[62, 62] == pytest.approx(
        uniform_filter(picture[..., 0], 41)[62, 62], rel=0.05
    )


@pytest.mark.parametrize("peak", [None, 0.5, 0.9])
def test_bands_are_what_the_whole_has_there(peak: float | None) -> None:
    """But for what is spread to the last step of 16 bits."""
    noise = np.random.default_rng(1).normal(0.002, 0.004, (900, 90, 3)).astype(np.float32)
    noise[700, 20, 1] = 0.7
    picture = Picture(noise, peak=peak)
    rows = stored_rows(picture, *stored_levels(picture))
    with ThreadPoolExecutor(2) as threads:
        whole = rows(0, 900, threads).astype(int)
        bands = [rows(start, min(start + 288, 900), threads) for start in range(0, 900, 288)]
    off = np.abs(np.concatenate(bands) - whole)
    assert off.max() <= 1
    assert (off > 0).mean() < 0.01
    assert whole[700, 20, 1] == pytest.approx((peak or 0.7) * 65535, abs=200)  # it pays for its neighbours


def test_pictures_that_lie_otherwise_in_memory_give_the_same() -> None:
    picture = np.random.default_rng(2).normal(0.001, 0.01, (30, 40, 3)).astype(np.float32)
    turned = np.ascontiguousarray(picture.swapaxes(0, 1)).swapaxes(0, 1)
    assert np.array_equal(raised_to_black(turned), raised_to_black(picture))
    assert np.array_equal(raised_to_black(np.asfortranarray(picture)), raised_to_black(picture))


def test_x_trans_gets_one_black_level_for_all_colours() -> None:
    levels = [stored_levels(Picture(FLAT, CFA.xtrans(), (g, 64.0, 64.0, 64.0), 1023.0)) for g in (64.0, 65.0)]
    assert levels == [((4096.0,) * 4, 65472.0), ((4096.0,) * 4, 65535.0)]


def test_pictures_without_noise_below_black_stay_as_they_are() -> None:
    picture = np.random.default_rng(1).uniform(0, 1, (20, 30, 3)).astype(np.float32)
    assert raised_to_black(picture) is picture


def test_the_peak_is_the_sources() -> None:
    flat = np.linspace(0, 0.9, 60, dtype=np.float32).reshape(6, 10)
    assert with_peak(flat, 0.8).max() == np.float32(0.8)
    brightened = with_peak(flat, 1.0)
    assert brightened.max() == 1
    assert np.count_nonzero(brightened != flat) == 1
    assert with_peak(flat, 1.5) is flat  # a hot pixel, which denoising was to remove
    assert flat.max() == np.float32(0.9)
