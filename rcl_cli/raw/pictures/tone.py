"""Tone curves: what the values of a file, 0…1, say of light, and back. All go on outside of 0…1, for float files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from rcl_cli.raw.srgb import srgb_decode, srgb_encode

Float = NDArray[np.float32]

_SAME = 1e-3
"""Two curves are one where they differ by less: profiles hold rounded tables of well-known curves."""
_LEAST_SLOPE = 1e-3
"""What is added to a table, so that flat parts of it can be undone."""


class Curve(Protocol):
    """A monotone curve through (0, 0) and (1, 1)."""

    def decode(self, stored: Float) -> Float:
        """Stored values → linear light, any shape."""

    def encode(self, linear: Float) -> Float:
        """The inverse of `decode`."""


@dataclass(frozen=True)
class Power:
    """light = stored ** exponent; below 0 mirrored."""

    exponent: float

    def decode(self, stored: Float) -> Float:
        """Stored values → linear light, any shape."""
        return _power(stored, self.exponent)

    def encode(self, linear: Float) -> Float:
        """The inverse of `decode`."""
        return _power(linear, 1 / self.exponent)


@dataclass(frozen=True)
class Srgb:
    """The curve of sRGB; below 0 mirrored."""

    def decode(self, stored: Float) -> Float:
        """Stored values → linear light, any shape."""
        return np.copysign(srgb_decode(np.abs(stored)), stored)

    def encode(self, linear: Float) -> Float:
        """The inverse of `decode`."""
        return np.copysign(srgb_encode(np.abs(linear), bounded=False), linear)


class Table:
    """Light at equal steps of the stored value, straight lines between them and beyond them."""

    def __init__(self, light: Sequence[float] | NDArray[np.floating]) -> None:
        rising = np.maximum.accumulate(np.asarray(light, np.float64))
        self._stored = np.linspace(0, 1, rising.size)
        self._light = (1 - _LEAST_SLOPE) * rising + _LEAST_SLOPE * self._stored

    @classmethod
    def rising(cls, light: NDArray[np.float64]) -> Table:
        """From the `light` of another one."""
        table = cls(light)
        table._light = light
        return table

    @property
    def light(self) -> NDArray[np.float64]:
        """Rising everywhere."""
        return self._light

    def decode(self, stored: Float) -> Float:
        """Stored values → linear light, any shape."""
        return _straight(stored, self._stored, self._light)

    def encode(self, linear: Float) -> Float:
        """The inverse of `decode`."""
        return _straight(linear, self._light, self._stored)


LINEAR = Power(1.0)
SRGB = Srgb()


def curve_of(light: NDArray[np.floating]) -> Curve:
    """The curve with these values of light at equal steps from 0 to 1: a well-known one, else a table.

    >>> curve_of(np.linspace(0, 1, 101) ** 1.8)
    Power(exponent=1.8)
    """
    stored = np.linspace(0, 1, light.size)
    middle = light[light.size // 2]
    power = round(float(np.log(middle) / np.log(stored[light.size // 2])), 3) if 0 < middle < 1 else 1.0
    for curve in (LINEAR, SRGB, Power(power)):
        if np.abs(curve.decode(stored.astype(np.float32)) - light).max() < _SAME:
            return curve
    return Table(light)


def _power(values: Float, exponent: float) -> Float:
    if exponent == 1:
        return values
    # OpenCV's power is some ten times as fast as NumPy's.
    flat = np.abs(np.ascontiguousarray(values, np.float32)).reshape(1, -1)
    return np.copysign(cv2.pow(flat, exponent).reshape(values.shape), values).astype(np.float32, copy=False)


def _straight(values: Float, x: NDArray[np.float64], y: NDArray[np.float64]) -> Float:
    rows = values.reshape(1 if values.ndim == 1 else values.shape[0], -1)
    found = np.empty(rows.shape, np.float32)
    # Row by row, since NumPy computes in 64 bits and asks for memory accordingly.
    for row, out in zip(rows, found, strict=True):
        inside = np.interp(row, x, y)
        inside += np.minimum(row - x[0], 0) * ((y[1] - y[0]) / (x[1] - x[0]))
        inside += np.maximum(row - x[-1], 0) * ((y[-1] - y[-2]) / (x[-1] - x[-2]))
        out[...] = inside
    return found.reshape(values.shape)
