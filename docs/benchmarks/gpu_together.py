"""One process, and two on the same device, whose contrast is over the global batch: what they make, and how fast."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import torch
from gpu_times import SIZES, Save, Size, noisy_scenes

from rcl_cli.domain import Domain
from rcl_cli.models.backbone import Backbone
from rcl_cli.pretext import PretextSetup
from rcl_cli.pretraining.loop import LoopSettings, Metrics, run_loop
from rcl_cli.pretraining.parts import Parts
from rcl_cli.train import device as precision
from rcl_cli.train.device import place_module
from rcl_cli.train.optimizer import make_optimizer
from rcl_cli.train.processes import Processes, processes

LOSSES: dict[str, dict[str, Any]] = {
    "contrast": {"alpha": 1.0, "centred": False, "recorrupted": 0.0, "neighbours": 0.0},
    "ours": {"noise_aware": False},
}
"""The contrast alone, and with the recorruption."""
LIMIT = 1e-2
"""Of relative differences in the first step, in float32: a sum that lacks a part is wrong by far more."""


def together(given: argparse.Namespace, save: Save) -> bool:
    """Losses and gradients of the first step by one and by two processes in float32, and the times of both."""
    found: dict[str, Any] = {}
    with TemporaryDirectory() as folder:
        one, two = (measured(given.device, count, Path(folder)) for count in (1, 2))
    for name in LOSSES:
        first = {key: (one[name]["first"][key], two[name]["first"][key]) for key in one[name]["first"]}
        apart = {key: abs(a - b) / max(abs(a), 1e-12) for key, (a, b) in first.items()}
        found[name] = {"apart": apart, "one_s": one[name]["step_s"], "two_s": two[name]["step_s"]}
    save({"batch": SIZES[given.device].settings.batch, "losses": found})
    return all(value < LIMIT for loss in found.values() for value in loss["apart"].values())


def measured(device: str, count: int, folder: Path) -> dict[str, Any]:
    """What the first of so many processes on the device tells."""
    place = {"RCL_MEETING": f"file://{folder / f'meeting-{count}'}", "WORLD_SIZE": str(count)}
    files = [folder / f"{rank}-of-{count}.json" for rank in range(count)]
    command = [sys.executable, str(Path(__file__).resolve()), device]
    started = [
        subprocess.Popen([*command, str(file)], env={**os.environ, **place, "RANK": str(rank)})
        for rank, file in enumerate(files)
    ]
    codes = [process.wait() for process in started]
    if any(codes):
        raise RuntimeError(f"of {count} processes one has failed")
    told: dict[str, Any] = json.loads(files[0].read_text(encoding="utf-8"))
    return told


def main() -> None:
    """One of the processes."""
    name, file = sys.argv[1:]
    found: dict[str, Any] = {}
    # With its number: all of them share this device.
    with processes("cuda:0" if name == "cuda" else name) as team:
        for loss, options in LOSSES.items():
            seconds = [float(row["at"]) for row in trained(team, SIZES[name], options, 6)]
            with_bfloat16 = vars(precision)["has_bfloat16"]
            vars(precision)["has_bfloat16"] = lambda device: False
            with precision.full_float32():
                (first,) = trained(team, SIZES[name], options, 1)
            vars(precision)["has_bfloat16"] = with_bfloat16
            times = [b - a for a, b in pairwise(seconds[1:])]
            kept = {key: value for key, value in first.items() if key not in ("step", "crops_per_s", "at", "accuracy")}
            found[loss] = {"first": kept, "step_s": median(times)}
    Path(file).write_text(json.dumps(found), encoding="utf-8")


def trained(team: Processes, size: Size, options: dict[str, Any], steps: int) -> list[Metrics]:
    """The figures of each step, and when it was done."""
    settings, device = replace(size.settings, options=options, encoder="none"), torch.device(team.device)
    parts, source = Parts.load(settings), noisy_scenes(settings)
    setup = PretextSetup(Domain.RGB, settings.crop, noise=0.04, noise_levels=bool(options.get("recorrupted", 1)))
    torch.manual_seed(0)
    backbone = Backbone(parts.make_network(Domain.RGB), skip=settings.skip)
    place_module(backbone, device)
    rows: list[Metrics] = []
    moments: list[float] = []

    def at_step() -> bool:
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        moments.append(perf_counter())
        return False

    run_loop(
        backbone,
        make_optimizer(backbone, settings.lr),
        parts.make(setup),
        source,
        LoopSettings(steps, settings.batch, settings.lr),
        on_step=rows.append,
        on_checkpoint=lambda step: None,
        should_stop=at_step,
        team=team,
    )
    return [{**row, "at": at} for row, at in zip(rows, moments, strict=True)]


if __name__ == "__main__":
    main()
