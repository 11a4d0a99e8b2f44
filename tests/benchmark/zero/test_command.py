"""`rcl benchmark zero`: one JSON object a row."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from rcl_cli.benchmark.zero import block_matching
from rcl_cli.main import cli

ASKED = ("--preset", "smoke", "--steps", "1", "--method", "input", "--method", "sure", "--domain", "rgb")


def run(pictures: Path, work: Path, *arguments: str) -> list[dict[str, object]]:
    result = CliRunner().invoke(
        cli, ["benchmark", "zero", "--data", str(pictures), "--output", str(work), "--device", "cpu", *arguments]
    )
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines() if line.startswith("{")]


def test_it_prints_a_row_for_each_method(pictures: Path, tmp_path: Path) -> None:
    rows = run(pictures, tmp_path, *ASKED, "--json")
    assert [(row["method"], row["data"], row["labels"]) for row in rows] == [("input", "rgb", None), ("sure", "rgb", 0)]
    assert rows == run(pictures, tmp_path, *ASKED, "--json")


def test_it_says_that_bm3d_is_left_out(pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(block_matching, "find_spec", lambda name: None)
    arguments = ["benchmark", "zero", "--data", str(pictures), "--output", str(tmp_path), "--method", "bm3d"]
    result = CliRunner().invoke(cli, [*arguments, "--preset", "smoke", "--json"])
    assert result.exit_code == 0
    assert result.stdout == ""
    assert "its package is not installed" in result.stderr
