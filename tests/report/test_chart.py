"""Points lie where the axes say."""

from __future__ import annotations

import math
from xml.etree import ElementTree

import pytest

from rcl_cli.report.kit.axes import Axis
from rcl_cli.report.kit.chart import HEIGHT, WIDTH, Band, Dots, Line, Mark, chart


def svg_of(figure: str) -> ElementTree.Element:
    return ElementTree.fromstring(figure[figure.index("<svg") : figure.index("</svg>") + len("</svg>")])


def drawn(figure: str) -> tuple[list[list[tuple[float, float]]], dict[str, tuple[float, float]]]:
    """The curves' points, and the places of the tick labels."""
    svg = svg_of(figure)
    curves = [[place(*point.split(",")) for point in line.attrib["points"].split()] for line in svg.iter("polyline")]
    ticks = {t.text: place(t.attrib["x"], t.attrib["y"]) for t in svg.iter("text") if t.get("x") and t.text}
    return curves, ticks


def place(x: str, y: str) -> tuple[float, float]:
    return float(x), float(y)


def test_linear_axes_place_points_in_proportion() -> None:
    (curve,), _ = drawn(chart([Line([0, 1, 2], [0, 10, 40])], "x", "y", "caption"))
    (x0, y0), (x1, y1), (x2, y2) = curve
    assert x1 - x0 == pytest.approx(x2 - x1, abs=0.2)
    assert (y0 - y1) * 4 == pytest.approx(y0 - y2, abs=0.5)


def test_logarithmic_axes_place_decades_at_equal_steps_and_leave_out_zero() -> None:
    (curve,), ticks = drawn(chart([Line([0, 1, 2, 3], [0, 1, 10, 100])], "x", "y", "caption", log_y=True))
    heights = [y for _, y in curve]
    assert len(heights) == 3
    assert heights[0] - heights[1] == pytest.approx(heights[1] - heights[2], abs=0.2)
    # A tick's text stands 4 below its line.
    assert ticks["10"][1] - 4 == pytest.approx(heights[1], abs=0.2)
    (curve,), ticks = drawn(chart([Line([100, 1000, 10000], [1, 2, 3])], "ISO", "y", "caption", log_x=True))
    assert curve[1][0] == pytest.approx(ticks["1000"][0], abs=0.2)


@pytest.mark.parametrize("values", [[5.0, 5.0], [0.0, 0.0], [-3.0, -3.0], [1e-9, 2e-9], [1e9, 3e9], [1.0, 1.0 + 1e-15]])
@pytest.mark.parametrize("log_y", [False, True])
def test_any_range_stays_inside(values: list[float], log_y: bool) -> None:
    marks: list[Mark] = [Line([1, 2], values, "n<me"), Dots([1, 2], values), Band([1, 2], values, values)]
    figure = chart(marks, "x", "y", "caption", log_y=log_y)
    if log_y and max(values) <= 0:
        assert figure == ""
        return
    (curve,), _ = drawn(figure)
    dots = [place(dot.attrib["cx"], dot.attrib["cy"]) for dot in svg_of(figure).iter("circle")]
    assert dots == curve
    assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in curve)
    assert "n&lt;me" in figure


def test_not_a_number_is_left_out_and_breaks_a_line() -> None:
    curves, _ = drawn(chart([Line([0, 1, 2, 3], [1, math.nan, 3, 4])], "x", "y", "caption"))
    assert [len(curve) for curve in curves] == [1, 2]
    curves, _ = drawn(chart([Line([0, 1, 2], [1, math.inf, 3])], "x", "y", "caption"))
    assert [len(curve) for curve in curves] == [2]


@pytest.mark.parametrize("x", [[], [1.0]])
def test_an_empty_chart_is_not_drawn(x: list[float]) -> None:
    nothing = [math.nan] * len(x)
    marks: list[Mark] = [Line(x, nothing, "name"), Dots(x, nothing, "name"), Band(x, nothing, nothing)]
    assert chart(marks, "x", "y", "caption") == ""
    assert chart([], "x", "y", "caption") == ""


def test_what_has_no_point_is_not_in_the_legend() -> None:
    figure = chart([Line([0, 1], [0, 1], "there"), Line([0, 1], [math.nan] * 2, "missing")], "x", "y", "caption")
    assert "there" in figure
    assert "missing" not in figure


def test_intervals_and_bands_span_their_ends() -> None:
    figure = chart(
        [Dots([0, 1], [2, 3], intervals=[(0, 4), (2, 6)]), Band([0, 1], [0, 2], [4, 6])], "x", "y", "caption"
    )
    svg = svg_of(figure)
    bars = [line for line in svg.iter("line") if "bar" in line.attrib["class"]]
    band = next(svg.iter("polygon")).attrib["points"].split()
    corners = [place(*point.split(",")) for point in band]
    ends = [(float(bar.attrib["y1"]), float(bar.attrib["y2"])) for bar in bars]
    # Around the band: the low ends from left to right, the high ends back.
    assert [corners[0][1], corners[1][1]] == [low for low, _ in ends]
    assert [corners[3][1], corners[2][1]] == [high for _, high in ends]


def test_points_beyond_the_span_are_left_out() -> None:
    figure = chart([Dots([0, 1, 2], [1, 2, 1e6])], "x", "y", "caption", y_span=(0, 10))
    assert len(list(svg_of(figure).iter("circle"))) == 2
    assert "1e6" not in figure


@pytest.mark.parametrize("ends", [(1e-9, 1e6), (100, 25600), (0.5, 0.6), (3.0, 3.0), (1e-3, 1), (7e-7, 2e-4)])
def test_logarithmic_ticks_are_few_and_inside(ends: tuple[float, float]) -> None:
    axis = Axis.logarithmic(ends, 0.0, 100.0)
    assert 2 <= len(axis.ticks) <= 6
    assert all(axis.low <= tick <= axis.high for tick in axis.ticks)
    assert 0 <= axis(ends[0]) <= axis(ends[1]) <= 100
