"""Noise profiles from outside: each field has the type, the length and the range that it must have."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

LARGEST = 100.0
"""λ beyond which a profile is none of a picture: at white, σ is ten times the distance from black to white."""
_LARGEST_DN = 2.0**32
_LARGEST_ISO = 1e9
_MOST_IMAGES = 10**9
_LONGEST_TEXT = 10_000
_LONGEST_COVARIANCE = 64


def checked_fields(values: Mapping[str, Any]) -> dict[str, Any]:
    """Those of `values` that are fields of a `NoiseProfile`, lists as tuples.

    Raises ValueError that says which one is wrong, and what it must be.

    >>> checked_fields({"iso": 100, "black_level": [1, 2, 3, 4], "other": "ignored"})
    {'iso': 100.0, 'black_level': (1.0, 2.0, 3.0, 4.0)}
    >>> checked_fields({"iso": "x"})
    Traceback (most recent call last):
    ValueError: iso must be a number from 0 to 1e+09, not 'x'
    """
    found = {name: check(name, values[name]) for name, check in _CHECKS.items() if name in values}
    black, white = found.get("black_level"), found.get("white_level")
    if black is not None and white is not None and white <= max(black):
        raise ValueError(f"white_level must be above black_level, not {white:g}")
    return found


def _wrong(name: str, wanted: str, value: Any) -> ValueError:
    said = repr(value)
    return ValueError(f"{name} must be {wanted}, not {said if len(said) <= 60 else said[:57] + '...'}")


def _is_number(value: Any, least: float, most: float) -> bool:
    # JSON has booleans, NaN and numbers beyond any float.
    return isinstance(value, int | float) and not isinstance(value, bool) and least <= value <= most


def _number(least: float, most: float) -> Callable[[str, Any], float | None]:
    def check(name: str, value: Any) -> float | None:
        if value is None:
            return None
        if not _is_number(value, least, most):
            raise _wrong(name, f"a number from {least:g} to {most:g}", value)
        return float(value)

    return check


def _four(least: float, most: float, *, needed: bool) -> Callable[[str, Any], tuple[float, ...] | None]:
    def check(name: str, value: Any) -> tuple[float, ...] | None:
        if value is None and not needed:
            return None
        if not _is_list(value, 4) or not all(_is_number(one, least, most) for one in value):
            raise _wrong(name, f"four numbers (R, Gr, Gb, B) from {least:g} to {most:g}", value)
        return tuple(map(float, value))

    return check


def _is_list(value: Any, length: int | None = None) -> bool:
    return isinstance(value, list | tuple) and (length is None or len(value) == length)


def _is_interval(value: Any) -> bool:
    """What is not known ends nowhere, so that the upper end may be infinite."""
    ends = _is_list(value, 2) and all(_is_number(end, -math.inf, math.inf) for end in value)
    return ends and math.isfinite(value[0]) and value[0] <= value[1]


def _interval(name: str, value: Any) -> tuple[float, float] | None:
    if value is None:
        return None
    if not _is_interval(value):
        raise _wrong(name, "two numbers, the lower first", value)
    return float(value[0]), float(value[1])


def _intervals(name: str, value: Any) -> Any:
    if value is None:
        return None
    if not _is_list(value, 4) or not all(map(_is_interval, value)):
        raise _wrong(name, "four intervals (R, Gr, Gb, B) of two numbers, the lower first", value)
    return tuple((float(low), float(high)) for low, high in value)


def _intervals_of_sigma(name: str, value: Any) -> Any:
    if value is None:
        return None
    if not _is_list(value, 4) or not all(_is_list(plane) and all(map(_is_interval, plane)) for plane in value):
        raise _wrong(name, "a list of intervals for each of R, Gr, Gb, B", value)
    return tuple(tuple((float(low), float(high)) for low, high in plane) for plane in value)


def _covariance(name: str, value: Any) -> Any:
    if value is None:
        return None
    channels = len(value) if _is_list(value) else 0
    lags = len(value[0][0]) if channels and _is_list(value[0], channels) and _is_list(value[0][0]) else 0
    square = 0 < channels <= _LONGEST_COVARIANCE and 0 < lags <= _LONGEST_COVARIANCE
    if not (
        square
        and all(_is_list(row, channels) and all(_is_list(block, lags) for block in row) for row in value)
        and all(_is_list(line, lags) for row in value for block in row for line in block)
        and all(_is_number(v, -LARGEST, LARGEST) for row in value for block in row for line in block for v in line)
    ):
        raise _wrong(name, "(channels, channels, lags, lags) numbers", value)
    return tuple(tuple(tuple(tuple(map(float, line)) for line in block) for block in row) for row in value)


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str) or len(value) > _LONGEST_TEXT:
        raise _wrong(name, "a text", value)
    return value


def _count(name: str, value: Any) -> int:
    if not isinstance(value, int) or not _is_number(value, 0, _MOST_IMAGES):
        raise _wrong(name, f"a whole number from 0 to {_MOST_IMAGES:g}", value)
    return value


_CHECKS: dict[str, Callable[[str, Any], Any]] = {
    "shot": _four(0, LARGEST, needed=True),
    "read": _four(0, LARGEST, needed=True),
    "shot_ci": _intervals,
    "read_ci": _intervals,
    "camera": _text,
    "iso": _number(0, _LARGEST_ISO),
    "black_level": _four(-_LARGEST_DN, _LARGEST_DN, needed=False),
    "white_level": _number(-_LARGEST_DN, _LARGEST_DN),
    "method": _text,
    "images": _count,
    "quality": _text,
    "reason": _text,
    "sigma_ci": _intervals_of_sigma,
    "x_range": _interval,
    "covariance": _covariance,
}
