"""A run's `metrics.jsonl` as series that can be drawn: few points, however long the run."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from rcl_cli.errors import FileError
from rcl_cli.report.kit.chart import Band, Line, Mark, chart

NAME = "metrics.jsonl"
_MOST_POINTS = 240
Row = dict[str, float]


@dataclass(frozen=True)
class Series:
    """Means over stretches of steps, and the least and the largest value in each."""

    x: list[float]
    mean: list[float]
    low: list[float]
    high: list[float]

    def marks(self, name: str, color: int) -> list[Mark]:
        """As they are drawn: the mean, with the range around it where there is one."""
        line = Line(self.x, self.mean, name, color)
        return [Band(self.x, self.low, self.high, color), line] if self.low != self.high else [line]


def read_metrics(path: Path) -> list[Row]:
    """The lines that have a step, each with what is a number in it; a line that a crash cut short is left out.

    Raises FileError where the file cannot be read.
    """
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError as error:
        raise FileError(path, f"cannot be read ({error.strerror})") from error
    return [row for row in map(_row, lines) if "step" in row]


def series(rows: Sequence[Row], key: str, most: int = _MOST_POINTS) -> Series | None:
    """The values called `key`; None where no row has one."""
    found = [(row["step"], row[key]) for row in rows if key in row]
    if not found:
        return None
    steps, values = np.array(found).T
    parts = [np.arange(part[0], part[-1] + 1) for part in np.array_split(np.arange(len(found)), min(most, len(found)))]
    of = [values[part] for part in parts]
    means, lows, highs = ([float(f(part)) for part in of] for f in (np.mean, np.min, np.max))
    return Series([float(steps[part].mean()) for part in parts], means, lows, highs)


def curves(rows: Sequence[Row], named: dict[str, str], y_label: str, caption: str, *, log_y: bool = False) -> str:
    """A chart of the values by these keys, over the steps; "" where there are none, or only one of each."""
    marks: list[Mark] = []
    for color, (key, name) in enumerate(named.items()):
        found = series(rows, key)
        if found is not None and len(found.x) > 1:
            marks += found.marks(name if len(named) > 1 else "", color)
    return chart(marks, "step", y_label, caption, log_y=log_y)


def keys(rows: Sequence[Row]) -> list[str]:
    """What is measured, in the order in which it came."""
    return list(dict.fromkeys(key for row in rows for key in row if key != "step"))


def _row(line: str) -> Row:
    try:
        values = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(values, dict):
        return {}
    return {
        str(key): float(value)
        for key, value in values.items()
        if isinstance(value, int | float)
        and not isinstance(value, bool)
        and abs(value) < 1e300
        and math.isfinite(value)
    }
