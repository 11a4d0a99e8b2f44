"""`rcl pretrain --processes`: stopped, killed and continued, with one sentence and nothing lost."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

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
Started = subprocess.Popen[str]


@pytest.fixture
def start(pictures: Path, tmp_path: Path) -> Iterator[Callable[..., Started]]:
    """`rcl pretrain` on the CPU, in a process of its own."""
    begun: list[Started] = []

    def call(*arguments: object) -> Started:
        given = ["pretrain", "--device", "cpu", "--cache", tmp_path / "cache", *arguments]
        command = [sys.executable, "-P", "-m", "rcl_cli", *map(str, given)]
        variables = {**os.environ, "OMP_NUM_THREADS": "1"}
        begun.append(subprocess.Popen(command, env=variables, stdout=-1, stderr=-1, text=True))
        return begun[-1]

    yield call
    for process in begun:
        process.kill()
        process.communicate()


def steps_of(process: Started, count: int) -> list[dict[str, float]]:
    """The next so many JSON lines."""
    assert process.stdout is not None
    return [json.loads(process.stdout.readline()) for _ in range(count)]


def children(process: Started) -> list[int]:
    text = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text()
    return [int(word) for word in text.split()]


def gone(pids: list[int], seconds: float = 60.0) -> bool:
    deadline = time.monotonic() + seconds
    while any(Path(f"/proc/{pid}").exists() for pid in pids):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


@pytest.mark.slow
def test_two_processes_begin_as_one_does_and_are_stopped_and_continued_by_one(
    start: Callable[..., Started], run: Run, pictures: Path, tmp_path: Path
) -> None:
    alone = tmp_path / "alone"
    assert run(pictures, "-o", alone, *TINY, "--steps", 2).exit_code == 0
    together = tmp_path / "together"
    process = start(pictures, "-o", together, *TINY, "--steps", 10**6, "--processes", 2, "--json")
    lines = steps_of(process, 4)
    expected = json.loads((alone / "metrics.jsonl").read_text().splitlines()[0])
    for name in expected.keys() - {"crops_per_s"}:
        assert lines[0][name] == pytest.approx(expected[name], rel=1e-3), name
    process.send_signal(signal.SIGTERM)
    rest, said = process.communicate(timeout=240)
    assert process.returncode == 130
    done = json.loads([*map(json.dumps, lines), *rest.splitlines()][-2])["step"]
    assert f"Saved at step {done}. Continue with: rcl pretrain --resume -o {together} --processes 2" in said
    assert saved_step(together / "state.safetensors") == done
    resumed = run("--resume", "-o", together, "--steps", done + 1)
    assert resumed.exit_code == 0, resumed.output
    written = [json.loads(line)["step"] for line in (together / "metrics.jsonl").read_text().splitlines()]
    assert written == list(range(1, done + 2))


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
def test_a_killed_process_ends_the_run_in_one_sentence_and_nothing_is_lost(
    start: Callable[..., Started], pictures: Path, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    process = start(pictures, "-o", run, *TINY, "--steps", 10**6, "--processes", 2, "--json")
    steps_of(process, 3)
    workers = children(process)
    os.kill(workers[1], signal.SIGKILL)
    _, said = process.communicate(timeout=240)
    assert process.returncode == 2
    (error,) = [line for line in said.splitlines() if "Error" in line]
    assert error.startswith("Error: process 2 of 2 was killed by SIGKILL")
    assert error.endswith(f"rcl pretrain --resume -o {run} --processes 2")
    assert gone(workers)
    done = saved_step(run / "state.safetensors")
    assert done >= 3


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
def test_without_what_has_started_them_the_processes_save_and_end(
    start: Callable[..., Started], pictures: Path, tmp_path: Path
) -> None:
    process = start(pictures, "-o", tmp_path / "run", *TINY, "--steps", 10**6, "--processes", 2, "--json")
    steps_of(process, 3)
    workers = children(process)
    process.kill()
    assert gone(workers)
    assert saved_step(tmp_path / "run" / "state.safetensors") >= 3


@pytest.mark.slow
def test_an_error_of_all_is_said_once_as_are_the_defaults(
    start: Callable[..., Started], pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "rcl.toml").write_text("[pretrain]\nprocesses = 2\n")
    monkeypatch.setenv("RCL_CONFIG", str(tmp_path / "rcl.toml"))
    astray = start(pictures, "-o", tmp_path / "astray", *TINY, "--lr", 1e9, "--steps", 60)
    _, said = astray.communicate(timeout=240)
    assert astray.returncode == 2
    assert said.count("From ") == 1
    (error,) = [line for line in said.splitlines() if "Error" in line]
    assert "smaller --lr" in error


def test_more_processes_than_pictures_are_refused(pictures: Path, tmp_path: Path) -> None:
    team = Processes("cpu")
    team.count = 5
    session = Session.new([pictures], replace(PRESETS["smoke"], crop=16), Store.open(None), tmp_path / "run")
    with pytest.raises(RclError, match="5 processes cannot divide a batch of 4"):
        session.run(cache=tmp_path / "cache", team=team)


def test_torchrun_says_how_many_there_are(run: Run, pictures: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RANK", "1")
    monkeypatch.setenv("WORLD_SIZE", "2")
    result = run(pictures, "--processes", 3)
    assert result.exit_code == 2
    assert "torchrun has started 2 processes" in result.output
