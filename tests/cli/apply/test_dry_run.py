"""`rcl apply --dry-run` writes nothing and says what the run then does."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from rcl_cli.cli.main import cli


@pytest.fixture
def card(tmp_path: Path) -> Path:
    """Two raws, a damaged one and a JPEG that the camera wrote beside them."""
    import cv2
    import numpy as np

    folder = tmp_path / "card"
    made = CliRunner().invoke(cli, ["samples", str(folder), "--count", "2", "--size", "64"])
    assert made.exit_code == 0, made.output
    (folder / "bad.dng").write_bytes(b"II*\0 is cut short")
    cv2.imwrite(str(folder / "a.jpg"), np.full((64, 64, 3), 90, np.uint8))
    return folder


def run(card: Path, *more: str) -> tuple[Result, dict[str, dict[str, Any]]]:
    store = str(card.parent / "store")
    asked = [
        "apply",
        "--task",
        "demosaic",
        str(card),
        "-o",
        str(card.parent / "out"),
        "--store",
        store,
        "--device",
        "cpu",
    ]
    result = CliRunner().invoke(cli, [*asked, *more, "--json"])
    return result, {Path(line["path"]).name: line for line in map(json.loads, result.stdout.splitlines())}


def test_it_foretells_the_run_and_writes_nothing(card: Path) -> None:
    before = {path: path.read_bytes() for path in card.parent.rglob("*") if path.is_file()}
    result, planned = run(card, "--dry-run")
    assert result.exit_code == 1  # a file is damaged
    assert {path: path.read_bytes() for path in card.parent.rglob("*") if path.is_file()} == before
    assert not (card.parent / "out").exists()
    assert "2 of 4 files would be done" in result.stderr
    real, done = run(card)
    assert real.exit_code == result.exit_code
    for name, line in done.items():
        if line["status"] == "done":
            assert planned[name]["reason"] == "dry run"
            assert [planned[name][key] for key in ("output", "model", "profile")] == [
                line[key] for key in ("output", "model", "profile")
            ]
        else:
            assert (planned[name]["status"], planned[name]["reason"]) == (line["status"], line["reason"])
    _, again = run(card, "--dry-run")
    assert {line["reason"] for line in again.values() if line["output"]} == {"exists already"}
    _, forced = run(card, "--dry-run", "--overwrite")
    assert sum(line["reason"] == "dry run" for line in forced.values()) == 2


def test_a_task_or_model_that_there_is_not_is_an_error(card: Path) -> None:
    result, _ = run(card, "--dry-run", "--model", "nothing")
    assert (result.exit_code, "nothing" in result.stderr) == (2, True)


def test_only_selected_files_are_planned(card: Path) -> None:
    result, planned = run(card, "--dry-run", "--select", "iso=800")
    assert [name for name, line in planned.items() if line["reason"] == "dry run"] == ["sample-002-iso00800.dng"]
    assert "selected by iso=800" in result.stderr


def test_nothing_selected_is_an_error(card: Path) -> None:
    (card / "bad.dng").unlink()
    result, _ = run(card, "--select", "camera=Leica")
    assert (result.exit_code, "selected by camera=Leica" in result.stderr) == (2, True)


@pytest.mark.parametrize("suffix", ["/x", "a/b", "\n"])
def test_a_suffix_that_is_no_end_of_a_name_is_refused(card: Path, suffix: str) -> None:
    result, _ = run(card, "--dry-run", "--suffix", suffix)
    assert (result.exit_code, "cannot end a name" in result.stderr) == (2, True)


def test_results_beside_the_files_are_no_inputs_the_next_time(card: Path) -> None:
    asked = ["apply", "--task", "denoise", str(card), "--suffix", "_dn", "--device", "cpu", "--json"]
    for statuses in (["done", "done", "failed"], ["failed", "skipped", "skipped"]):
        result = CliRunner().invoke(cli, [*asked, "--select", "iso=50-"])
        found = [json.loads(line) for line in result.stdout.splitlines()]
        assert sorted(line["status"] for line in found) == statuses
    made = {path.name for path in card.glob("*_dn.dng")}
    assert made == {"sample-001-iso00100_dn.dng", "sample-002-iso00800_dn.dng"}
