"""`rcl benchmark zero`: one JSON object a row."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from rcl_benchmark.zero import block_matching
from rcl_cli.cli.main import cli

ASKED = ("--preset", "smoke", "--steps", "1", "--method", "input", "--method", "sure", "--domain", "rgb")


def run(pictures: Path, work: Path, *arguments: str) -> list[dict[str, object]]:
    result = CliRunner().invoke(
        cli, ["benchmark", "zero", "--data", str(pictures), "--output", str(work), "--device", "cpu", *arguments]
    )
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines() if line.startswith("{")]


@pytest.mark.slow
def test_it_prints_a_row_for_each_method(pictures: Path, tmp_path: Path) -> None:
    rows = run(pictures, tmp_path, *ASKED, "--json")
    assert [(row["method"], row["data"], row["labels"]) for row in rows] == [("input", "rgb", None), ("sure", "rgb", 0)]
    assert rows == run(pictures, tmp_path, *ASKED, "--json")


@pytest.mark.slow
def test_it_says_that_bm3d_is_left_out(pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(block_matching, "find_spec", lambda name: None)
    arguments = ["benchmark", "zero", "--data", str(pictures), "--output", str(tmp_path), "--method", "bm3d"]
    result = CliRunner().invoke(cli, [*arguments, "--preset", "smoke", "--json"])
    assert result.exit_code == 0
    assert result.stdout == ""
    assert "its package is not installed" in result.stderr


@pytest.mark.slow
def test_real_pairs_join_the_page_beside_rows_of_earlier_runs(pictures: Path, real_pairs: Path, tmp_path: Path) -> None:
    run(pictures, tmp_path, *ASKED)
    real = ("--preset", "smoke", "--steps", "1", "--domain", "real", "--real", str(real_pairs), "--method", "input")
    rows = run(pictures, tmp_path, *real, "--method", "noisy-as-clean", "--json")
    assert [(row["data"], row["method"]) for row in rows] == [
        ("first", "input"),
        ("first", "noisy-as-clean"),
        ("second", "noisy-as-clean"),
        ("second", "input"),
    ]
    page = (tmp_path / "zero.md").read_text()
    assert "| sure |" in page
    assert page.count("| noisy-as-clean |") == 4
    assert "Real pairs: 2 of first, 1 of second, the middle 64²" in page


@pytest.mark.slow
def test_a_bad_pair_is_named_and_the_others_are_measured(pictures: Path, real_pairs: Path, tmp_path: Path) -> None:
    (real_pairs / "first" / "scene0_mean.png").unlink()
    arguments = ["benchmark", "zero", "--data", str(pictures), "--output", str(tmp_path), "--real", str(real_pairs)]
    result = CliRunner().invoke(cli, [*arguments, "--domain", "real", "--method", "input", "--preset", "smoke"])
    assert result.exit_code == 1
    assert "scene0_real.png" in result.stderr
    assert "Real pairs: 1 of first, 1 of second" in (tmp_path / "zero.md").read_text()


@pytest.mark.parametrize("asked", [("--domain", "real"), ("--method", "noisy-as-clean")])
def test_real_rows_need_real_pairs(pictures: Path, tmp_path: Path, asked: tuple[str, str]) -> None:
    result = CliRunner().invoke(cli, ["benchmark", "zero", "--data", str(pictures), "--output", str(tmp_path), *asked])
    assert result.exit_code == 2
    assert "--real" in result.stderr
