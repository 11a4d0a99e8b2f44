"""What the page of a table says of its run."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import torch

from rcl_cli.benchmark.page import hardware
from rcl_cli.benchmark.tables.page import About
from rcl_cli.benchmark.tables.pretrained import Workshop
from rcl_cli.evaluate.settings import Protocol


def about(workshop: Workshop, preset: str, seconds: float) -> About:
    """`seconds`: wall time of the run so far."""
    made, data = workshop.preset, workshop.data
    pretraining = made.pretrain
    low, high = pretraining.sigma_range or (0.0, 0.0)
    return About(
        command=shlex.join(["rcl", *sys.argv[1:]]),
        preset=preset,
        settings={
            "pretraining": f"{pretraining.steps} steps of {pretraining.batch} crops of {pretraining.crop}²",
            "network": f"width {pretraining.width}, depth {pretraining.depth}",
            "encoder": Path(workshop.encoder).name,
            "σ at white": f"{low:g} to {high:g} of 255",
            "last layer": _words(made.proxy),
            "finetuning": _words(made.finetune),
        },
        seeds=f"{pretraining.seed} (trials 0 to {made.proxy.trials - 1})",
        pictures=f"{len(data.train)} pictures to learn from, the middle {made.test_side}² of {len(data.test)} others",
        hardware=_hardware(workshop.device),
        seconds=seconds,
    )


def _words(protocol: Protocol) -> str:
    return f"{protocol.steps} steps of {protocol.batch} crops of {protocol.crop}²"


def _hardware(device: torch.device) -> str:
    return torch.cuda.get_device_name(device) if device.type == "cuda" else hardware()
