"""The page: a table for each case, and what limits it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from rcl_benchmark.engine.compare import NONE
from rcl_benchmark.engine.page import About, Benchmark, table
from rcl_benchmark.speed.limits import words
from rcl_benchmark.speed.machine import facts
from rcl_benchmark.speed.names import PARTS
from rcl_benchmark.speed.paper import paper
from rcl_benchmark.speed.record import Compared, Line, lines, load
from rcl_benchmark.speed.side import Size

READING = """\
The sides of a table take turns, so that a busy machine is busy for all of them. *s*: median wall time of the turns, and
their range. *×*: median of the ratios, turn by turn, to the side whose ratio is 1, for the same amount of work, and
their range. *MiB*: the most memory of a process that does this alone, imports included, and of those it starts."""


class Speed(Benchmark[Compared]):
    """Every stage beside what limits it, and beside other tools."""

    name = "speed"
    title = "Speed"
    words: ClassVar[int] = 3
    columns: ClassVar[Mapping[str, Callable[[Line], str]]] = {
        "part": lambda line: line.part,
        "case": lambda line: line.case,
        "side": lambda line: line.side,
        "s": lambda line: seconds(line.median_s),
        "a second": lambda line: _rate(line),
        "×": lambda line: f"{line.ratio:.2f}",
        "MiB": lambda line: _whole(line.peak_mib),
    }

    def __init__(self, size: Size) -> None:
        self.size = size

    def load(self, values: dict[str, Any]) -> Compared:
        return load(values)

    def sections(self, results: Sequence[Compared]) -> list[str]:
        every = lines(results)
        parts = [READING]
        for part, heading in PARTS.items():
            own = [line for line in every if line.part == part]
            if own:
                parts += [f"## {heading}", words(part, self.size, own)]
                for case in dict.fromkeys(line.case for line in own):
                    parts += [f"### {case[0].upper()}{case[1:]}", _table([line for line in own if line.case == case])]
        return [*parts, "## On paper: ten million raws", *paper(every)]

    def draw(self, results: Sequence[Compared], folder: Path) -> None:
        """There are no figures."""

    def about(self, command: str, missing: Mapping[str, str], versions: Mapping[str, str]) -> About:
        """What the page says of its run. `missing`: package by tool; `versions`: of the packages of others."""
        away = [f"{tool} (the package {package} is not installed)" for tool, package in missing.items()]
        return About(
            command,
            [
                *facts(),
                f"Turns: {self.size.repeats}",
                f"Versions: {', '.join(f'{name} {version}' for name, version in versions.items() if version)}",
                *([f"Not run: {'; '.join(away)}"] if away else []),
            ],
        )


def seconds(value: float) -> str:
    """Three digits, in a unit of its size.

    >>> seconds(12.34), seconds(0.01234), seconds(0.00001234)
    ('12.3 s', '12.3 ms', '0.0123 ms')
    """
    return f"{value:.3g} s" if value >= 1 else f"{1e3 * value:.3g} ms"


def _table(own: Sequence[Line]) -> str:
    unit, base = own[0].unit, own[0].base
    off = any(line.off is not None for line in own)
    head = ["", unit, "s", f"a {unit}", f"{unit} a second", f"× {base}", "MiB", *(["off"] if off else [])]
    return table(
        head,
        [
            [
                line.side,
                f"{line.amount:g}",
                f"{seconds(line.median_s)} ({seconds(line.least_s)}…{seconds(line.most_s)})",
                seconds(line.each_s),
                _rate(line),
                f"{line.ratio:.2f} ({line.ratio_least:.2f}…{line.ratio_most:.2f})",
                _whole(line.peak_mib),
                *([NONE if line.off is None else f"{line.off:.1e}"] if off else []),
            ]
            for line in own
        ],
    )


def _rate(line: Line) -> str:
    return f"{line.rate:.3g}" if line.rate < 1000 else f"{line.rate:,.0f}"


def _whole(value: float | None) -> str:
    return NONE if value is None else f"{value:,.0f}"
