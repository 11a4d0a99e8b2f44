"""A log for each part of a divided batch, and all of them together."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

import rcl_cli
from rcl_cli.cli.main import cli
from rcl_cli.cli.shard_log import ShardLog, merge, shard_log
from rcl_cli.errors import FileError, RclError


def run(*words: object) -> Result:
    return CliRunner().invoke(cli, list(map(str, words)))


def line(path: str, status: str, reason: str = "") -> dict[str, Any]:
    return {"kind": "picture", "path": path, "status": status, "reason": reason}


@pytest.mark.slow
def test_parts_log_what_they_do_and_are_merged(tmp_path: Path) -> None:
    raws, out = tmp_path / "raws", tmp_path / "out"
    for number in range(6):
        mosaic = np.random.default_rng(number).integers(600, 9000, (32, 48)).astype(np.uint16)
        rcl_cli.write(raws / f"{number}.dng", rcl_cli.Raw(mosaic, "RGGB", black=512, white=16383))
    (raws / "bad.dng").write_bytes(b"none")
    for part in ("1/3", "2/3"):
        run("apply", "--task", "denoise", raws, "-o", out, "--shard", part)
    early = run("logs", "merge", out)
    assert early.exit_code == 1
    assert "No log of 1 part: 3/3" in early.stderr
    for part in ("3/3", "1/3"):  # one of them again: what exists is skipped
        run("apply", "--task", "denoise", raws, "-o", out, "--shard", part)
    merged = run("logs", "merge", out, "--json", "-o", tmp_path / "all.jsonl")
    assert merged.exit_code == 1
    found = [json.loads(one) for one in merged.stdout.splitlines()]
    assert sorted((Path(one["path"]).name, one["status"]) for one in found) == [
        *((f"{number}.dng", "done") for number in range(6)),
        ("bad.dng", "failed"),
    ]
    assert [json.loads(one) for one in (tmp_path / "all.jsonl").read_text().splitlines()] == found
    assert "No log of" not in merged.stderr
    assert run("apply", "--task", "denoise", out, "-o", tmp_path / "again", "--dry-run").exit_code == 2  # only results


def test_the_last_line_counts_but_a_result_that_exists_does_not_hide_how_it_was_made(tmp_path: Path) -> None:
    file = tmp_path / "out" / "rcl-sr-1-of-1.jsonl"
    log = ShardLog(file)
    for one in (line("a", "failed", "no"), line("b", "done"), line("a", "done"), line("b", "skipped", "exists")):
        log.write(one)
    assert statuses(file) == {"a": "done", "b": "done"}
    file.write_bytes(file.read_bytes() + b'{"kind": "pict')  # the machine went down
    assert statuses(file) == {"a": "done", "b": "done"}
    ShardLog(file).write(line("c", "failed", "no"))
    assert statuses(file) == {"a": "done", "b": "done", "c": "failed"}


def statuses(file: Path) -> dict[str, str]:
    return {path: found["status"] for path, found in merge([file]).lines.items()}


def test_only_parts_have_logs_and_they_lie_beside_the_results(tmp_path: Path) -> None:
    assert shard_log([tmp_path], None, "sr", "", None).path is None
    assert shard_log([tmp_path], None, "sr", "", "1/1").path is None
    name = "rcl-sr-2-of-8.jsonl"
    assert shard_log([tmp_path], None, "sr", "", "2/8").path == tmp_path / "sr" / name
    assert shard_log([tmp_path], None, "sr", "_x", "2/8").path == tmp_path / name
    assert shard_log([tmp_path / "a.dng"], None, "sr", "", " 02 / 8 ").path == tmp_path / "sr" / name
    assert shard_log([tmp_path], tmp_path / "out", "sr", "", "2/8").path == tmp_path / "out" / name


def test_a_log_that_cannot_be_written_ends_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").touch()
    log = ShardLog(tmp_path / "file" / "rcl-sr-1-of-2.jsonl")
    log.write(line("a", "done"))
    log.write(line("b", "done"))
    assert len(caplog.records) == 1


@pytest.mark.parametrize("content", [b"no json\n", b"[]\n", b'{"path": 1, "status": "done"}\n', b'{"path": "a"}\n'])
def test_what_is_no_log_is_named_and_the_others_are_put_together(tmp_path: Path, content: bytes) -> None:
    bad = tmp_path / "rcl-sr-1-of-2.jsonl"
    bad.write_bytes(content)
    ShardLog(tmp_path / "rcl-sr-2-of-2.jsonl").write(line("a", "done"))
    merged = merge([tmp_path])
    assert [error.path for error in merged.damaged] == [bad]
    assert "is no log" in merged.damaged[0].reason
    assert list(merged.lines) == ["a"]
    assert not merged.missing
    result = run("logs", "merge", tmp_path, tmp_path / "none")
    assert result.exit_code == 1
    assert result.stderr.count("is no log") == result.stderr.count("cannot be read") == 1
    alone = run("logs", "merge", bad)
    assert alone.exit_code == 2
    assert "status" not in alone.stderr + alone.stdout  # no table of nothing


@pytest.mark.slow
def test_a_part_without_files_has_a_log_too(tmp_path: Path) -> None:
    mosaic = np.random.default_rng(0).integers(600, 9000, (32, 48)).astype(np.uint16)
    rcl_cli.write(tmp_path / "raws" / "a.dng", rcl_cli.Raw(mosaic, "RGGB", black=512, white=16383))
    for part in ("1/2", "2/2"):
        made = run("apply", "--task", "denoise", tmp_path / "raws", "-o", tmp_path / "out", "--shard", part)
        assert made.exit_code == 0, made.output
    merged = run("logs", "merge", tmp_path / "out")
    assert merged.exit_code == 0
    assert "No log of" not in merged.stderr


def test_without_logs_it_says_where_they_are(tmp_path: Path) -> None:
    with pytest.raises(RclError, match="name the folder of the results"):
        merge([tmp_path])
    assert run("logs", "merge", tmp_path / "nothing").exit_code == 2


def _log(folder: Path, number: int, text: str) -> Path:
    path = folder / f"rcl-denoise-{number}-of-2.jsonl"
    path.write_text(text)
    return path


LINE = '{"kind": "picture", "path": "a.dng", "status": "done", "reason": ""}\n'


def test_a_log_is_never_overwritten_by_what_is_put_together(tmp_path: Path) -> None:
    first, link = _log(tmp_path, 1, LINE), tmp_path / "link.jsonl"
    link.symlink_to(first)
    for output in (first, link):
        for given in (first, tmp_path, link):
            with pytest.raises(FileError, match="one of the logs that are put together"):
                merge([given], output)
    assert first.read_text() == LINE


def test_the_same_log_twice_an_empty_one_and_a_torn_line(tmp_path: Path) -> None:
    first, second = _log(tmp_path, 1, LINE), _log(tmp_path, 2, "")
    merged = merge([first, first, tmp_path, second])
    assert list(merged.lines) == ["a.dng"]
    assert (merged.missing, merged.damaged) == ([], [])
    second.write_text(LINE.replace("a.dng", "b.dng") + '{"kind": "picture", "path": "c.d')
    assert sorted(merge([tmp_path]).lines) == ["a.dng", "b.dng"]
    older = LINE.replace(', "reason": ""', "")  # and with fields that are not known yet
    second.write_text(older.replace("a.dng", "d.dng").replace("}", ', "new": [1]}'))
    assert sorted(merge([tmp_path]).lines) == ["a.dng", "d.dng"]
    second.write_text("[1, 2]\n")
    assert [error.path for error in merge([tmp_path]).damaged] == [second]
