"""Colours with the statistics of photographs: wide luminance, correlated channels, few saturated ones."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

_YELLOW_BLUE = np.array([1.0, 1.0, -2.0]) / np.sqrt(6.0)
_RED_GREEN = np.array([1.0, -1.0, 0.0]) / np.sqrt(2.0)
_CHROMA_SPREAD = (0.42, 0.26)
_SATURATED_SHARE = 0.15
_SATURATED_FACTOR = 2.0
_BLUE_TAIL = 0.65


def palette(
    count: int,
    rng: np.random.Generator,
    *,
    key: float | None = None,
    contrast: float = 0.9,
    chroma: float = 1.0,
) -> NDArray[np.float32]:
    """(count, 3) linear RGB in (0, 1], of objects in one light.

    Log-normal luminance around `key` (drawn where None) with a spread of `contrast` nepers. Logarithms of the
    channels vary mostly together, less along yellow–blue and least along red–green (Ruderman, Cronin & Chiao 1998,
    "Statistics of cone responses to natural images"). A share of the colours is strongly saturated; `chroma` scales
    the saturation of all.
    """
    if key is None:
        key = float(np.exp(rng.normal(np.log(0.14), 0.7)))
    luminance = rng.normal(np.log(key), contrast, (count, 1))
    saturation = chroma * np.exp(rng.normal(-0.2, 0.5, (count, 1)))
    saturation[rng.random((count, 1)) < _SATURATED_SHARE] *= _SATURATED_FACTOR
    yellow_blue, red_green = (rng.normal(0.0, spread, (count, 1)) for spread in _CHROMA_SPREAD)
    # Pigments reach further towards yellow than towards blue.
    yellow_blue = np.where(yellow_blue < 0, _BLUE_TAIL, 1.0) * yellow_blue
    tint = rng.normal(0.0, 0.12, 2)
    log_rgb = (
        luminance
        + saturation * (yellow_blue * _YELLOW_BLUE + red_green * _RED_GREEN)
        + tint[0] * _YELLOW_BLUE
        + tint[1] * 0.3 * _RED_GREEN
    )
    return _within_unit(np.exp(log_rgb))


def variations(color: NDArray[np.float32], count: int, rng: np.random.Generator, spread: float) -> NDArray[np.float32]:
    """(count, 3) colours around `color`, (3,) or (count, 3): luminance varies by `spread` nepers, hue by a tenth."""
    luminance = rng.normal(0.0, spread, (count, 1))
    hue = rng.normal(0.0, spread / 10, (count, 3))
    return _within_unit(color * np.exp(luminance + hue))


def _within_unit(rgb: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
    return np.asarray(rgb / np.maximum(rgb.max(axis=1, keepdims=True), 1.0), np.float32)
