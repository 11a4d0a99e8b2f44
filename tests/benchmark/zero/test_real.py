"""Rows of real pairs: each method on each set, measured once."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from rcl_benchmark.engine.block import INPUT
from rcl_benchmark.engine.jobs import Run
from rcl_benchmark.engine.records import Records
from rcl_benchmark.engine.row import Row
from rcl_benchmark.zero import comparison as comparing
from rcl_benchmark.zero import score
from rcl_benchmark.zero.comparison import Cell, Comparison
from rcl_benchmark.zero.data import NoisyPicture
from rcl_benchmark.zero.methods import BM3D, BM3D_STRONG, NOISY_AS_CLEAN, REAL_METHODS
from rcl_benchmark.zero.presets import Budget
from rcl_benchmark.zero.real import find_sets, middle, on_real_noise
from rcl_benchmark.zero.table import ZERO
from rcl_calibration.profile import NoiseProfile
from rcl_cli.domain import Domain

NAMES = ("first", "second")
TINY = Budget(steps=2, batch=2, crop=16, width=4, depth=1, test_side=48)


@pytest.fixture
def comparison(real_pairs: Path) -> Comparison:
    return on_real_noise(find_sets(real_pairs, TINY.crop)[0], TINY, 0, "cpu")


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[NoiseProfile]:
    """BM3D as if it were installed; the noise that it is told at each call."""
    heard: list[NoiseProfile] = []

    def listening(noisy: np.ndarray, noise: NoiseProfile, domain: Domain) -> np.ndarray:
        heard.append(noise)
        return noisy

    monkeypatch.setattr(comparing, "installed", lambda: True)
    monkeypatch.setattr(score, "bm3d", listening)
    return heard


def planned(comparison: Comparison, work: Path, *methods: str) -> Run[Row]:
    jobs = comparison.jobs(comparison.cells(NAMES, methods))
    return Run.plan(jobs, Records(work / "records.jsonl"), ZERO.load)


def rows_of(comparison: Comparison, work: Path, *methods: str) -> list[Row]:
    return list(planned(comparison, work, *methods).results())


@pytest.mark.slow
def test_every_method_has_a_row_on_every_set(comparison: Comparison, tmp_path: Path, told: list[NoiseProfile]) -> None:
    rows = rows_of(comparison, tmp_path, *REAL_METHODS)
    assert {(row.data, row.method, row.labels, row.network) for row in rows} == {
        (data, method, *((0, "skip") if method == NOISY_AS_CLEAN else (None, "")))
        for data in ("first", "second")
        for method in REAL_METHODS
    }
    on_page = ZERO.in_order(list(planned(comparison, tmp_path, *REAL_METHODS).known.values()))
    for data in ("first", "second"):
        assert [row.method for row in on_page if row.data == data] == list(REAL_METHODS)


def test_the_input_is_scored_in_its_middle(comparison: Comparison, tmp_path: Path) -> None:
    (first, _) = rows_of(comparison, tmp_path, INPUT)
    # The mean squared error is that of the noise, 8² DN, and of rounding both, twice 1/12.
    assert abs(first.psnr_db - 10 * np.log10(255**2 / (64 + 1 / 6))) < 0.2


def test_bm3d_is_told_the_measured_level_and_the_strong_one_more(
    comparison: Comparison, tmp_path: Path, told: list[NoiseProfile]
) -> None:
    rows_of(comparison, tmp_path, BM3D, BM3D_STRONG)
    first, first_strong, second, second_strong = told[:2], told[2:4], told[4:5], told[5:]
    for noise, strong in zip(first + second, first_strong + second_strong, strict=True):
        # The flattest quarter of the blocks has somewhat less than the true level.
        assert 0.6 < 255 * np.sqrt(noise.read[0]) / 8 < 1.05
        assert np.sqrt(strong.read) == pytest.approx(2.5 * np.sqrt(noise.read))
        assert strong.shot == noise.shot == (0, 0, 0, 0)


def test_rows_are_kept_until_something_that_decides_them_changes(comparison: Comparison) -> None:
    alone = replace(comparison, kinds=comparison.kinds[:1])
    changed = {
        "steps": replace(comparison, budget=replace(TINY, steps=3)),
        "seed": replace(comparison, seed=1),
        "sets": alone,
        "side": replace(comparison, budget=replace(TINY, test_side=32)),
    }
    for method, deciding in ((INPUT, {"side"}), (NOISY_AS_CLEAN, set(changed))):
        cell = Cell("first", method)
        found = {name for name, other in changed.items() if other.key(cell) != comparison.key(cell)}
        assert found == deciding


def test_one_training_serves_all_sets(comparison: Comparison) -> None:
    jobs = comparison.jobs(comparison.cells(NAMES, [INPUT, NOISY_AS_CLEAN]))
    assert [len(job.parts) for job in jobs] == [1, 2, 1]


@pytest.mark.slow
def test_trials_have_their_own_seeds(comparison: Comparison, tmp_path: Path) -> None:
    several = replace(comparison, budget=replace(TINY, trials=2))
    row = rows_of(several, tmp_path, NOISY_AS_CLEAN)[0]
    assert row.trials == 2
    assert row.psnr_std > 0


def test_bm3d_is_left_out_where_its_package_is_not(comparison: Comparison, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comparing, "installed", lambda: False)
    assert {cell.method for cell in comparison.cells(NAMES, list(REAL_METHODS))} == {INPUT, NOISY_AS_CLEAN}


def test_the_middle_fits_every_network() -> None:
    picture = torch.rand(3, 75, 200)
    cut = middle(NoisyPicture(Path("a.png"), picture, picture + 1, NoiseProfile.uniform(0, 1e-4)), 128)
    assert cut.clean.shape == (3, 64, 128)
    assert torch.equal(cut.clean, picture[:, 5:69, 36:164])
    assert torch.equal(cut.noisy, cut.clean + 1)
