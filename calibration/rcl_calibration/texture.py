"""How much texture is in each bin: its covariance between lattices is only an estimate, and so is what it adds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rcl_calibration.model import Array
from rcl_calibration.samples import HIGH, Mask
from rcl_calibration.selection import Bins

LOCAL_SPREAD = 2.0
"""Relative standard deviation of the gain from bin to bin of one image."""
_EDGES = np.concatenate([[0.0], np.geomspace(0.002, 1000, 20)])
"""Classes of bins, by texture over noise; K of them."""
_TOLERANCE = 2.0
_PULL = 0.01506
"""Errors that Gaussian values are low on average if what is _TOLERANCE errors above t counts (t/_TOLERANCE)⁻² times."""


@dataclass(frozen=True)
class Believed:
    """What n bins tell of their texture, under a belief of the noise."""

    weight: Array
    """(n,) 1/variance of a bin's noise variance"""
    texture: Array
    """(n,) in the units of `Bins.texture`; the mean by `weight`"""
    square: Array
    """(n,) its mean square by `weight`"""
    shares: Array
    """(I, K) part of the bins of each image that is of each class"""


def even_shares(images: int) -> Array:
    """(images, K) before anything is known."""
    return np.full((images, _EDGES.size - 1), 1 / (_EDGES.size - 1))


def pulled_down(bins: Bins, total: Array) -> Array:
    """(n,) how much too low variances come out because `believe` doubts those that are high, where all is noise.

    total: (n,) variance of noise and rounding.
    """
    return np.asarray(_PULL * np.sqrt(2 / (HIGH * np.maximum(bins.blocks, 1))) * total)


def believe(bins: Bins, flat: Array, rounding: Array, gain: Array, shares: Array, used: Mask) -> Believed:
    """The texture of each bin by Bayes' rule; how common which class of texture is, is learned from the image's bins.

    flat: (n,) variance of the noise as seen, without rounding. gain, shares: of the images.
    Two things are known of a bin with texture t: the covariance, t with the chance error of products of noise, and the
    variance, flat + gain·t with the chance error of squares of noise and LOCAL_SPREAD. What is above that by more than
    _TOLERANCE errors counts less: texture is often more than is shared between lattices, never less.
    """
    blocks = np.maximum(bins.blocks, 1)
    total = (flat + rounding)[:, None]
    # Of each class the value that is closest to the covariance seen.
    texture = np.clip(bins.texture[:, None], flat[:, None] * _EDGES[:-1], flat[:, None] * _EDGES[1:])
    added = gain[bins.image][:, None] * texture
    error = np.sqrt(2 / (HIGH * blocks[:, None]) * (total + added) ** 2 + (LOCAL_SPREAD * added) ** 2)
    excess = ((bins.variance - rounding - flat)[:, None] - added) / error
    doubt = (total + texture) / np.sqrt(bins.products * blocks)[:, None]
    trusted = np.minimum(excess, _TOLERANCE)
    likelihood = np.log(shares[bins.image]) - np.log(error * doubt)
    likelihood -= (((bins.texture[:, None] - texture) / doubt) ** 2 + trusted**2) / 2
    posterior = np.exp(likelihood - likelihood.max(axis=1, keepdims=True)) * used[:, None]
    posterior /= np.maximum(posterior.sum(axis=1, keepdims=True), 1e-300)
    trust = (_TOLERANCE / np.maximum(excess, _TOLERANCE)) ** 2
    precision = posterior * trust / error**2
    weight = precision.sum(axis=1)
    mean, square = ((precision * power).sum(axis=1) / np.maximum(weight, 1e-300) for power in (texture, texture**2))
    return Believed(weight, mean, square, _shares(posterior, bins, shares))


def _shares(posterior: Array, bins: Bins, before: Array) -> Array:
    """Of each image, as if half a bin of each class had been seen as well."""
    count = np.zeros_like(before)
    np.add.at(count, bins.image, posterior)
    count += 0.5
    return np.asarray(count / count.sum(axis=1, keepdims=True))
