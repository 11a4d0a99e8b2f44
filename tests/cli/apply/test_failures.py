"""Files and tasks that fail, one at a time or all, and Ctrl-C."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from rcl_cli.domain import Domain
from rcl_cli.inference.pipeline import Pipeline
from rcl_cli.raw.write import write_picture
from rcl_cli.task import Task

Call = Callable[..., Any]


@pytest.mark.slow
def test_one_bad_file_is_one_line_and_the_rest_is_done(apply: Call, raws: Path, heads: Path, tmp_path: Path) -> None:
    (raws / "cut.dng").write_bytes((raws / "a.dng").read_bytes()[:900])
    result = apply("--task", "denoise", raws, tmp_path / "missing.dng", "-o", tmp_path / "out", "--json")
    assert result.exit_code == 1
    by_name = {Path(line["path"]).name: line for line in result.lines}
    assert {name: line["status"] for name, line in by_name.items()} == {
        "a.dng": "done",
        "b.dng": "done",
        "cut.dng": "failed",
        "missing.dng": "failed",
    }
    assert by_name["cut.dng"]["output"] is None
    assert by_name["cut.dng"]["reason"]
    assert "Traceback" not in result.stderr


def test_nothing_done_is_exit_code_2(apply: Call, heads: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "bad.dng").write_bytes(b"II*\x00 and then nothing")
    for paths in (tmp_path / "empty", tmp_path / "bad.dng", tmp_path / "missing"):
        result = apply("--task", "denoise", paths, "-o", tmp_path / "out")
        assert result.exit_code == 2
        assert "Traceback" not in result.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_ctrl_c_keeps_what_is_done(
    apply: Call, raws: Path, heads: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = Pipeline.restore

    def interrupted(self: Any, ready: Any, *rest: Any) -> Any:
        if ready.frame.metadata.path.name == "b.dng":
            raise KeyboardInterrupt
        return first(self, ready, *rest)

    monkeypatch.setattr(Pipeline, "restore", interrupted)
    result = apply("--task", "denoise", raws, "-o", tmp_path / "out", "--json")
    assert result.exit_code == 130
    assert "Interrupted" in result.stderr
    assert [path.name for path in (tmp_path / "out").rglob("*") if path.is_file()] == ["a.dng"]
    assert [(Path(line["path"]).name, line["status"]) for line in result.lines] == [("a.dng", "done")]


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="sends signals as POSIX has them")
def test_ctrl_c_while_a_result_is_written_tells_of_it(
    apply: Call, raws: Path, heads: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def pressed(target: Path, *rest: Any, **options: Any) -> None:
        if target.name == "b.dng":
            time.sleep(0.1)  # nothing is left but to wait for it
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.1)
        write_picture(target, *rest, **options)

    monkeypatch.setattr("rcl_cli.inference.batch.write_picture", pressed)
    result = apply("--task", "denoise", raws, "-o", tmp_path / "out", "--json")
    assert result.exit_code == 130
    assert (tmp_path / "out" / "day" / "b.dng").is_file()
    assert [(Path(line["path"]).name, line["status"]) for line in result.lines] == [
        ("a.dng", "done"),
        ("b.dng", "done"),
    ]


@pytest.mark.slow
def test_a_task_that_fails_is_a_reason_and_with_debug_a_traceback(
    apply: Call, raws: Path, heads: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    finish = Task.finish

    def failing(self: Task, prediction: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        if len(x) == Domain.XTRANS.channels:
            raise ValueError("no X-Trans\nplease")
        return finish(self, prediction, x)

    monkeypatch.setattr(Task, "finish", failing)
    result = apply("--task", "denoise", raws, "-o", tmp_path / "out", "--json")
    assert result.exit_code == 1
    assert [line["status"] for line in result.lines] == ["done", "failed"]
    assert result.lines[1]["reason"] == "unexpected ValueError: no X-Trans please"
    assert "Traceback" not in result.stderr
    assert "Traceback" in apply("--task", "denoise", raws, "-o", tmp_path / "out", "--debug").stderr


@pytest.mark.slow
@pytest.mark.realdata
def test_bad_raws_are_one_line_each_beside_a_good_one(
    apply: Call, raw: Call, realdata: Path, heads: Path, tmp_path: Path
) -> None:
    bad = realdata / "raw" / "bad"
    raw(tmp_path / "good.dng")
    result = apply("--task", "denoise", bad, tmp_path / "good.dng", "-o", tmp_path / "out", "--json")
    assert result.exit_code == 1, result.stderr
    status = {Path(line["path"]).name: line["status"] for line in result.lines}
    names = {path.name for path in bad.iterdir() if path.is_file()}
    assert status == {**dict.fromkeys(names, "failed"), "good.dng": "done"}
    assert all(line["reason"] and "\n" not in line["reason"] for line in result.lines if line["status"] == "failed")
    assert "Traceback" not in result.stderr
    assert (tmp_path / "out" / "good.dng").is_file()


@pytest.mark.realdata
def test_bad_raws_alone_are_exit_code_2(apply: Call, realdata: Path, heads: Path, tmp_path: Path) -> None:
    result = apply("--task", "denoise", realdata / "raw" / "bad", "-o", tmp_path / "out")
    assert result.exit_code == 2
    assert "Traceback" not in result.stderr


def test_pictures_beside_raws_are_skipped_and_said_once(
    apply: Call, raws: Path, picture: Call, heads: Path, tmp_path: Path
) -> None:
    """A folder as cameras fill it; what is named itself is still a failure."""
    pictures = ("a.JPG", "b.jpg", "MVI_1.THM.jpg")
    for name in pictures:
        picture(raws / name)
    (raws / "MVI_1.THM.jpg").rename(raws / "MVI_1.THM")
    result = apply("--task", "demosaic", raws, "-o", tmp_path / "out", "--json")
    assert result.exit_code == 0, result.stderr
    status = {Path(line["path"]).name: line["status"] for line in result.lines}
    assert status == {"a.dng": "done", "b.dng": "done", "a.JPG": "skipped", "b.jpg": "skipped"}
    assert result.stderr.count("this one is rgb") == 1
    assert "2 skipped: demosaic works on bayer, xtrans files" in result.stderr
    assert apply("--task", "demosaic", raws, raws / "a.JPG", "-o", tmp_path / "out").exit_code == 1
    (tmp_path / "pictures").mkdir()
    (raws / "a.JPG").rename(tmp_path / "pictures" / "a.JPG")
    assert apply("--task", "demosaic", tmp_path / "pictures", "-o", tmp_path / "other").exit_code == 2
