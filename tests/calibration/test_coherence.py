"""Texture that lattices share, against pictures made from their spectrum."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from rcl_calibration.coherence import Comparison, coherence
from rcl_calibration.layout import EVEN, FREQUENCY_SUM, IS_HIGH
from rcl_calibration.samples import Blocks, Lattice, Offset, dct_blocks

BAYER = [(0.0, 0.0), (0.0, 0.5), (0.5, 0.0), (0.5, 0.5)]
SIGMA = 0.01
BLUR = 0.15
STEP = 8


def _picture(size: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """(size, size), STEP pixels to one of a lattice, whose covariance falls as √(r² + BLUR²) rises.

    Its spectrum is that function's two-dimensional Fourier transform, (1 + BLUR·k)·exp(−BLUR·k)/k³.
    """
    fy, fx = np.fft.fftfreq(size)[:, None], np.fft.rfftfreq(size)[None, :]
    k = 2 * np.pi * STEP * np.hypot(fy, fx)
    k[0, 0] = np.inf
    amplitude = np.sqrt((1 + BLUR * np.minimum(k, 1e6)) * np.exp(-BLUR * k) / k**3)
    return np.fft.irfft2(np.fft.rfft2(rng.standard_normal((size, size))) * amplitude, s=(size, size))


def _sampled(picture: NDArray[np.float64]) -> dict[Offset, NDArray[np.float64]]:
    """Bayer's four lattices."""
    return {(dy, dx): picture[int(dy * STEP) :: STEP, int(dx * STEP) :: STEP] for dy, dx in BAYER}


def _blocks(lattices: dict[Offset, NDArray[np.float64]]) -> Blocks:
    return dct_blocks([Lattice(values, 1, step=0, offset=offset) for offset, values in lattices.items()])


@pytest.mark.slow
@pytest.mark.parametrize("shift", range(4), ids=map(str, BAYER))
def test_coherence_is_that_of_pictures(shift: int) -> None:
    """All frequencies but the lowest, whose strength depends on the size of the picture."""
    signed = _blocks(_sampled(_picture(4096, np.random.default_rng(1)))).signed.astype(np.float64)
    seen = np.einsum("bk,bl->kl", signed[0], signed[shift]) / signed.shape[1]
    scale = np.square(signed[0][:, IS_HIGH]).mean()
    compared = np.ix_(FREQUENCY_SUM > 2, FREQUENCY_SUM > 2)
    model = coherence(BAYER[shift])[compared]
    assert seen[compared] / scale == pytest.approx(model, rel=0.05, abs=0.05)
    assert np.corrcoef(seen[compared].ravel(), model.ravel())[0, 1] > 0.999


def test_coherence_of_the_opposite_shift_is_the_transpose() -> None:
    np.testing.assert_allclose(coherence((0.5, -0.25)), coherence((-0.5, 0.25)).T, atol=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize("lattices", [(0, 1, 2, 3), (0, 3), (1, 2, 3)])
def test_texture_is_measured_whichever_lattices_show_it(lattices: tuple[int, ...]) -> None:
    rng = np.random.default_rng(3)
    clean = _sampled(_picture(4096, rng))
    strength = SIGMA / 2 / np.sqrt(_blocks(clean).high[0].mean())
    clean = {BAYER[i]: strength * clean[BAYER[i]] for i in lattices}
    noisy = {offset: values + SIGMA * rng.standard_normal(values.shape) for offset, values in clean.items()}
    true = _blocks(clean).high[0].mean()
    measured, error = _texture(_blocks(noisy))
    assert measured.mean() * SIGMA**2 == pytest.approx(true, rel=0.05)
    assert (error > 0).all()


def test_the_error_is_that_of_noise_alone() -> None:
    rng = np.random.default_rng(4)
    blocks = _blocks({offset: SIGMA * rng.standard_normal((1500, 1500)) for offset in BAYER})
    measured, error = _texture(blocks)
    assert measured.mean() == pytest.approx(0, abs=4 * np.sqrt(error[0] / blocks.count))
    assert measured.var() == pytest.approx(error[0], rel=0.05)


def _texture(blocks: Blocks) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(B,) of the first lattice, from both halves."""
    good = np.ones(blocks.mean.shape, np.bool_)
    comparison = Comparison(blocks.signed / np.float32(SIGMA), good, blocks.offsets, blocks.layouts)
    every = np.arange(blocks.count)
    (one, error), (two, _) = (comparison.texture(0, every, half) for half in EVEN.halves)
    return (one + two) / 2, error
