"""The covariance of a picture's noise over space and channels, measured in its flat blocks.

Demosaicing, denoising in the camera and compression spread noise over neighbouring pixels and channels, after which
a variance alone does not describe it. In a flat block the picture is a plane, z = plane + n, and with the plane taken
away the mean of z_c(p)·z_d(p + q) over the positions p whose p + q is in the block too is the covariance
Σ_cd(q) = E[n_c(p)·n_d(p + q)], less what the plane took along: the lowest frequencies, below that of the block.

Which blocks are flat is judged by their variance: the flattest quarter. Where a picture is flat everywhere this takes
the less noisy ones, and the variance comes out somewhat low (by 5 to 15 % for blocks of 16 × 16).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from rcl_calibration.plane_blocks import BLOCK, blocks_every, unclipped, without_plane
from rcl_calibration.profile import Covariance

Array = NDArray[np.float64]

REACH = 4
"""Lags along each axis, in pixels: 0 to ±REACH."""
_SHARE = 0.25
_STEP = 8
_MOST_BLOCKS = 2000
_GRID = 32


def noise_covariance(picture: NDArray[np.floating[Any]]) -> Array:
    """(C, h, w) in [0, 1] → Σ, (C, C, 2·REACH + 1, 2·REACH + 1): Σ[c, d, REACH + dy, REACH + dx] for the lag (dy, dx).

    Blocks with a mean near black or white are left out, where noise is cut off. Raises ValueError for a picture
    smaller than a block.
    """
    if min(picture.shape[-2:]) < BLOCK:
        raise ValueError(f"is smaller than {BLOCK}×{BLOCK} pixels")
    blocks = blocks_every(picture, _STEP)
    inside = unclipped(blocks)
    noise = without_plane(blocks[inside] if inside.any() else blocks)
    energy = np.square(noise).mean((1, 2, 3))
    return _lagged_products(noise[energy <= np.quantile(energy, _SHARE)][:_MOST_BLOCKS])


def as_tuples(covariance: Array) -> Covariance:
    """As a `NoiseProfile` holds it."""
    return tuple(tuple(tuple(map(tuple, lags)) for lags in row) for row in covariance.tolist())


def noise_kernel(covariance: Array) -> Array:
    """The filter, (C, C, 2·REACH + 1, 2·REACH + 1), that gives white noise of variance 1 this covariance.

    n_c(p) = Σ_d Σ_q K[c, d, q]·w_d(p + q). In the frequency domain Σ̂ = K̂·K̂ᴴ, solved by the Hermitian root of each
    frequency's C × C matrix; negative eigenvalues, which the cut at REACH leaves, count as 0. The variances Σ_cc(0)
    are kept exactly.
    """
    lags = np.arange(-REACH, REACH + 1) % _GRID
    grid = np.zeros((*covariance.shape[:2], _GRID, _GRID))
    # E[n_c(p)·n_d(p + q)] is the (c, d) entry at −q of the filter's K·Kᵀ.
    grid[:, :, -lags[:, None] % _GRID, -lags % _GRID] = covariance * _taper()
    spectrum = np.moveaxis(np.fft.fft2(grid), (0, 1), (2, 3))
    values, vectors = np.linalg.eigh((spectrum + spectrum.conj().swapaxes(-1, -2)) / 2)
    root = (vectors * np.sqrt(np.maximum(values, 0))[..., None, :]) @ vectors.conj().swapaxes(-1, -2)
    filters = np.fft.ifft2(np.moveaxis(root, (2, 3), (0, 1))).real
    # K[q] multiplies w(p + q): the convolution's kernel, mirrored.
    kernel: Array = filters[:, :, -lags[:, None] % _GRID, -lags % _GRID]
    variance = covariance[range(len(covariance)), range(len(covariance)), REACH, REACH]
    gain = np.sqrt(variance / np.maximum(np.square(kernel).sum((1, 2, 3)), np.finfo(float).tiny))
    scaled: Array = kernel * gain[:, None, None, None]
    return scaled


def _taper() -> Array:
    fall = 1 - 0.3 * np.abs(np.arange(-REACH, REACH + 1)) / (REACH + 1)
    return np.outer(fall, fall)


def _lagged_products(noise: Array) -> Array:
    size = (2 * BLOCK, 2 * BLOCK)
    spectrum = np.fft.fft2(noise, size)
    cross = np.einsum("ncij,ndij->cdij", spectrum.conj(), spectrum) / len(noise)
    pairs = np.fft.ifft2(np.abs(np.fft.fft2(np.ones((BLOCK, BLOCK)), size)) ** 2).real
    lags = np.arange(-REACH, REACH + 1)
    products: Array = (np.fft.ifft2(cross).real / np.maximum(pairs, 1))[:, :, lags[:, None], lags]
    return products
