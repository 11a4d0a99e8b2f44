"""What the texture that is believed leaves of it in the noise, or takes too much: a regression learnt on photographs.

`texture` infers the texture of each bin from two traits that all texture shares. What a picture shows beside these,
pooled over bins of similar brightness, tells by how much the fitted noise is wrong. It is linear in what is seen. Where
there is no texture a constant remains: some is believed by chance, as there is none below none.
`rcl_benchmark/calibration/leftover_law.py` learns the numbers again.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rcl_calibration.coherence import KINDS
from rcl_calibration.fit import Fit
from rcl_calibration.model import Array
from rcl_calibration.selection import Bins
from rcl_calibration.spectrum import correlated_images
from rcl_calibration.texture import SHARED

FEATURES = (
    "always",
    "middle",
    "high",
    "uneven",
    "high where it is flat",
    "texture where it is flat",
    "texture",
    "texture · ln texture",
    "texture · ln of the trait shared",
    "texture · ln middle",
    "frequency sum 3",
    "outer ones of 5",
    "shared by high",
    "shared by high and middle",
    "shared by middle",
    "texture · ln shared by high",
    "texture · ln shared by high and middle",
    "texture · ln shared by middle",
)
"""What the columns of `features` are; F of them. Those after ln middle are of `Bins.traces`."""
COEFFICIENTS = (
    -0.00185,
    -0.0831,
    0.378,
    0.816,
    -0.266,
    -0.219,
    0.253,
    -0.0542,
    0.419,
    -0.369,
    -0.0951,
    0.0607,
    0.0222,
    0.0833,
    0.469,
    0.0273,
    -0.00775,
    -0.0422,
)
"""(F,) what each adds to the part of the noise that is too much, in raws of Bayer's pattern."""
XTRANS_COEFFICIENTS = (
    -0.00119,
    -0.122,
    0.442,
    0.925,
    -0.326,
    -0.0292,
    0.479,
    -0.0704,
    0.267,
    -0.219,
)
"""The same of X-Trans, which has no traces: of the first features."""
TEXTURE_DOUBT = 0.2
MOST = 2.0
"""A correction is held to this many standard errors: of chance, and TEXTURE_DOUBT of the texture."""
_WIDTH = 0.12
"""Standard deviation, in √x, of the weights that bins of similar brightness are pooled with."""
_USUAL = 0.02
_LEAST = 1e-6
_LEAST_RATIO = 0.05


def too_much(bins: Bins, fit: Fit, coefficients: Sequence[float] = COEFFICIENTS) -> Array:
    """(n,) part of the noise fitted that is believed not to be noise; below 0 where noise was taken for texture.

    bins: of one image, of the pattern that the coefficients, of the first features, were learnt on. 0 where the noise
    is correlated.
    """
    if not fit.weight.any() or correlated_images(bins).any():
        return np.zeros_like(fit.x)
    seen, error = features(bins, fit)
    return limited(seen[:, : len(coefficients)] @ np.array(coefficients), error)


def limited(correction: Array, error: Array) -> Array:
    """(n,) `correction` held to MOST of its standard errors."""
    return np.asarray(np.clip(correction, -MOST * error, MOST * error))


def features(bins: Bins, fit: Fit) -> tuple[Array, Array]:
    """(n, F) what bins of similar brightness show, in parts of the noise; (n,) the standard error of a correction."""
    noise = np.maximum(fit.kept * fit.noise.variance(fit.x), 1e-24)
    information = fit.information / fit.information.sum()
    root = np.sqrt(np.clip(fit.x, 0, 1))
    pooling = np.exp(-(((root[:, None] - root) / _WIDTH) ** 2) / 2) * information
    pooling /= np.maximum(pooling.sum(axis=1, keepdims=True), 1e-300)
    texture = fit.texture / noise
    high = (bins.variance + fit.lift - fit.texture - fit.rounding) / noise - 1
    middle = (bins.middle - fit.rounding) / noise - 1
    energies = (bins.traces[:-KINDS] - fit.rounding) / noise - 1
    shared = bins.traces[-KINDS:] / noise
    flat = pooling * (texture < information @ texture)
    flat /= np.maximum(flat.sum(axis=1, keepdims=True), 1e-3)
    pooled = np.maximum(pooling @ texture, _LEAST)
    of_middle, of_energies = pooling @ middle, [pooling @ one for one in energies]
    of_shared = [pooling @ one for one in shared]
    columns = (
        np.ones_like(texture),
        of_middle,
        pooling @ high,
        (pooling @ bins.uneven) * pooled,
        flat @ high,
        flat @ texture,
        pooled,
        pooled * np.log(pooled / _USUAL),
        pooled * np.log(fit.traits.shared[0] / SHARED),
        _times_ratio(pooled, of_middle),
        *of_energies,
        *of_shared,
        *(_times_ratio(pooled, one) for one in of_shared),
    )
    chance = (pooling**2 / np.maximum(bins.independent, 1)).sum(axis=1)
    return np.stack(columns, axis=1), np.sqrt(chance + (TEXTURE_DOUBT * pooled) ** 2)


def _times_ratio(texture: Array, seen: Array) -> Array:
    return np.asarray(texture * np.log(np.maximum(seen / texture, _LEAST_RATIO)))
