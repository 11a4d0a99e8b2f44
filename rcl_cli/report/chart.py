"""Line charts as inline SVG, small enough not to need a plotting library."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

_WIDTH, _HEIGHT = 520, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 76, 14, 14, 44
_COLORS = ("--first", "--second", "--third", "--fourth")


@dataclass(frozen=True)
class Line:
    """One curve: its points, and its looks by number of colour."""

    x: Sequence[float]
    y: Sequence[float]
    name: str = ""
    """For the legend; none where it is empty."""
    color: int = 0
    dashed: bool = False


def chart(lines: Sequence[Line], x_label: str, y_label: str, caption: str, *, log_y: bool = False) -> str:
    """A figure with all `lines` on common axes; "" where none has a point. `log_y`: logarithmic, without y ≤ 0."""
    points = [[(x, y) for x, y in zip(line.x, line.y, strict=True) if not log_y or y > 0] for line in lines]
    everything = [point for line in points for point in line if all(map(math.isfinite, point))]
    if not everything:
        return ""
    x_axis = _Axis.linear([x for x, _ in everything], _LEFT, _WIDTH - _RIGHT)
    scale = _Axis.logarithmic if log_y else _Axis.linear
    y_axis = scale([y for _, y in everything], _HEIGHT - _BOTTOM, _TOP)
    parts = [_grid(x_axis, y_axis), _labels(x_label, y_label)]
    for line, path in zip(lines, points, strict=True):
        at = " ".join(f"{x_axis(x):.1f},{y_axis(y):.1f}" for x, y in path if math.isfinite(x) and math.isfinite(y))
        dash = ' stroke-dasharray="6 5"' if line.dashed else ""
        parts.append(f'<polyline class="curve" points="{at}"{dash} style="stroke: var({_color(line)})"/>')
    parts.append(_legend([line for line in lines if line.name]))
    drawing = "\n".join(parts)
    svg = f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{escape(caption)}">\n{drawing}\n</svg>'
    return f"<figure>{svg}<figcaption>{escape(caption)}</figcaption></figure>"


@dataclass(frozen=True)
class _Axis:
    low: float
    high: float
    start: float
    end: float
    ticks: tuple[float, ...]
    log: bool = False

    @classmethod
    def linear(cls, values: Sequence[float], start: float, end: float) -> _Axis:
        low, high = min(values), max(values)
        high = high if high > low else low + (abs(low) or 1.0)
        step = nice_step((high - low) / 4)
        first = math.floor(low / step + 1e-9)
        ticks = tuple(step * i for i in range(first, math.ceil(high / step - 1e-9) + 1))
        return cls(ticks[0], ticks[-1], start, end, ticks)

    @classmethod
    def logarithmic(cls, values: Sequence[float], start: float, end: float) -> _Axis:
        low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)) + 1e-9)
        ticks = tuple(10.0**i for i in range(low, max(high, low + 1) + 1))
        return cls(ticks[0], ticks[-1], start, end, ticks, log=True)

    def __call__(self, value: float) -> float:
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


def _grid(x_axis: _Axis, y_axis: _Axis) -> str:
    bottom = _HEIGHT - _BOTTOM
    marks = [
        f'<line class="axis" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y_axis(t):.1f}" y2="{y_axis(t):.1f}"/>'
        f'<text x="{_LEFT - 7}" y="{y_axis(t) + 4:.1f}" text-anchor="end">{t:.3g}</text>'
        for t in y_axis.ticks
    ]
    marks += [
        f'<line class="axis" x1="{x_axis(t):.1f}" x2="{x_axis(t):.1f}" y1="{_TOP}" y2="{bottom}"/>'
        f'<text x="{x_axis(t):.1f}" y="{bottom + 17}" text-anchor="middle">{t:.4g}</text>'
        for t in x_axis.ticks
    ]
    return "\n".join(marks)


def _labels(x_label: str, y_label: str) -> str:
    middle = (_TOP + _HEIGHT - _BOTTOM) / 2
    return (
        f'<text x="{(_LEFT + _WIDTH - _RIGHT) / 2}" y="{_HEIGHT - 8}" text-anchor="middle">{escape(x_label)}</text>'
        f'<text transform="translate(14 {middle}) rotate(-90)" text-anchor="middle">{escape(y_label)}</text>'
    )


def _legend(lines: Sequence[Line]) -> str:
    return "\n".join(
        f'<text x="{_LEFT + 10}" y="{_TOP + 16 + 16 * i}" style="fill: var({_color(line)})">'
        f"{'- -' if line.dashed else '—'} {escape(line.name)}</text>"
        for i, line in enumerate(lines)
    )


def _color(line: Line) -> str:
    return _COLORS[line.color % len(_COLORS)]
