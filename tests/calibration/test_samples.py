"""Block statistics against SciPy's DCT, and the choice of flat blocks against simulated χ²."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.fft import dctn

from rcl_calibration.model import Noise
from rcl_calibration.samples import SIZE, TILES, Lattice, dct_blocks
from rcl_calibration.selection import Clipping, joint_scores, rank, select, usable


def test_statistics_equal_scipys_dct() -> None:
    values = np.random.default_rng(0).integers(0, 4096, (SIZE, SIZE)).astype(np.uint16)
    blocks = dct_blocks([Lattice(values, 1, black=100, white=4095)])
    expected = dctn((values - 100.0) / 3995, norm="ortho")
    assert blocks.count == 1
    assert blocks.mean[0, 0] == pytest.approx((values.mean() - 100) / 3995, rel=1e-5)
    assert blocks.high[0, 0] == pytest.approx((expected[3:, 3:] ** 2).mean(), rel=1e-4)
    middle = (expected[1:, 1:] ** 2).sum() - (expected[3:, 3:] ** 2).sum()
    assert blocks.middle[0, 0] == pytest.approx(middle / 12, rel=1e-4)
    axis = (expected[0, 1:] ** 2).sum() + (expected[1:, 0] ** 2).sum()
    assert blocks.axis[0, 0] == pytest.approx(axis / 8, rel=1e-4)


def test_lattices_of_different_size_are_cut_to_the_common_part() -> None:
    rng = np.random.default_rng(1)
    lattices = [Lattice(rng.random(size), 1, step=0) for size in [(41, 60), (40, 61)]]
    blocks = dct_blocks(lattices)
    assert blocks.mean.shape == (2, blocks.count)
    assert blocks.count == blocks.grid[0] * blocks.grid[1]
    assert set(blocks.tile) == set(range(TILES**2))


def test_an_image_smaller_than_a_block_gives_none() -> None:
    assert dct_blocks([Lattice(np.zeros((4, 100)), 0)]).count == 0


def test_selecting_flat_blocks_does_not_bias_pure_noise() -> None:
    """On noise alone selection must not change what is measured, nor see texture."""
    rng = np.random.default_rng(2)
    sigma = 0.01
    lattices = [Lattice(0.3 + sigma * rng.standard_normal((600, 600)), plane, step=0, lowest=-1) for plane in range(4)]
    blocks = dct_blocks(lattices)
    clippings = [Clipping(-1.0)] * 4
    good, expected = usable(blocks, [Noise(0.0, sigma**2)] * 4, clippings)
    scores = joint_scores(blocks, expected, good)
    bins = select(blocks, range(4), rank(blocks, good, scores), scores, expected)
    used = bins.blocks.sum()
    variance = np.average(bins.variance, weights=bins.blocks)
    assert good.all()
    assert variance == pytest.approx(sigma**2, rel=4 * np.sqrt(2 / (4 * used)))
    assert np.average(bins.texture, weights=bins.blocks) == pytest.approx(0, abs=0.02 * sigma**2)
    assert np.average(bins.middle, weights=bins.blocks) == pytest.approx(sigma**2, rel=0.05)


def test_texture_shared_by_the_lattices_is_measured_whatever_the_noise_is_believed_to_be() -> None:
    rng = np.random.default_rng(3)
    sigma, texture = 0.01, 0.006
    common = texture * rng.standard_normal((600, 600))
    lattices = [
        Lattice(0.3 + common + sigma * rng.standard_normal(common.shape), plane, step=0, lowest=-1)
        for plane in range(4)
    ]
    blocks = dct_blocks(lattices)
    for believed in (sigma, 2 * sigma):
        good, expected = usable(blocks, [Noise(0.0, believed**2)] * 4, [Clipping(-1.0)] * 4)
        shared = joint_scores(blocks, expected, good).shared * expected
        assert shared.mean() == pytest.approx(texture**2, rel=0.05)
