"""`rcl benchmark quality`: rows, a page with crops, and results that are found again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from rcl_benchmark.quality import measure
from rcl_cli.cli.main import cli


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["benchmark", "quality", *arguments, "--device", "cpu"])


def rows(result: Result) -> list[dict[str, object]]:
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


@pytest.mark.slow
def test_two_methods_give_rows_a_page_and_crops_and_are_measured_once(
    pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = (str(pictures), "-o", str(tmp_path), "--only", "demosaic", "--methods", "bilinear", "--methods", "rcl")
    found = rows(run(*asked, "--json"))
    assert len(found) == 2 * 2 * 2 * 2  # variants, layouts, folders, methods
    assert {(row["data"], row["pictures"]) for row in found} == {("first", 2), ("second", 1)}
    assert all(10 < row["psnr_db"] < 100 for row in found)  # type: ignore[operator]
    page = (tmp_path / "quality.md").read_text(encoding="utf-8")
    assert "| bilinear |" in page
    assert "| rcl |" in page
    assert "Pictures: 2 of first, 1 of second. Of each the whole." in page
    assert "demosaicnet (its weights are not in --data)" in page
    assert (tmp_path / "quality" / "demosaic-coded-bayer.png").is_file()
    monkeypatch.setattr(measure, "sample", None)
    assert rows(run(*asked, "--json")) == found


@pytest.mark.slow
def test_real_pairs_and_a_missing_package(pairs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from rcl_benchmark.quality import methods

    known = methods.version_of
    monkeypatch.setattr(methods, "version_of", lambda name: "" if name == "bm3d" else known(name))
    result = run("--pairs", str(pairs), "-o", str(tmp_path), "--json")
    assert [(row["protocol"], row["method"]) for row in rows(result)] == [("real", "input"), ("real", "rcl")]
    assert "Left out: cbm3d (the package bm3d is not installed)" in result.stderr
    assert "(the package bm3d is not installed)" in (tmp_path / "quality.md").read_text(encoding="utf-8")


def test_something_must_be_named(tmp_path: Path) -> None:
    result = run("-o", str(tmp_path))
    assert result.exit_code == 2
    assert "--pairs" in result.stderr
