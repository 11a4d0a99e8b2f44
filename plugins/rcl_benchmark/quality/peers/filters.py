"""Denoising by block matching and by non-local means, alone and before or after demosaicing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from rcl_benchmark.quality.inputs import Noisy
from rcl_benchmark.quality.mosaics import Mosaic
from rcl_benchmark.quality.peers.classical import menon_of
from rcl_benchmark.quality.pictures import Float
from rcl_benchmark.quality.resize import half_area
from rcl_benchmark.zero.block_matching import bm3d
from rcl_benchmark.zero.stabilise import Array, Stabiliser
from rcl_cli.raw.pack import pack, unpack
from rcl_cli.raw.srgb import srgb_encode

PACKAGE = "bm3d"
SKIMAGE = "scikit-image"
_AFTER_MENON = 1.6
"""σ that CBM3D is told after demosaicing of noise with σ = 1, which it smears."""
_NLM_H = 0.6
"""h over σ, as scikit-image's documentation has it for the fast mode."""


def bm3d_joint(mosaic: Mosaic) -> Float:
    """BM3D of the packed planes together, told the true noise: (H, W)."""
    planes, placement = pack(mosaic.values, mosaic.cfa)
    return unpack(bm3d(planes, mosaic.noise, mosaic.cfa.domain), placement)


def bm3d_planes(mosaic: Mosaic) -> Float:
    """BM3D of each packed plane alone, told the true noise: (H, W)."""
    planes, placement = pack(mosaic.values, mosaic.cfa)
    stabiliser = _stabiliser(mosaic)
    restored = [stabiliser.inverse(_gray(stabiliser.forward(plane.astype(float)))) for plane in planes]
    return unpack(np.stack(restored).astype(np.float32), placement)


def bm3d_menon(mosaic: Mosaic) -> Float:
    """BM3D of the planes together, then Menon's demosaicing of the sRGB-coded mosaic: coded RGB (H, W, 3)."""
    return menon_of(srgb_encode(bm3d_joint(mosaic)), mosaic.cfa.name)


def menon_cbm3d(mosaic: Mosaic) -> Float:
    """Menon's demosaicing of the stabilised mosaic, CBM3D told 1.6 σ, and back: coded RGB (H, W, 3)."""
    stabiliser = _stabiliser(mosaic)
    stable = menon_of(stabiliser.forward(mosaic.values.astype(float)).astype(np.float32), mosaic.cfa.name)
    # CBM3D's constants are made for values from 0 to 1.
    scale = float(np.ptp(stable))
    restored = _color(stable.astype(float) / scale, _AFTER_MENON / scale) * scale
    return srgb_encode(stabiliser.inverse(restored))


def cbm3d(noisy: Noisy) -> Float:
    """CBM3D of values as they are, told the σ of the noise: (H, W, 3)."""
    return _color(noisy.values.astype(float), noisy.sigma).astype(np.float32)


def non_local_means(noisy: Noisy) -> Float:
    """Non-local means of scikit-image, fast, patches of 5×5 within 6 pixels, told σ: (H, W, 3)."""
    from skimage.restoration import denoise_nl_means

    restored = denoise_nl_means(
        noisy.values,
        patch_size=5,
        patch_distance=6,
        h=_NLM_H * noisy.sigma,
        sigma=noisy.sigma,
        fast_mode=True,
        channel_axis=-1,
    )
    return np.asarray(restored, np.float32)


def robust_sigma(values: Float) -> float:
    """σ of the noise of a picture (H, W, 3), from its means of 2×2 pixels, whose σ is half of that of white noise.

    By scikit-image: the median of the finest diagonal wavelet details (Donoho & Johnstone 1994). Those of the picture
    itself would miss most of the noise of a camera's picture, which is smooth from one pixel to the next.
    """
    from skimage.restoration import estimate_sigma

    sigma_of: Callable[..., Any] = estimate_sigma
    return 2 * float(sigma_of(half_area(values), channel_axis=-1, average_sigmas=True))


def _stabiliser(mosaic: Mosaic) -> Stabiliser:
    return Stabiliser(mosaic.noise.shot[1], mosaic.noise.read[1])


def _color(values: Array, sigma: float) -> Array:
    from bm3d import bm3d_rgb

    return np.asarray(bm3d_rgb(values, sigma)).reshape(values.shape)


def _gray(stable: Array) -> Array:
    """(h, w) with noise of σ = 1."""
    from bm3d import bm3d as filter_plane

    scale = float(np.ptp(stable))
    return np.asarray(filter_plane(stable / scale, 1 / scale)).reshape(stable.shape) * scale
