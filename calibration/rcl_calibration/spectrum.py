"""What bins tell of the noise's spectrum before any fit: whether it is white, as a sensor's is."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np

from rcl_calibration.layout import Mask
from rcl_calibration.model import Array
from rcl_calibration.selection import Bins

CORRELATED, BLURRED_DOUBT = 1.1, 2.0
"""MIDDLE over HIGH frequencies without texture above which the noise is correlated, and what is added for each part of
the variance that is texture."""
TEXTURED = 0.1
"""Part of the variance that lattices share above which the spectrum says nothing of the noise."""
_MIDDLE_GAIN, _HIGH_GAIN = 3.0, 1.2
"""Usual growth of the MIDDLE and of the HIGH frequencies' variance over that of what lattices share of texture."""
_SPREAD = 0.3


def shared_part(bins: Bins) -> float:
    """Part of the variance seen that is texture by what lattices share, where there is least."""
    return float(np.average(_parts(bins), weights=certainty(bins)))


def certainty(bins: Bins) -> Array:
    """(n,) weights of the bins, whatever the noise is: many blocks, little texture."""
    return np.asarray(bins.blocks * (1 - _parts(bins)) ** 2 + 1e-9)


def middle_over_high(bins: Bins) -> float:
    """Variance in the MIDDLE frequencies over that in the HIGH ones where there is no texture: 1 for white noise."""
    seen = np.maximum(bins.variance, 1e-24)
    texture, root = bins.texture / seen, np.sqrt(certainty(bins))
    gain = _MIDDLE_GAIN * float(bins.steeper.mean()) - _HIGH_GAIN
    prior = 1 / (_SPREAD * gain)
    rows = np.vstack([np.stack([root, root * texture], axis=1), [0.0, prior]])
    return float(np.linalg.lstsq(rows, np.append(root * bins.middle / seen, prior * gain), rcond=None)[0][0])


def correlated_images(bins: Bins) -> Mask:
    """(I,) whether the MIDDLE frequencies are stronger than texture explains: processed, and no sign of texture."""
    images = range(int(bins.image.max(initial=0)) + 1)
    return np.array([_is_correlated(_of(bins, bins.image == image)) for image in images])


def _is_correlated(bins: Bins) -> bool:
    if not bins.x.size:
        return False
    part = shared_part(bins)
    return part <= TEXTURED and middle_over_high(bins) > CORRELATED + BLURRED_DOUBT * part


def _of(bins: Bins, chosen: Mask) -> Bins:
    return replace(bins, **{field.name: getattr(bins, field.name)[..., chosen] for field in fields(bins)})


def _parts(bins: Bins) -> Array:
    return np.clip(_HIGH_GAIN * bins.texture / np.maximum(bins.variance, 1e-24), 0, 1)
