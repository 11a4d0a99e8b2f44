"""Trains a small head in float64 and saves it: `python divided.py FILE PHOTOGRAPHS`, alone or as one of several."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor

from rcl_cli.models.task_model import TaskModel
from rcl_cli.train import batches, device
from rcl_cli.train.processes import processes
from rcl_tasks import train_heads
from rcl_tasks.train_heads import Lesson, train_one

SMALL = {"width": 4, "blocks": 1, "depth": 1}
LESSON = Lesson(4, 24, noiseless=0.5, batch=3, again=(2, 0.005), network=SMALL)


def exactly() -> None:
    """From now on all is done in float64, in which rounding does not hide what is wrong."""
    fresh = vars(train_heads)["_fresh"]
    vars(train_heads)["_fresh"] = lambda *given: fresh(*given).double()
    torch.Tensor.float = torch.Tensor.double  # type: ignore[method-assign]
    vars(batches)["placed"] = lambda tensor, device: tensor.double()
    vars(device)["has_bfloat16"] = lambda device: False


def main() -> None:
    """The weights that would be shipped."""
    exactly()
    found: dict[str, Tensor] = {}

    def keep(path: Path, model: TaskModel, *about: Any, **options: Any) -> None:
        found.update(model.state_dict())

    vars(train_heads)["save_head"] = keep
    train_heads.LESSONS["demosaic-bayer"] = LESSON
    file, photographs = map(Path, sys.argv[1:])
    with processes("cpu") as team:
        train_one("demosaic-bayer", photographs, file.parent / str(team.count), 1.0, 0, team.device, team)
        kept = team.given(lambda: found)
    save_file({name: value.clone().contiguous() for name, value in kept.items()}, file)


if __name__ == "__main__":
    main()
