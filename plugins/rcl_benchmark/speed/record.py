"""What is kept of one side of a case, and how it compares with the side that counts as 1."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median
from typing import Any


@dataclass(frozen=True)
class Measured:
    """One side."""

    side: str
    amount: float
    """How much was done each time, in the unit of the case."""
    seconds: tuple[float, ...]
    """One for each turn; the n-th of all sides of a case stand next to each other in time."""
    peak_mib: float | None = None
    """Most memory of a process that does this alone, and of those that it started; None: cannot be measured here."""
    off: float | None = None
    """Largest difference of what it found from what the base found; None: nothing to compare."""
    operations: float | None = None
    """Multiplications of a network."""


@dataclass(frozen=True)
class Compared:
    """A case, measured."""

    part: str
    case: str
    base: str
    """The side whose time is 1."""
    unit: str
    sides: tuple[Measured, ...]


@dataclass(frozen=True)
class Line:
    """One line of a table. Ratios compare times for the same amount, turn by turn."""

    part: str
    case: str
    side: str
    base: str
    unit: str
    amount: float
    median_s: float
    least_s: float
    most_s: float
    turns: int
    rate: float
    """`unit` a second, of the median."""
    ratio: float
    """Median of the ratios to the base's time."""
    ratio_least: float
    ratio_most: float
    peak_mib: float | None
    off: float | None
    operations: float | None

    @property
    def each_s(self) -> float:
        """Seconds for one `unit`."""
        return self.median_s / self.amount


def lines(results: Iterable[Compared]) -> list[Line]:
    """A line for each side, in their order. Raises StopIteration for a case without its base.

    >>> sides = Measured("a", 1.0, (1.0, 2.0, 1.0)), Measured("b", 2.0, (4.0, 8.0, 2.0))
    >>> line = lines([Compared("part", "case", "a", "file", sides)])[1]
    >>> line.ratio, line.ratio_least, line.each_s
    (2.0, 1.0, 2.0)
    """
    return [_line(result, side) for result in results for side in result.sides]


def _line(result: Compared, one: Measured) -> Line:
    base = next(side for side in result.sides if side.side == result.base)
    ratios = [(a / one.amount) / (b / base.amount) for a, b in zip(one.seconds, base.seconds, strict=True)]
    middle = median(one.seconds)
    return Line(
        *(result.part, result.case, one.side, result.base, result.unit, one.amount),
        *(middle, min(one.seconds), max(one.seconds), len(one.seconds), one.amount / middle),
        *(median(ratios), min(ratios), max(ratios)),
        *(one.peak_mib, one.off, one.operations),
    )


def load(values: dict[str, Any]) -> Compared:
    """From the values of the fields as JSON has them. Raises KeyError or TypeError."""
    sides = tuple(Measured(**{**side, "seconds": tuple(side["seconds"])}) for side in values["sides"])
    return Compared(**{**values, "sides": sides})
