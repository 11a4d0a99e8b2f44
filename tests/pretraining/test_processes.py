"""`rcl pretrain --processes`: stopped, killed and continued, with one sentence and nothing lost."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from rcl_cli.errors import RclError
from rcl_cli.models.store import Store
from rcl_cli.pretraining.session import Session
from rcl_cli.pretraining.settings import PRESETS
from rcl_cli.train.processes import Processes
from rcl_cli.train.state import saved_step

TINY = ("--preset", "smoke", "--batch", "3", "--crop", "16", "--width", "4", "--depth", "1", "--join", "consistency",
        "--encoder-steps", "3")  # fmt: skip
Run = Callable[..., Result]
Start = Callable[..., Any]


@pytest.fixture
def start(start: Start, tmp_path: Path) -> Start:
    """`rcl pretrain` on the CPU, in a process of its own."""
    return partial(start, "pretrain", "--device", "cpu", "--cache", tmp_path / "cache")


@pytest.mark.slow
def test_two_processes_begin_as_one_does_and_are_stopped_and_continued_by_one(
    start: Start, run: Run, pictures: Path, tmp_path: Path
) -> None:
    alone = tmp_path / "alone"
    assert run(pictures, "-o", alone, *TINY, "--steps", 2).exit_code == 0
    together = tmp_path / "together"
    begun = start(pictures, "-o", together, *TINY, "--steps", 10**6, "--processes", 2, "--json")
    lines = begun.lines(4)
    expected = json.loads((alone / "metrics.jsonl").read_text().splitlines()[0])
    for name in expected.keys() - {"crops_per_s"}:
        assert lines[0][name] == pytest.approx(expected[name], rel=1e-3), name
    begun.process.send_signal(signal.SIGTERM)
    code, rest, said = begun.end()
    assert code == 130
    done = [*lines, *rest][-2]["step"]
    assert f"Saved at step {done}. Continue with: rcl pretrain --resume -o {together} --processes 2" in said
    assert saved_step(together / "state.safetensors") == done
    resumed = run("--resume", "-o", together, "--steps", done + 1)
    assert resumed.exit_code == 0, resumed.output
    written = [json.loads(line)["step"] for line in (together / "metrics.jsonl").read_text().splitlines()]
    assert written == list(range(1, done + 2))


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
def test_a_killed_process_ends_the_run_in_one_sentence_and_nothing_is_lost(
    start: Start, pictures: Path, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    begun = start(pictures, "-o", run, *TINY, "--steps", 10**6, "--processes", 2, "--json")
    begun.lines(3)
    workers = begun.children()
    os.kill(workers[1], signal.SIGKILL)
    code, _, said = begun.end()
    assert code == 2
    (error,) = [line for line in said.splitlines() if "Error" in line]
    assert error.startswith("Error: process 2 of 2 was killed by SIGKILL")
    assert error.endswith(f"rcl pretrain --resume -o {run} --processes 2")
    assert begun.gone(workers)
    done = saved_step(run / "state.safetensors")
    assert done >= 3


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
@pytest.mark.parametrize(("own", "which"), [(True, 0), (False, 1)])
def test_a_process_killed_before_anything_was_saved_is_not_told_of_what_was(
    start: Start, pictures: Path, tmp_path: Path, store: Path, own: bool, which: int
) -> None:
    other = store / "runs" / "other"
    other.mkdir(parents=True)
    (other / "run.json").write_text("{}")
    (other / "state.safetensors").touch()
    where = ("-o", tmp_path / "run") if own else ()
    begun = start(pictures, *where, *TINY, "--encoder-steps", 10**6, "--steps", 2, "--processes", 2, "--json")
    folder = tmp_path / "run" if own else store / "runs" / pictures.name
    deadline = time.monotonic() + 60
    while not (folder / "run.json").exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    os.kill(begun.children()[which], signal.SIGKILL)
    code, _, said = begun.end()
    assert code == 2
    (error,) = [line for line in said.splitlines() if "Error" in line]
    assert "what was saved last" not in error
    assert str(other) not in error
    if (folder / "run.json").exists():
        assert error.endswith(f"the run begins again with: rcl pretrain --resume -o {folder} --processes 2")
    else:
        assert error.endswith("nothing had been saved yet; give the same command again")


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
def test_without_what_has_started_them_the_processes_save_and_end(start: Start, pictures: Path, tmp_path: Path) -> None:
    begun = start(pictures, "-o", tmp_path / "run", *TINY, "--steps", 10**6, "--processes", 2, "--json")
    begun.lines(3)
    workers = begun.children()
    begun.process.kill()
    assert begun.gone(workers)
    assert saved_step(tmp_path / "run" / "state.safetensors") >= 3


@pytest.mark.slow
def test_an_error_of_all_is_said_once_as_are_the_defaults(
    start: Start, pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "rcl.toml").write_text("[pretrain]\nprocesses = 2\n")
    monkeypatch.setenv("RCL_CONFIG", str(tmp_path / "rcl.toml"))
    astray = start(pictures, "-o", tmp_path / "astray", *TINY, "--lr", 1e9, "--steps", 60)
    code, _, said = astray.end()
    assert code == 2
    assert said.count("From ") == 1
    (error,) = [line for line in said.splitlines() if "Error" in line]
    assert "smaller --lr" in error


def test_more_processes_than_pictures_are_refused(pictures: Path, tmp_path: Path) -> None:
    team = Processes("cpu")
    team.count = 5
    session = Session.new([pictures], replace(PRESETS["smoke"], crop=16), Store.open(None), tmp_path / "run")
    with pytest.raises(RclError, match="5 processes cannot divide a batch of 4"):
        session.run(cache=tmp_path / "cache", team=team)


def test_more_processes_than_a_machine_can_bear_are_refused_before_any_starts(run: Run, pictures: Path) -> None:
    result = run(pictures, "--processes", 8 * (os.cpu_count() or 1) + 1)
    assert result.exit_code == 2
    assert "processes are too many for" in result.output


def test_torchrun_says_how_many_there_are(run: Run, pictures: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RANK", "1")
    monkeypatch.setenv("WORLD_SIZE", "2")
    result = run(pictures, "--processes", 3)
    assert result.exit_code == 2
    assert "torchrun has started 2 processes" in result.output
