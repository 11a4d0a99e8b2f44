"""Axes of charts: where a value lies, and round numbers beside it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

_MOST_TICKS = 6


@dataclass(frozen=True)
class Axis:
    """From `low` at `start` to `high` at `end`, in the drawing's units, with round numbers between."""

    start: float
    end: float
    low: float
    high: float
    ticks: tuple[float, ...]
    log: bool = False

    @classmethod
    def linear(cls, values: Sequence[float], start: float, end: float) -> Axis:
        """Wide enough for all `values`, of which there is at least one."""
        low, high = min(values), max(values)
        if not high - low > 1e-9 * max(abs(low), abs(high)):
            low, high = low - (abs(low) or 1.0) / 2, high + (abs(high) or 1.0) / 2
        step = nice_step((high - low) / 4)
        first, last = math.floor(low / step + 1e-6), math.ceil(high / step - 1e-6)
        ticks = tuple(step * i for i in range(first, last + 1))
        return cls(start, end, ticks[0], ticks[-1], ticks)

    @classmethod
    def logarithmic(cls, values: Sequence[float], start: float, end: float) -> Axis:
        """As `linear`; all values are above 0."""
        low, high = min(values) / 1.15, max(values) * 1.15
        powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
        choices = [
            [mark * 10.0**i for i in powers if i % every == 0 for mark in marks]
            for marks, every in (((1, 2, 5), 1), ((1, 3), 1), *(((1,), every) for every in range(1, len(powers) + 1)))
        ]
        inside = [tuple(tick for tick in ticks if low <= tick <= high) for ticks in choices]
        fitting = next((ticks for ticks in inside if 2 <= len(ticks) <= _MOST_TICKS), (min(values), max(values)))
        return cls(start, end, low, high, fitting, log=True)

    def __call__(self, value: float) -> float:
        """Where `value` lies."""
        low, high = (math.log10(self.low), math.log10(self.high)) if self.log else (self.low, self.high)
        place = ((math.log10(value) if self.log else value) - low) / (high - low)
        return self.start + place * (self.end - self.start)


def nice_step(rough: float) -> float:
    """The smallest of 1, 2, 5 times a power of ten that is at least `rough`.

    >>> nice_step(0.3), nice_step(7.0), nice_step(20.0)
    (0.5, 10.0, 20.0)
    """
    power = 10.0 ** math.floor(math.log10(rough))
    return next(step * power for step in (1, 2, 5, 10) if step * power >= rough * (1 - 1e-9))


def number_words(value: float) -> str:
    """A tick's number, short.

    >>> [number_words(value) for value in (0.0, 0.25, 12800.0, 2e-5, 3e6)]
    ['0', '0.25', '12800', '2e-5', '3e6']
    """
    if value and not 1e-3 <= abs(value) < 1e5:
        digits, _, power = f"{value:.3g}".partition("e")
        if not power:
            digits, _, power = f"{value:.2e}".partition("e")
            digits = digits.rstrip("0").rstrip(".")
        return f"{digits}e{int(power)}"
    return f"{round(value, 10):.6g}"
