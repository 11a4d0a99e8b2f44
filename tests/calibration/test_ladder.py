"""How many blocks are measured in, and what texture adds to them, on made-up bins."""

from __future__ import annotations

import numpy as np
import pytest

from rcl_calibration.ladder import climb
from rcl_calibration.samples import TILES
from rcl_calibration.selection import TEXTURE_GAIN, Bins


def _bins(texture: float, blocks: int, gain: float = 0.9) -> Bins:
    """Eight bins whose noise has variance 1, and whose texture adds `gain` times what it adds to the score."""
    ones = np.ones(8)
    count = np.full((TILES**2, 8), blocks / TILES**2)
    variance = (1 + gain * texture) * ones
    index = np.zeros(8, np.intp)
    return Bins(
        index, index, ones / 2, variance, texture * ones, variance, 0 * ones, TEXTURE_GAIN * ones, count, count, count
    )


def test_flat_pictures_are_measured_in_all_blocks() -> None:
    ladder = [_bins(0.0, blocks) for blocks in (100, 200, 400, 800)]
    chosen = climb(ladder, [np.ones(8)] * 4)
    assert chosen.blocks[0] == 800
    assert chosen.gain == pytest.approx(np.full(8, TEXTURE_GAIN))


def test_textured_pictures_are_measured_in_the_flattest_and_show_their_gain() -> None:
    ladder = [_bins(texture, blocks) for texture, blocks in [(0.01, 1000), (0.1, 2000), (0.4, 4000), (1.5, 8000)]]
    chosen = climb(ladder, [np.ones(8)] * 4)
    assert chosen.blocks[0] == 1000
    assert chosen.gain == pytest.approx(np.full(8, 0.9), abs=0.15)
    assert (chosen.gain < (0.9 + TEXTURE_GAIN) / 2).all()


def test_no_bins_stay_none() -> None:
    empty = Bins(*[np.zeros(0, np.intp)] * 2, *[np.zeros(0)] * 6, *[np.zeros((TILES**2, 0))] * 3)
    assert climb([empty] * 4, [np.zeros(0)] * 4).x.size == 0
