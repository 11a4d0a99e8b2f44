"""Which files are read, written and left alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rcl_cli.inference import batch
from rcl_cli.raw.frame import Frame
from rcl_cli.raw.read import read_frame

Call = Callable[..., Any]


@pytest.mark.slow
def test_what_exists_is_skipped_before_it_is_decoded(
    apply: Call, raws: Path, heads: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = ("--task", "denoise", raws, "-o", tmp_path / "out", "--json")
    assert apply(*arguments).exit_code == 0
    before = (tmp_path / "out" / "a.dng").read_bytes()
    decoded: list[Path] = []

    def read(path: Path, *, linear: bool) -> Frame:
        decoded.append(path)
        return read_frame(path)

    monkeypatch.setattr(batch, "read_frame", read)
    again = apply(*arguments)
    assert again.exit_code == 0
    assert [line["status"] for line in again.lines] == ["skipped", "skipped"]
    assert not decoded
    replaced = apply(*arguments, "--overwrite", "--strength", 0.3)
    assert [line["status"] for line in replaced.lines] == ["done", "done"]
    assert len(decoded) == 2
    assert (tmp_path / "out" / "a.dng").read_bytes() != before


@pytest.mark.slow
def test_the_current_folder_is_the_default_and_results_inside_it_are_no_inputs(
    apply: Call, raws: Path, heads: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(raws)
    inputs = {path: path.read_bytes() for path in raws.rglob("*.dng")}
    for _ in range(2):
        result = apply("--task", "denoise", "-o", "results", "--json")
        assert result.exit_code == 0, result.stderr
        assert sorted(line["input"] for line in result.lines) == ["a.dng", "day/b.dng"]
    assert {path: path.read_bytes() for path in inputs} == inputs
    assert not (raws / "results" / "results").exists()


def test_the_input_folder_is_refused_as_output_folder(apply: Call, raws: Path, heads: Path) -> None:
    result = apply("--task", "denoise", raws, "-o", raws)
    assert result.exit_code == 2
    assert "also the input folder" in result.stderr
