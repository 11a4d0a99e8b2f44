"""How much texture is in each bin of an image, told by its spectrum and by what lattices share, and by Bayes' rule."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rcl_calibration.layout import HIGH, Mask
from rcl_calibration.model import Array
from rcl_calibration.selection import Bins

STEEPNESS, STEEPNESS_SPREAD, STEEPNESS_POWER = 1.62, 0.2, -0.085
"""Texture's variance in the MIDDLE frequencies over that in the HIGH ones where that is as strong as noise, its spread
from image to image, and the power of texture over noise that it goes with: weak texture is smoother."""
LOCAL_STEEPNESS = 0.3
"""Its relative spread from bin to bin of an image."""
SHARED, SHARED_SPREAD, SHARED_POWER = 0.7, 0.4, 0.0
"""The same of what lattices share of texture, `Bins.texture` over the variance in the HIGH frequencies."""
LOCAL_SHARED = 0.5
_RANGE = {"steepness": (1.3, 4.0), "shared": (0.1, 2.0)}
CAUTION = 1.0
"""Relative standard error of a bin's texture where the fit weighs it: errors that the bins of an image share do not
average out, so that bins with little texture decide."""
_CLASSES = np.concatenate([[0.0], np.geomspace(0.0005, 300, 30)])
"""Classes of bins, by texture over noise; K of them."""
_RELATIVE = np.maximum(_CLASSES, _CLASSES[1])
_TOLERANCE = 2.0
_PULL = 0.01506
"""Errors that Gaussian values are low on average if what is _TOLERANCE errors above t counts (t/_TOLERANCE)⁻² times."""
_MOST_RESPONSE = 0.8


@dataclass(frozen=True)
class Traits:
    """What texture is like in each of I images, (I,) each."""

    steepness: Array
    shared: Array

    @classmethod
    def usual(cls, images: int) -> Traits:
        """Before anything is known."""
        return cls(np.full(images, STEEPNESS), np.full(images, SHARED))


@dataclass(frozen=True)
class Believed:
    """What n bins tell of their texture, under a belief of the noise."""

    weight: Array
    """(n,) 1/variance of what a bin says of its noise variance"""
    texture: Array
    """(n,) variance in the HIGH frequencies, told by all but this variance itself"""
    response: Array
    """(n,) by how much `texture` falls where the noise is believed to be higher by 1, 0…_MOST_RESPONSE"""
    shares: Array
    """(I, K) part of the bins of each image that is of each class"""
    traits: Traits


def even_shares(images: int) -> Array:
    """(images, K) before anything is known."""
    return np.full((images, _CLASSES.size), 1 / _CLASSES.size)


def pulled_down(bins: Bins, total: Array) -> Array:
    """(n,) how much too low variances come out because `believe` doubts those that are high, where all is noise.

    total: (n,) variance of noise and rounding.
    """
    return np.asarray(_PULL * np.sqrt(2 / (HIGH * np.maximum(bins.independent, 1))) * total)


def believe(
    bins: Bins, flat: Array, rounding: Array, traits: Traits, shares: Array, used: Mask, white: Mask
) -> Believed:
    """The texture of each bin by Bayes' rule; how common which class of texture is, is learned from the image's bins.

    flat: (n,) variance of the noise as seen, without rounding. traits, shares: of the images. white: (I,) those
    whose noise has no spectrum of its own; of others the MIDDLE frequencies are not heard.
    Two things tell texture t apart from noise: the variance in the MIDDLE frequencies, flat + steepness·t, and the
    covariance between lattices, shared·t, each with its chance error and its spread from bin to bin. The variance in
    the HIGH frequencies, flat + t, is what the noise is fitted to; it counts less where it is more than _TOLERANCE
    errors above: texture may be more than these tell, never less.
    """
    blocks = np.maximum(bins.independent, 1)[:, None]
    total, texture = (flat + rounding)[:, None], flat[:, None] * _CLASSES
    steep_unit = texture * _RELATIVE**STEEPNESS_POWER * bins.steeper[:, None]
    shared_unit = texture * _RELATIVE**SHARED_POWER
    steep, shared = traits.steepness[bins.image][:, None] * steep_unit, traits.shared[bins.image][:, None] * shared_unit
    steep_square = 2 / (bins.freedom[:, None] * blocks) * (total + steep) ** 2 + (LOCAL_STEEPNESS * steep) ** 2
    shared_square = (total + shared) ** 2 / (bins.products[:, None] * blocks) + (LOCAL_SHARED * shared) ** 2
    heard = white[bins.image][:, None]
    steep_excess = (bins.middle[:, None] - total - steep) * heard
    steep_square = np.where(heard, steep_square, 1.0)
    likelihood = np.log(shares[bins.image]) - np.log(steep_square * shared_square) / 2
    likelihood -= (steep_excess**2 / steep_square + (bins.texture[:, None] - shared) ** 2 / shared_square) / 2
    before = _normalised(likelihood) * used[:, None]
    mean = (before * texture).sum(axis=1)
    spread = (before * (texture - mean[:, None]) ** 2).sum(axis=1)
    response = (before * (texture - mean[:, None]) * steep_excess / -steep_square).sum(axis=1)
    chance = 2 / (HIGH * blocks) * (total + texture) ** 2
    excess = (bins.variance[:, None] - total - texture) / np.sqrt(chance)
    after = _normalised(likelihood - np.log(chance) / 2 - np.clip(excess, None, 2 * _TOLERANCE) ** 2 / 2)
    after *= used[:, None]
    error = 2 / (HIGH * blocks[:, 0]) * (total[:, 0] + mean) ** 2 + spread + (CAUTION * mean) ** 2
    above = (bins.variance - total[:, 0] - mean) / np.sqrt(error)
    trust = (_TOLERANCE / np.maximum(above, _TOLERANCE)) ** 2
    return Believed(
        used * trust / error,
        mean,
        np.clip(response, 0.0, _MOST_RESPONSE),
        _shares(after, bins, shares),
        Traits(
            _trait("steepness", after, steep_unit, bins.middle[:, None] - total, steep_square, bins, traits.steepness),
            _trait("shared", after, shared_unit, bins.texture[:, None] + 0 * total, shared_square, bins, traits.shared),
        ),
    )


def _normalised(likelihood: Array) -> Array:
    posterior = np.exp(likelihood - likelihood.max(axis=1, keepdims=True))
    return np.asarray(posterior / posterior.sum(axis=1, keepdims=True))


def _trait(name: str, posterior: Array, texture: Array, seen: Array, square: Array, bins: Bins, before: Array) -> Array:
    """(I,) slope of what is seen of texture over texture, drawn to what is usual."""
    usual, spread = {"steepness": (STEEPNESS, STEEPNESS_SPREAD), "shared": (SHARED, SHARED_SPREAD)}[name]
    weight = posterior / square
    product = np.bincount(bins.image, (weight * texture * seen).sum(axis=1), before.size)
    known = np.bincount(bins.image, (weight * texture**2).sum(axis=1), before.size)
    return np.clip((product + usual / spread**2) / (known + 1 / spread**2), *_RANGE[name])


def _shares(posterior: Array, bins: Bins, before: Array) -> Array:
    """Of each image, as if half a bin of each class had been seen as well."""
    count = np.zeros_like(before)
    np.add.at(count, bins.image, posterior)
    count += 0.5
    return np.asarray(count / count.sum(axis=1, keepdims=True))
