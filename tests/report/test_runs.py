"""A run's log in charts: whichever pretext it is of, however long, however damaged."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from rcl_cli.errors import FileError
from rcl_cli.report.finetuning import finetuning_section
from rcl_cli.report.metrics import NAME, read_metrics, series
from rcl_cli.report.pretraining import pretraining_section
from rcl_cli.report.run_page import is_run, read_run, run_page

from .pages import run


def captions(page: str) -> list[str]:
    return [part.partition("</figcaption>")[0] for part in page.split("<figcaption>")[1:]]


def test_lines_that_are_cut_or_strange_are_left_out(tmp_path: Path) -> None:
    lines = ['{"step": 1, "a": 2}', '{"step": 2, "a": null}', "[1]", "{}", '{"step": "x"}', '{"step": NaN, "a": 1}']
    lines += [
        '{"step": 3, "a": Infinity, "b": true, "c": 1e400}',
        "[" * 5000,
        '{"step": 4, "a": 1' + "0" * 400 + "}",
        '{"st',
    ]
    (tmp_path / NAME).write_bytes("\n".join(lines).encode() + b"\xff")
    assert read_metrics(tmp_path / NAME) == [{"step": 1, "a": 2}, {"step": 2}, {"step": 3}, {"step": 4}]


def test_a_long_run_becomes_means_and_ranges() -> None:
    values = np.random.default_rng(1).random(10_000)
    rows = [{"step": float(i + 1), "x": float(v)} for i, v in enumerate(values)]
    found = series(rows, "x", 100)
    assert found is not None
    blocks = values.reshape(100, 100)
    assert found.mean == pytest.approx(blocks.mean(1).tolist())
    assert found.low == pytest.approx(blocks.min(1).tolist())
    assert found.high == pytest.approx(blocks.max(1).tolist())
    assert found.x[0] == 50.5
    assert series(rows, "y") is None


def test_a_short_run_is_drawn_as_it_is() -> None:
    rows = [{"step": 1.0, "x": 3.0}, {"step": 2.0}, {"step": 5.0, "x": 4.0}]
    found = series(rows, "x")
    assert found is not None
    assert (found.x, found.mean) == ([1.0, 5.0], [3.0, 4.0])
    assert found.low == found.high


def test_all_that_a_pretraining_measures_is_drawn(tmp_path: Path) -> None:
    said = captions(run(tmp_path / "a", "error_dn"))
    for part in (
        "minimised",
        "Contrast",
        "Consistency",
        "size of the residual",
        "EMD of residuals",
        "told from",
        "Gradient",
        "error_dn",
    ):
        assert sum(part in caption for caption in said) == 1, part


def test_a_pretext_of_few_figures_has_few_charts() -> None:
    rows = [{"step": float(step), "total": 1.0 / step, "crops_per_s": 5.0} for step in range(1, 9)]
    assert len(captions(pretraining_section(rows))) == 1
    assert pretraining_section(rows[:1]) == ""  # a single point is no curve
    assert pretraining_section([]) == ""


def test_a_finetuning_says_what_the_best_validation_was() -> None:
    rows = [
        {"step": 0.0, "val_loss": 3.0, "val_psnr_db": 30.0},
        {"step": 10.0, "loss": 2.0, "val_loss": 1.0, "val_psnr_db": 33.25, "learning_rate": 1e-3},
        {"step": 20.0, "loss": 1.5, "val_loss": 9.0, "val_psnr_db": 20.0, "learning_rate": 1e-4, "restored": 10.0},
    ]
    page = finetuning_section(rows)
    assert "best, step 10" in page
    assert "33.25" in page
    assert "at step 20 back to step 10" in page
    assert {"Loss", "PSNR"} <= {caption.split()[0].strip(",:") for caption in captions(page)}
    assert finetuning_section([]) == ""


def test_the_kind_of_a_run_is_seen_without_its_note(tmp_path: Path) -> None:
    for name, line, kind in (
        ("a", {"step": 0, "val_loss": 1}, "finetuning"),
        ("b", {"step": 1, "total": 1}, "pretraining"),
    ):
        folder = tmp_path / name
        folder.mkdir()
        assert not is_run(folder)
        (folder / NAME).write_text(json.dumps(line) + "\n")
        assert is_run(folder)
        assert read_run(folder).kind == kind


@pytest.mark.parametrize(
    "note", ["", "[]", "{}", '{"settings": 3}', '{"settings": {"steps": {"a": []}}, "data": 7}', "[" * 5000]
)
def test_a_damaged_note_costs_no_charts(tmp_path: Path, note: str) -> None:
    (tmp_path / "run.json").write_text(note)
    (tmp_path / NAME).write_text('{"step": 1, "total": 2}\n{"step": 2, "total": 1}\n')
    page = run_page(tmp_path)
    assert "minimised" in page
    assert "They are not shown" in page  # the residuals


def test_a_run_without_anything_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text("{")
    with pytest.raises(FileError, match="nothing can be read"):
        read_run(tmp_path)
