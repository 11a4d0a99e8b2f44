"""The rows: measured once, repeatable, each by its own method."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from rcl_benchmark.engine.jobs import Run
from rcl_benchmark.engine.records import Records
from rcl_benchmark.engine.row import Row
from rcl_benchmark.tables.data import find_data
from rcl_benchmark.zero import comparison as comparing
from rcl_benchmark.zero.comparison import Cell, Comparison, measure
from rcl_benchmark.zero.data import simulated
from rcl_benchmark.zero.methods import DOMAINS, METHODS
from rcl_benchmark.zero.presets import PRESETS, REAL_PRESETS, Budget
from rcl_benchmark.zero.simulated import on_simulated_noise
from rcl_benchmark.zero.table import ZERO
from rcl_cli.domain import Domain
from rcl_cli.measure.metrics import psnr_db

TINY = Budget(steps=2, batch=2, crop=16, width=4, depth=1, test_side=32)
TRAINED = [name for name, method in METHODS.items() if method.pretext]


def simulated_on(pictures: Path, seed: int = 0) -> Comparison:
    return on_simulated_noise(find_data(pictures, 0), TINY, seed, "cpu", 1e-3)


@pytest.fixture
def comparison(pictures: Path) -> Comparison:
    return simulated_on(pictures)


def row_of(comparison: Comparison, cell: Cell) -> Row:
    (row,) = measure(comparison, cell)
    return row


@pytest.mark.parametrize("domain", DOMAINS)
@pytest.mark.parametrize("method", TRAINED)
def test_every_method_has_a_row_on_every_domain(comparison: Comparison, domain: str, method: str) -> None:
    row = row_of(comparison, Cell(domain, method))
    assert (row.table, row.method, row.data, row.network, row.trials) == ("zero", method, domain, "skip", 1)
    assert row.labels == (3 if method.startswith("supervised") else 0)
    assert 10 < row.psnr_db < 70


def test_the_input_is_measured_as_it_is(comparison: Comparison, pictures: Path) -> None:
    tests = [simulated(path, Domain.RGB, 1, side=32) for path in find_data(pictures, 0).test]
    expected = sum(psnr_db(test.noisy, test.clean) for test in tests) / len(tests)
    row = row_of(comparison, Cell("rgb", "input"))
    assert row.psnr_db == pytest.approx(expected)
    assert row.labels is None


@pytest.mark.slow
def test_rows_are_kept_until_something_that_decides_them_changes(
    comparison: Comparison, pictures: Path, tmp_path: Path
) -> None:
    wanted = [Cell("rgb", "input"), Cell("rgb", "sure")]

    def planned(asked: Comparison) -> Run[Row]:
        return Run.plan(asked.jobs(wanted), Records(tmp_path / "records.jsonl"), ZERO.load)

    first = list(planned(comparison).results())
    assert list(planned(comparison).known.values()) == first
    longer = replace(comparison, budget=replace(TINY, steps=3))
    assert [job.name for job in planned(longer).left] == ["zero, sure, rgb"]
    assert len(planned(simulated_on(pictures, seed=1)).left) == 2
    assert len(planned(replace(comparison, contrast=0.5)).left) == 0


def test_trials_have_their_own_seeds_and_the_same_pictures(comparison: Comparison) -> None:
    row = row_of(replace(comparison, budget=replace(TINY, trials=2)), Cell("rgb", "noise2self"))
    assert row.trials == 2
    assert 0 < row.psnr_std < 1


def test_bm3d_is_left_out_where_its_package_is_not(comparison: Comparison, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comparing, "installed", lambda: False)
    assert comparison.cells(["rgb"], ["input", "bm3d"]) == [Cell("rgb", "input")]


def test_a_row_is_the_same_when_it_is_trained_again(comparison: Comparison) -> None:
    torch.manual_seed(99)
    first = row_of(comparison, Cell("bayer", "sure"))
    assert replace(row_of(comparison, Cell("bayer", "sure")), seconds=first.seconds) == first


def test_presets_give_every_method_the_same_budget() -> None:
    assert all(budget.crop % (2 << budget.depth) == 0 for budget in (*PRESETS.values(), *REAL_PRESETS.values()))
