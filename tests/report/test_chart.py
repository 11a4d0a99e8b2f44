"""Points lie where the axes say."""

from __future__ import annotations

import math
from xml.etree import ElementTree

import pytest

from rcl_cli.report.chart import Line, chart


def drawn(figure: str) -> tuple[list[list[tuple[float, float]]], dict[str, tuple[float, float]]]:
    """The curves' points, and the places of the tick labels."""
    svg = ElementTree.fromstring(figure[figure.index("<svg") : figure.index("</svg>") + len("</svg>")])
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


@pytest.mark.parametrize("values", [[5.0, 5.0], [0.0, 0.0], [-3.0, -3.0], [1e-9, 2e-9], [1e9, 3e9]])
@pytest.mark.parametrize("log_y", [False, True])
def test_any_range_stays_inside(values: list[float], log_y: bool) -> None:
    figure = chart([Line([1, 2], values, "n<me")], "x", "y", "caption", log_y=log_y)
    if log_y and max(values) <= 0:
        assert figure == ""
        return
    (curve,), _ = drawn(figure)
    assert all(0 <= x <= 520 and 0 <= y <= 300 for x, y in curve)
    assert "n&lt;me" in figure


def test_not_a_number_is_left_out() -> None:
    (curve,), _ = drawn(chart([Line([0, 1, 2], [1, math.nan, 3])], "x", "y", "caption"))
    assert len(curve) == 2
