"""A few of the kills that `python -m tests.kill` is for."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")
def test_killed_commands_end_as_undisturbed_ones() -> None:
    command = [sys.executable, "-m", "tests.kill", "--kills", "10", "--seed", "1"]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=600, cwd=ROOT)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    lines = [json.loads(line) for line in ended.stdout.splitlines()]
    assert [(line["command"], line["kills"], line["wrong"]) for line in lines] == [
        (name, 2, []) for name in ("apply", "simulate", "calibrate", "pretrain", "finetune")
    ]


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="needs Linux's file systems")
def test_what_is_done_outlives_the_power() -> None:
    command = [sys.executable, "-m", "tests.kill", "--power", "--kills", "4", "--seed", "1", "apply", "simulate"]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=600, cwd=ROOT)
    if "--power needs" in ended.stderr:
        pytest.skip(ended.stderr)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert [json.loads(line)["kills"] for line in ended.stdout.splitlines()] == [2, 2]
