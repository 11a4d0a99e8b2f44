"""Charts as inline SVG, small enough not to need a plotting library."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rcl_cli.report.kit.axes import Axis, number_words
from rcl_cli.report.kit.html import text

WIDTH, HEIGHT = 440, 280
_LEFT, _RIGHT, _TOP, _BOTTOM = 70, 16, 12, 46
COLORS = 6
"""Colours that there are; more begin anew."""

Point = tuple[float, float]
Span = tuple[float, float]


@dataclass(frozen=True)
class Line:
    """One curve: its points, and its looks by number of colour. It breaks where a value is missing (NaN)."""

    x: Sequence[float]
    y: Sequence[float]
    name: str = ""
    """For the legend; none where it is empty."""
    color: int = 0
    dashed: bool = False


@dataclass(frozen=True)
class Dots:
    """Single values, each with its interval where there is one."""

    x: Sequence[float]
    y: Sequence[float]
    name: str = ""
    color: int = 0
    intervals: Sequence[Span] = ()
    """Of each point, or none at all."""


@dataclass(frozen=True)
class Band:
    """What lies between two curves."""

    x: Sequence[float]
    low: Sequence[float]
    high: Sequence[float]
    color: int = 0
    name: str = ""


Mark = Line | Dots | Band


def chart(
    marks: Sequence[Mark],
    x_label: str,
    y_label: str,
    caption: str,
    *,
    log_x: bool = False,
    log_y: bool = False,
    y_span: Span | None = None,
) -> str:
    """A figure with all `marks` on common axes; "" where none has a point.

    Logarithmic axes have no values ≤ 0, which are left out, as those outside `y_span` are.
    """
    drawable = [_Drawable(mark, log_x, log_y, y_span) for mark in marks]
    everything = [point for one in drawable for point in one.points()]
    if not everything:
        return ""
    x_axis, y_axis = (
        (Axis.logarithmic if log else Axis.linear)([point[i] for point in everything], *ends)
        for i, log, ends in ((0, log_x, (_LEFT, WIDTH - _RIGHT)), (1, log_y, (HEIGHT - _BOTTOM, _TOP)))
    )
    parts = [_grid(x_axis, y_axis), _labels(x_label, y_label), *(one.svg(x_axis, y_axis) for one in drawable)]
    drawing = "\n".join(filter(None, parts))
    svg = f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{text(caption)}">\n{drawing}\n</svg>'
    shown = [one.mark for one in drawable if one.mark.name and any(one.points())]
    return f"<figure>{_legend(shown)}{svg}<figcaption>{text(caption)}</figcaption></figure>"


@dataclass(frozen=True)
class _Drawable:
    mark: Mark
    log_x: bool
    log_y: bool
    y_span: Span | None

    def points(self) -> list[Point]:
        """All that have to fit on the axes."""
        match self.mark:
            case Band(x, low, high):
                both = [*zip(x, low, strict=True), *zip(x, high, strict=True)]
            case Dots(x, y, intervals=intervals):
                ends = [(at, end) for at, interval in zip(x, intervals, strict=bool(intervals)) for end in interval]
                both = [*zip(x, y, strict=True), *(end for end in ends if self.has(end))]
            case Line(x, y):
                both = list(zip(x, y, strict=True))
        return [point for point in both if self.has(point)]

    def has(self, point: Point) -> bool:
        x, y = point
        known = math.isfinite(x) and math.isfinite(y) and (x > 0 or not self.log_x) and (y > 0 or not self.log_y)
        return known and (self.y_span is None or self.y_span[0] <= y <= self.y_span[1])

    def svg(self, x_axis: Axis, y_axis: Axis) -> str:
        def at(point: Point) -> str:
            return f"{x_axis(point[0]):.1f},{y_axis(point[1]):.1f}"

        color = f"c{self.mark.color % COLORS}"
        match self.mark:
            case Line(x, y, dashed=dashed):
                kind = f"curve {color}{' dashed' if dashed else ''}"
                paths = [" ".join(map(at, run)) for run in self._unbroken(zip(x, y, strict=True))]
                return "\n".join(f'<polyline class="{kind}" points="{path}"/>' for path in paths)
            case Band(x, low, high):
                edges = zip(x, low, high, strict=True)
                known = [edge for edge in edges if self.has((edge[0], edge[1])) and self.has((edge[0], edge[2]))]
                around = [(a, b) for a, b, _ in known] + [(a, c) for a, _, c in reversed(known)]
                return f'<polygon class="band {color}" points="{" ".join(map(at, around))}"/>' if known else ""
            case Dots(x, y, intervals=intervals):
                bars = [
                    f'<line class="bar {color}" x1="{x_axis(a):.1f}" x2="{x_axis(a):.1f}" '
                    f'y1="{y_axis(low):.1f}" y2="{y_axis(high):.1f}"/>'
                    for a, (low, high) in zip(x, intervals, strict=bool(intervals))
                    if self.has((a, low)) and self.has((a, high))
                ]
                dots = [
                    f'<circle class="dot {color}" cx="{x_axis(a):.1f}" cy="{y_axis(b):.1f}" r="2.6"/>'
                    for a, b in zip(x, y, strict=True)
                    if self.has((a, b))
                ]
                return "\n".join([*bars, *dots])

    def _unbroken(self, points: Iterator[Point]) -> Iterator[list[Point]]:
        run: list[Point] = []
        for point in points:
            if self.has(point):
                run.append(point)
            elif math.isnan(point[1]) and run:
                yield run
                run = []
        if run:
            yield run


def _grid(x_axis: Axis, y_axis: Axis) -> str:
    bottom = HEIGHT - _BOTTOM
    marks = [
        f'<line class="axis" x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{y_axis(t):.1f}" y2="{y_axis(t):.1f}"/>'
        f'<text x="{_LEFT - 7}" y="{y_axis(t) + 4:.1f}" text-anchor="end">{number_words(t)}</text>'
        for t in y_axis.ticks
    ]
    marks += [
        f'<line class="axis" x1="{x_axis(t):.1f}" x2="{x_axis(t):.1f}" y1="{_TOP}" y2="{bottom}"/>'
        f'<text x="{x_axis(t):.1f}" y="{bottom + 17}" text-anchor="middle">{number_words(t)}</text>'
        for t in x_axis.ticks
    ]
    return "\n".join(marks)


def _labels(x_label: str, y_label: str) -> str:
    middle = (_TOP + HEIGHT - _BOTTOM) / 2
    return (
        f'<text x="{(_LEFT + WIDTH - _RIGHT) / 2}" y="{HEIGHT - 8}" text-anchor="middle">{text(x_label)}</text>'
        f'<text transform="translate(16 {middle}) rotate(-90)" text-anchor="middle">{text(y_label)}</text>'
    )


def _legend(marks: Sequence[Mark]) -> str:
    looks = {Line: "line", Dots: "round", Band: "area"}
    items = "".join(
        f'<li><i class="{looks[type(mark)]} c{mark.color % COLORS}'
        f'{" dashed" if isinstance(mark, Line) and mark.dashed else ""}"></i>{text(mark.name)}</li>'
        for mark in marks
    )
    return f'<ul class="legend">{items}</ul>' if items else ""
