"""`rcl finetune --processes`: stopped, killed and continued, with one sentence, one head and nothing lost."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from rcl_cli.cli.main import cli
from rcl_cli.models.store import Store
from rcl_cli.train.state import saved_step

TINY = ("--task", "denoise", "--crop", "24", "--batch", "3", "--width", "4", "--depth", "1", "--shot", "0.02",
        "--read", "0.01", "--lr", "0.01")  # fmt: skip
LONG = ("--steps", 10**6, "--validate-every", 2, "--json")
Start = Callable[..., Any]


@pytest.fixture
def start(start: Start) -> Start:
    """`rcl finetune` on the CPU, in a process of its own."""
    return partial(start, "finetune", "--device", "cpu")


def run(*arguments: object) -> Result:
    return CliRunner().invoke(cli, ["finetune", "--device", "cpu", *map(str, arguments)])


def steps(folder: Path) -> list[int]:
    """Those that the log has validations of."""
    return [json.loads(line)["step"] for line in (folder / "metrics.jsonl").read_text().splitlines()]


@pytest.mark.slow
def test_two_processes_begin_as_one_does_and_are_stopped_and_continued_by_one(
    start: Start, pictures: Path, tmp_path: Path, store: Path
) -> None:
    alone, together = tmp_path / "alone", tmp_path / "together"
    assert run("--clean", pictures, *TINY, "-o", alone, "--steps", 2, "--name", "alone").exit_code in (0, 2)
    begun = start("--clean", pictures, *TINY, *LONG, "-o", together, "--name", "mine", "--processes", 2)
    lines = begun.lines(3)
    expected = json.loads((alone / "metrics.jsonl").read_text().splitlines()[0])
    for name, value in expected.items():
        assert lines[0][name] == pytest.approx(value, rel=1e-3), name
    begun.process.send_signal(signal.SIGTERM)
    code, rest, said = begun.end()
    assert code == 130
    assert said.count("Finetuning denoise on bayer pictures: 5 for training") == 1
    assert said.count("Noise of the clean pictures themselves") == 1
    assert said.count("Interrupted after") == 1
    assert f"Continue with: rcl finetune --resume -o {together} --processes 2" in said
    assert [line["kind"] for line in [*lines, *rest]] == ["validation"] * (len(lines) + len(rest) - 1) + ["model"]
    done = saved_step(together / "state.safetensors")
    assert f"Interrupted after {done} steps" in said
    assert [model.name for model in Store(store).scan()[0] if model.name != "alone"] == ["mine"]
    resumed = run("--resume", "-o", together, "--steps", done + 1)
    assert resumed.exit_code == 0, resumed.output
    assert steps(together) == sorted({*range(0, done + 1, 2), done + 1})
    assert [model.name for model in Store(store).scan()[0] if model.name != "alone"] == ["mine"]


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
def test_a_killed_process_ends_the_run_in_one_sentence_and_three_go_on(
    start: Start, pictures: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    begun = start("--clean", pictures, *TINY, *LONG, "-o", folder, "--processes", 2)
    begun.lines(3)
    workers = begun.children()
    os.kill(workers[1], signal.SIGKILL)
    code, _, said = begun.end()
    assert code == 2
    (error,) = [line for line in said.splitlines() if "Error" in line]
    assert error.startswith("Error: process 2 of 2 was killed by SIGKILL")
    assert error.endswith(f"rcl finetune --resume -o {folder} --processes 2")
    assert begun.gone(workers)
    done = saved_step(folder / "state.safetensors")
    assert done >= 4
    code, lines, said = start("--resume", "-o", folder, "--steps", done + 1, "--processes", 3, "--json").end()
    assert code == 0, said
    assert [line["kind"] for line in lines] == ["validation", "model"]
    assert steps(folder) == sorted({*range(0, done + 1, 2), done + 1})


@pytest.mark.slow
def test_errors_are_said_once(start: Start, pictures: Path, tmp_path: Path) -> None:
    for arguments in (("-o", tmp_path / "run", *TINY, "--lr", 1e-30), ("--labels", 50, *TINY)):
        code, lines, said = start("--clean", pictures, *arguments, "--steps", 2, "--processes", 2).end()
        assert (code, lines) == (2, [])
        assert said.count("Error: ") == 1
        assert "no head was put into the store" in said or "--labels 50 is too many" in said


@pytest.mark.parametrize("words", [("--clean", "-"), ("--clean=-",)])
def test_each_process_reads_the_list_that_was_on_standard_input(
    pictures: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    given: dict[str, Any] = {}
    monkeypatch.setattr("rcl_cli.cli.several.launch", lambda arguments, count, **more: given.update(more) or 0)
    paths = [str(path) for path in sorted(pictures.iterdir())]
    result = CliRunner().invoke(cli, ["finetune", *words, *TINY, "--processes", "2"], input="\n".join(paths))
    assert result.exit_code == 0, result.output
    assert given["listed"].decode().split("\0")[:-1] == paths


def test_torchrun_says_how_many_there_are(pictures: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RANK", "1")
    monkeypatch.setenv("WORLD_SIZE", "2")
    result = run("--clean", pictures, *TINY, "--processes", 3)
    assert result.exit_code == 2
    assert "torchrun has started 2 processes" in result.output
