"""The rows: measured once, repeatable, each by its own method."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from rcl_benchmark.tables.data import find_data
from rcl_benchmark.zero import run
from rcl_benchmark.zero.data import simulated
from rcl_benchmark.zero.measure import known_rows, measure_cells
from rcl_benchmark.zero.methods import METHODS
from rcl_benchmark.zero.presets import PRESETS, REAL_PRESETS, Budget
from rcl_benchmark.zero.rows import Cell
from rcl_benchmark.zero.run import Comparison, measure_cell
from rcl_cli.domain import Domain
from rcl_cli.nn.metrics import psnr_db

TINY = Budget(steps=2, batch=2, crop=16, width=4, depth=1, test_side=32)
TRAINED = [name for name, method in METHODS.items() if method.pretext]


@pytest.fixture
def comparison(pictures: Path) -> Comparison:
    return Comparison(find_data(pictures, 0), TINY, 1e-3, 0, "cpu")


@pytest.mark.parametrize("domain", run.DOMAINS)
@pytest.mark.parametrize("method", TRAINED)
def test_every_method_has_a_row_on_every_domain(comparison: Comparison, domain: str, method: str) -> None:
    row = measure_cell(comparison, Cell(domain, method))
    assert (row.table, row.method, row.data, row.network, row.trials) == ("zero", method, domain, "skip", 1)
    assert row.labels == (3 if method.startswith("supervised") else 0)
    assert 10 < row.psnr_db < 70


def test_the_input_is_measured_as_it_is(comparison: Comparison) -> None:
    tests = [simulated(path, Domain.RGB, 1, side=32) for path in comparison.data.test]
    expected = sum(psnr_db(test.noisy, test.clean) for test in tests) / len(tests)
    row = measure_cell(comparison, Cell("rgb", "input"))
    assert row.psnr_db == pytest.approx(expected)
    assert row.labels is None


@pytest.mark.slow
def test_rows_are_kept_until_something_that_decides_them_changes(
    comparison: Comparison, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = [Cell("rgb", "input"), Cell("rgb", "sure")]
    planned: list[int] = []
    first = list(measure_cells(comparison, wanted, tmp_path, on_plan=planned.append))
    again = list(measure_cells(comparison, wanted, tmp_path, on_plan=planned.append))
    longer = replace(comparison, budget=replace(TINY, steps=3))
    list(measure_cells(longer, wanted[1:], tmp_path, on_plan=planned.append))
    assert first == again
    assert planned == [2, 0, 1]
    assert known_rows(comparison, tmp_path) == first


def test_trials_have_their_own_seeds_and_the_same_pictures(comparison: Comparison) -> None:
    row = measure_cell(replace(comparison, budget=replace(TINY, trials=2)), Cell("rgb", "recorrupted"))
    assert row.trials == 2
    assert 0 < row.psnr_std < 1


def test_bm3d_is_left_out_where_its_package_is_not(comparison: Comparison, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "installed", lambda: False)
    assert comparison.cells(["rgb"], ["input", "bm3d"]) == [Cell("rgb", "input")]


def test_a_row_is_the_same_when_it_is_trained_again(comparison: Comparison) -> None:
    torch.manual_seed(99)
    first = measure_cell(comparison, Cell("bayer", "sure"))
    assert replace(measure_cell(comparison, Cell("bayer", "sure")), seconds=first.seconds) == first


def test_presets_give_every_method_the_same_budget() -> None:
    assert all(budget.crop % (2 << budget.depth) == 0 for budget in (*PRESETS.values(), *REAL_PRESETS.values()))
