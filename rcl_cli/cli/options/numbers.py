"""Types of options that are numbers: finite ones, of a size that something can be made of."""

from __future__ import annotations

import math
from typing import Any

import click

_LARGEST = 2**31 - 1
"""Of counts, sizes and rates for which nothing else is known."""
MOST_SEED = 2**53 - 1
"""A whole number that every reader of JSON keeps."""
_SHOWN = 40


class _Quiet:
    """Help texts say nothing of bounds where there are none."""

    def _describe_range(self) -> str:
        unbounded = self.min is None and self.max is None  # type: ignore[attr-defined]
        return "" if unbounded else str(super()._describe_range())  # type: ignore[misc]


class Whole(_Quiet, click.IntRange):
    """A whole number from `least` on; help texts say `most` only where it is given."""

    def __init__(self, least: int | None = None, most: int | None = None, *, largest: int = _LARGEST) -> None:
        super().__init__(min=least, max=most)
        self.largest = largest

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Refuses what is no whole number, what is out of bounds, and what is beyond all sizes."""
        try:
            found = int(value)
        except (TypeError, ValueError, OverflowError):
            self.fail(f"{shown(value)!r} is not a whole number", param, ctx)
        if abs(found) > self.largest:
            self.fail(f"{shown(value)} is too large; give at most {self.largest}", param, ctx)
        return int(super().convert(found, param, ctx))


class Number(_Quiet, click.FloatRange):
    """A finite number from `least` (`open_`: above it) to `most`."""

    def __init__(self, least: float | None = None, most: float | None = None, *, open_: bool = False) -> None:
        super().__init__(min=least, max=most, min_open=open_)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Refuses what is no number, what is not finite, what is out of bounds, and what is beyond all sizes."""
        try:
            found = float(value)
        except (TypeError, ValueError, OverflowError):
            self.fail(f"{shown(value)!r} is not a number", param, ctx)
        if not math.isfinite(found):
            self.fail(f"{shown(value)} is not a finite number", param, ctx)
        if abs(found) > _LARGEST:
            self.fail(f"{shown(value)} is too large; give at most {_LARGEST}", param, ctx)
        return float(super().convert(found, param, ctx))


def shown(value: Any) -> str:
    """A value as it was typed, the end of a long one left out."""
    text = str(value)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
