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


@pytest.mark.slow
def test_kinds_of_products_measure_texture_that_goes_with_brightness() -> None:
    """Two lattices are twice as bright, and have twice the texture, as of one surface in light of another colour."""
    rng = np.random.default_rng(3)
    picture, brightness = _sampled(_picture(4096, rng)), dict(zip(BAYER, (1.0, 2.0, 1.0, 2.0), strict=True))
    strength = SIGMA / 2 / np.sqrt(_blocks(picture).high[0].mean())
    clean = {offset: strength * brightness[offset] * values for offset, values in picture.items()}
    true = _blocks(clean).high[0].mean()
    blocks = _blocks({o: values + SIGMA * rng.standard_normal(values.shape) for o, values in clean.items()})
    contrast = np.array(list(brightness.values()))[:, None] * np.ones(blocks.count)
    assert _kinds(blocks, contrast) * SIGMA**2 == pytest.approx([true] * 3, rel=0.06)


def test_kinds_of_products_are_0_for_noise_alone() -> None:
    rng = np.random.default_rng(5)
    blocks = _blocks({offset: SIGMA * rng.standard_normal((1500, 1500)) for offset in BAYER})
    assert _kinds(blocks, np.ones(blocks.mean.shape)) == pytest.approx([0, 0, 0], abs=0.03)


def _kinds(blocks: Blocks, contrast: NDArray[np.float64]) -> NDArray[np.float64]:
    """(KINDS,) of the first lattice, from both halves."""
    comparison = Comparison(
        blocks.signed / np.float32(SIGMA), np.ones(blocks.mean.shape, np.bool_), blocks.offsets, blocks.layouts
    )
    every = np.arange(blocks.count)
    return np.mean([comparison.kinds(0, every, half, contrast).mean(axis=0) for half in EVEN.halves], axis=0)


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
