"""`rcl benchmark speed`: lines, a page, and results that are found again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from rcl_benchmark.speed import measure
from rcl_cli.cli.main import cli


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["benchmark", "speed", "--quick", *arguments])


@pytest.mark.slow
def test_parts_give_lines_and_a_page_and_are_measured_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = ("--output", str(tmp_path), "--part", "emd", "--part", "start", "--json", "--debug")
    result = run(*asked)
    assert result.exit_code == 0, result.output
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    assert [row["part"] for row in rows] == ["start"] * 5 + ["emd"] * 5
    assert all(row["ratio"] > 0 and row["median_s"] > 0 for row in rows)
    ours = next(row for row in rows if row["side"] == "rcl")
    assert ours["off"] < 1e-6
    page = (tmp_path / "speed.md").read_text(encoding="utf-8")
    assert "Written by `rcl benchmark speed --quick" in page
    assert "## Earth mover's distances" in page
    assert "| rcl --help |" in page
    assert "## Applying a task to raws" not in page
    assert "ten million raws" in page
    monkeypatch.setattr(measure, "perf_counter", None)
    assert run(*asked).stdout == result.stdout


@pytest.mark.slow
def test_all_parts_can_be_done(tmp_path: Path) -> None:
    result = run("--output", str(tmp_path), "--files", "2")
    assert result.exit_code == 0, result.output
    page = (tmp_path / "speed.md").read_text(encoding="utf-8")
    for words in ("GMAC/s", "LibRaw by rawpy, AHD", "2 files", "step on files of the disk", "core hours"):
        assert words in page
