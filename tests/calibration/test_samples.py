"""Block statistics against SciPy's DCT."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.fft import dctn

from rcl_calibration.layout import SIZE
from rcl_calibration.samples import TILES, Lattice, dct_blocks


def test_statistics_equal_scipys_dct() -> None:
    values = np.random.default_rng(0).integers(0, 4096, (SIZE, SIZE)).astype(np.uint16)
    blocks = dct_blocks([Lattice(values, 1, black=100, white=4095)])
    expected = dctn((values - 100.0) / 3995, norm="ortho")
    assert blocks.count == 1
    assert blocks.mean[0, 0] == pytest.approx((values.mean() - 100) / 3995, rel=1e-5)
    high = sum(expected[at] ** 2 for at in [(2, 4), (3, 3), (3, 4), (4, 2), (4, 3), (4, 4)])
    assert blocks.high[0, 0] == pytest.approx(high / 6, rel=1e-4)
    assert blocks.middle[0, 0] == pytest.approx(((expected[1:, 1:] ** 2).sum() - high) / 10, rel=1e-4)
    np.testing.assert_allclose(blocks.signed[0, 0], expected[1:, 1:].ravel(), rtol=1e-3, atol=1e-5)
    axis = (expected[0, 1:] ** 2).sum() + (expected[1:, 0] ** 2).sum()
    assert blocks.axis[0, 0] == pytest.approx(axis / 8, rel=1e-4)


def test_light_weighs_pixels_as_their_noise_weighs() -> None:
    """One pixel of 1 has as much of the HIGH variance as unit noise in that pixel would have."""
    for pixel in range(SIZE**2):
        values = np.eye(SIZE**2)[pixel].reshape(SIZE, SIZE)
        blocks = dct_blocks([Lattice(values, 1, step=0)])
        assert blocks.light[0, 0] == pytest.approx(blocks.high[0, 0], rel=1e-4)
    flat = dct_blocks([Lattice(np.full((SIZE, SIZE), 0.3), 1, step=0)])
    assert flat.light[0, 0] == pytest.approx(0.3, rel=1e-5)


def test_lattices_of_different_size_are_cut_to_the_common_part() -> None:
    rng = np.random.default_rng(1)
    lattices = [Lattice(rng.random(size), 1, step=0) for size in [(41, 60), (40, 61)]]
    blocks = dct_blocks(lattices)
    assert blocks.mean.shape == (2, blocks.count)
    assert blocks.count == blocks.grid[0] * blocks.grid[1]
    assert set(blocks.tile) == set(range(TILES**2))


def test_an_image_smaller_than_a_block_gives_none() -> None:
    assert dct_blocks([Lattice(np.zeros((4, 100)), 0)]).count == 0
