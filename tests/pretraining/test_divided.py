"""Several processes make of every pretext what one makes of the whole batch."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor

PROGRAM = Path(__file__).with_name("divided.py")
Found = dict[str, Tensor]


def trained(folder: Path, count: int) -> list[Found]:
    """What each of so many processes has found."""
    files = [folder / f"{rank}-of-{count}.safetensors" for rank in range(count)]
    meeting = {"RCL_MEETING": f"file://{folder / f'meeting-{count}'}", "WORLD_SIZE": str(count)}
    started = [
        subprocess.Popen(
            [sys.executable, str(PROGRAM), str(file)],
            env={**os.environ, **meeting, "RANK": str(rank), "OMP_NUM_THREADS": "1"},
            stderr=subprocess.PIPE,
        )
        for rank, file in enumerate(files)
    ]
    said = [process.communicate(timeout=240)[1].decode() for process in started]
    assert [process.returncode for process in started] == [0] * count, said
    return [load_file(file) for file in files]


@pytest.mark.slow
def test_two_processes_make_of_every_pretext_what_one_makes(tmp_path: Path) -> None:
    """Losses, gradient norms, weights, queues and copies, after three steps; the batch of five is divided unevenly."""
    (alone,), (first, second) = trained(tmp_path, 1), trained(tmp_path, 2)
    assert first.keys() == second.keys() == alone.keys()
    for name, value in alone.items():
        assert torch.equal(first[name], second[name]), name
        torch.testing.assert_close(first[name], value, rtol=1e-6, atol=1e-12, msg=f"{name}: {{}}".format)
    moved = {name: float(alone[name].sum()) for name in alone if name.endswith("/backbone.last.weight")}
    assert len(moved) == 17
    assert moved["contrast/backbone.last.weight"] != moved["known noise/backbone.last.weight"]
