"""A few of the kills that `tests/kill/kill.py` is for."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")
def test_killed_commands_end_as_undisturbed_ones() -> None:
    script = Path(__file__).with_name("kill.py")
    command = [sys.executable, str(script), "--kills", "8", "--seed", "1"]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    lines = [json.loads(line) for line in ended.stdout.splitlines()]
    assert [(line["command"], line["kills"], line["wrong"]) for line in lines] == [
        (name, 2, []) for name in ("apply", "calibrate", "pretrain", "finetune")
    ]
