"""What the page of a table says of its run."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

import torch

from rcl_benchmark.page import hardware
from rcl_benchmark.tables.page import About
from rcl_benchmark.tables.pretrained import Workshop
from rcl_benchmark.tables.row import Row
from rcl_cli.evaluate.settings import Protocol

_NARROWING = ("--method", "--network", "--domain", "--of", "--workers")
"""Options that decide which rows are measured now, or how many at once, and none of their figures."""


def command_of_all(arguments: Sequence[str]) -> str:
    """The command that gives every row of a page, of which `arguments` may have measured some only.

    >>> command_of_all(["benchmark", "table1", "--method", "input", "--seed", "2", "--json"])
    'rcl benchmark table1 --seed 2'
    """
    kept, rest = ["rcl"], iter(arguments)
    for word in rest:
        if word in _NARROWING:
            next(rest, None)
        elif word != "--json":
            kept.append(word)
    return shlex.join(kept)


def about(workshop: Workshop, preset: str, rows: Sequence[Row] = ()) -> About:
    """`rows`: those of the page."""
    made, data = workshop.preset, workshop.data
    pretraining = made.pretrain
    low, high = pretraining.sigma_range or (0.0, 0.0)
    return About(
        command=command_of_all(sys.argv[1:]),
        preset=preset,
        settings={
            "pretraining": f"{pretraining.steps} steps of {pretraining.batch} crops of {pretraining.crop}²",
            "network": ", ".join(f"{name} {value}" for name, value in pretraining.network_options.items()),
            "encoder": Path(workshop.encoder).name,
            "σ at white": f"{low:g} to {high:g} of 255",
            "last layer": _words(made.proxy),
            "finetuning": _words(made.finetune),
            **({"trials of all rows": f"{sum(row.seconds for row in rows) / 60:.0f} min"} if rows else {}),
        },
        seeds=f"{pretraining.seed} (trials 0 to {made.proxy.trials - 1})",
        pictures=f"{len(data.train)} pictures to learn from, the middle {made.test_side}² of {len(data.test)} others",
        hardware=_hardware(workshop.device),
    )


def _words(protocol: Protocol) -> str:
    return f"{protocol.steps} steps of {protocol.batch} crops of {protocol.crop}²"


def _hardware(device: torch.device) -> str:
    return torch.cuda.get_device_name(device) if device.type == "cuda" else hardware()
