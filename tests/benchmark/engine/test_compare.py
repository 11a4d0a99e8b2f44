from __future__ import annotations

import math

import pytest

from rcl_benchmark.engine.compare import difference, labels_needed
from rcl_benchmark.tables.table3 import PAPER


def test_two_standard_errors_are_those_of_independent_means(make_row):
    found = difference(make_row("a", 30.0, psnr_std=0.3, trials=9), make_row("b", 29.5, psnr_std=0.8, trials=16))
    assert found.db == pytest.approx(0.5)
    assert found.two_errors == pytest.approx(2 * math.hypot(0.3 / 3, 0.8 / 4))


def test_what_is_no_network_has_no_spread_of_its_own(make_row):
    noisy = make_row("input", 29.0, network="", psnr_std=0.0, trials=1)
    assert difference(make_row("a", 30.0), noisy).two_errors == pytest.approx(2 * 0.1 / math.sqrt(5))


def test_a_single_trial_spreads_as_its_counterpart(make_row):
    single = make_row("oracle", 31.0, psnr_std=0.0, trials=1)
    assert difference(single, make_row("a", 30.0)).two_errors == pytest.approx(2 * math.sqrt(0.01 + 0.01 / 5))


def test_without_trials_nothing_can_be_told(make_row):
    first, second = (make_row(name, psnr, psnr_std=0.0, trials=1) for name, psnr in (("a", 35.0), ("b", 30.0)))
    assert difference(first, second).two_errors is None


def test_labels_needed_lie_on_a_line_over_their_logarithm():
    # 2 dB for each factor of 10: 29 dB are reached at 10^1.5.
    assert labels_needed({10: 28.0, 100: 30.0, 1000: 32.0}, 29.0).labels == pytest.approx(10**1.5)


@pytest.mark.parametrize(("labels", "said"), [(1_000, 500), (10_000, 4_000)])
def test_labels_needed_of_the_paper_agree_with_what_it_says(labels, said):
    # Section 5, "Label-Efficient Learning", of measured figures: within a factor of 1.5 of a straight line.
    curve = {n: figure.psnr_db for n, figure in PAPER["rcl+sl"].items()}
    found = labels_needed(curve, PAPER["sl"][labels].psnr_db).labels
    assert said / 1.5 < found < said * 1.5


@pytest.mark.parametrize(
    ("psnr", "expected"), [(19.0, (0, "")), (20.0, (0, "")), (27.0, (10, "≤")), (28.0, (10, "≤")), (33.0, (100, ">"))]
)
def test_beyond_the_curve_labels_needed_are_bounds(psnr, expected):
    found = labels_needed({100: 30.0, 0: 20.0, 10: 28.0}, psnr)
    assert (found.labels, found.bound) == expected


def test_a_curve_that_falls_counts_where_it_first_reaches():
    assert labels_needed({10: 28.0, 100: 30.0, 1000: 29.0}, 30.0).labels == pytest.approx(100)


def test_an_empty_curve_is_refused():
    with pytest.raises(ValueError, match="point"):
        labels_needed({}, 30.0)
