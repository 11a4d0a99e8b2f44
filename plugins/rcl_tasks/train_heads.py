"""Train the heads that this package ships: `python -m rcl_tasks.train_heads PHOTOGRAPHS -o DIR HEAD ...`.

A run that is cut off, by whatever, goes on where it was, step by step as if it had not been. Under torchrun
(`torchrun --nproc-per-node 4 -m rcl_tasks.train_heads …`) the processes divide each batch.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from rcl_cli.data.fingerprint import fingerprint
from rcl_cli.data.pairs import crop_side
from rcl_cli.disk.locks import locked
from rcl_cli.domain import Domain
from rcl_cli.models.header import Header
from rcl_cli.models.task_model import TaskModel, build_model, load_head, of_task, save_head
from rcl_cli.raw.folder import find_files
from rcl_cli.task import Task, get_task
from rcl_cli.train.batches import Seen, batches
from rcl_cli.train.device import autocast, choose_device, place_module
from rcl_cli.train.interrupt import stop_on_interrupt
from rcl_cli.train.keep import Keeper
from rcl_cli.train.muon import Muon
from rcl_cli.train.optimizer import require_number
from rcl_cli.train.processes import ALONE, Processes, processes
from rcl_cli.train.readings import Numbers, Readings
from rcl_cli.train.state import load_state, save_state
from rcl_cli.train.watch import Stop
from rcl_tasks.photographs import MISJUDGED, OVERESTIMATED, Photographs, load_photographs
from rcl_tasks.restorer import Restorer
from rcl_tasks.widen import widen

EMA = 0.999
"""Of the weights: those that are shipped are the mean of about the last thousand steps."""
FAINT = 0.04
"""σ on the curve at which a crop counts half as much as one without noise: what noise hides cannot be learnt."""
RISE = 200
SAVE_EVERY = 250


DATA_LICENCE = "CC0-1.0, CC-BY, MIT and BSD-2-Clause; PHOTOGRAPHS.md of rcl-cli lists each photograph"


@dataclass(frozen=True)
class Lesson:
    """One head's training."""

    steps: int
    side: int
    """Of crops, in target pixels."""
    parent: str = ""
    """The head whose network it starts from."""
    noiseless: float = 0.0
    """Share of crops without noise."""
    misjudged: tuple[float, float] = MISJUDGED
    batch: int = 8
    lr: float = 0.01
    """Of the hidden layers."""
    again: tuple[int, float] = (0, 0.0)
    """Steps of a second round, and its learning rate: a cosine leads to a better place when it is begun anew."""
    network: dict[str, Any] = field(default_factory=dict)
    """Options of a fresh network; with a parent, those in which it is wider than its parent's."""

    def rate(self, step: int, share: float) -> float:
        """Learning rate of a step over `lr`, where each round has `share` times its steps: a cosine for each."""
        first, second = self.rounds(share)
        if step <= first:
            return min(1.0, step / RISE) * _half_wave(step - 1, first)
        return self.again[1] / self.lr * _half_wave(step - 1 - first, second)

    def rounds(self, share: float) -> tuple[int, int]:
        """Steps of both rounds, `share` times as many as they have."""
        return max(1, round(share * self.steps)), round(share * self.again[0])


NARROW = "denoise-rgb-narrow"
"""Not shipped: what the heads for RGB begin with."""
LESSONS = {
    "demosaic-bayer": Lesson(15_000, 96, noiseless=0.4, lr=0.006),
    "denoise-bayer": Lesson(
        4_200, 96, parent="demosaic-bayer", misjudged=OVERESTIMATED, lr=0.004, again=(14_000, 0.006)
    ),
    "jdensr-bayer": Lesson(5_000, 144, parent="demosaic-bayer", lr=0.004),
    "sr-bayer": Lesson(3_000, 144, parent="demosaic-bayer", lr=0.004, noiseless=1.0),
    "demosaic-xtrans": Lesson(13_500, 96, noiseless=0.4, lr=0.005, network={"width": 48, "blocks": 6, "depth": 1}),
    "denoise-xtrans": Lesson(4_200, 96, parent="demosaic-xtrans", misjudged=OVERESTIMATED, lr=0.004),
    "jdensr-xtrans": Lesson(4_000, 144, parent="demosaic-xtrans", lr=0.004),
    "sr-xtrans": Lesson(2_500, 144, parent="demosaic-xtrans", lr=0.004, noiseless=1.0),
    NARROW: Lesson(24_000, 96, again=(16_000, 0.005)),
    "denoise-rgb": Lesson(12_000, 96, parent=NARROW, lr=0.005, network={"width": 48}, again=(12_000, 0.005)),
    "jdensr-rgb": Lesson(4_000, 144, parent=NARROW, lr=0.004),
    "sr-rgb": Lesson(6_000, 144, parent=NARROW, lr=0.004, noiseless=1.0, again=(12_000, 0.005)),
}


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photographs", type=Path, help="folder of clean photographs")
    parser.add_argument("heads", nargs="*", metavar="HEAD", help=f"of {', '.join(LESSONS)} (default: all)")
    parser.add_argument("-o", "--output", type=Path, required=True, help="folder of heads, and of runs not yet done")
    parser.add_argument("--steps", type=float, default=1.0, help="factor on the steps of every head")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", default="auto")
    options = parser.parse_intermixed_args()
    wanted = options.heads or list(LESSONS)
    unknown = [name for name in wanted if name not in LESSONS]
    if unknown:
        parser.error(f"there is no head {unknown[0]}; there are {', '.join(LESSONS)}")
    with processes(options.device) as team:
        for name in wanted:
            if not team.given((options.output / f"{name}.safetensors").exists):
                train_one(name, options.photographs, options.output, options.steps, options.seed, team.device, team)
                team.wait()


def train_one(
    name: str, photographs: Path, folder: Path, share: float, seed: int, device_name: str, team: Processes = ALONE
) -> None:
    """Train one head into `folder`; its parent must be there. Progress goes to standard error as JSON lines.

    Ctrl-C, SIGTERM and SIGHUP save the run and raise KeyboardInterrupt. Raises Held where another run is at it.
    The processes of a `team` do it together; the first one writes.
    """
    lock = locked(folder / f".{name}.lock", folder / name) if team.first else nullcontext()
    with lock, stop_on_interrupt() as stopped:
        _train_one(name, photographs, folder, share, seed, device_name, stopped, team)


def _train_one(
    name: str,
    photographs: Path,
    folder: Path,
    share: float,
    seed: int,
    device_name: str,
    should_stop: Stop,
    team: Processes,
) -> None:
    lesson = LESSONS[name]
    task_name, layout = name.split("-")[:2]
    task, domain, device = get_task(task_name), Domain(layout), choose_device(device_name)
    model = _fresh(lesson, task, domain, folder, seed)
    averaged = _fresh(lesson, task, domain, folder, seed).requires_grad_(False)
    both = nn.ModuleDict({"model": model, "averaged": averaged})
    place_module(both, device)
    team.share(model)
    side = crop_side(lesson.side, task, domain, model.multiple)
    pictures = load_photographs(photographs, side)
    source = Photographs(task, domain, pictures, side, lesson.noiseless, lesson.misjudged)
    optimizer = _optimizer(model, lesson)
    steps = sum(lesson.rounds(share))
    state = folder / f"{name}.state.safetensors"
    done = load_state(state, both, optimizer) if state.exists() else 0
    team.wait()  # before the first step, after which the first process may write
    began = time.monotonic()
    losses: list[float] = []

    def check(rows: Sequence[Numbers]) -> None:
        losses.extend(require_number(row["loss"], int(row["step"]), "start again with a smaller lr") for row in rows)

    def save(step: int) -> None:
        readings.read()
        if team.first:
            save_state(state, both, optimizer, step)

    def predict(x: Tensor, sigma: Tensor | None) -> Tensor:
        with autocast(device):
            return model.seen(x, sigma)

    keeper, readings = Keeper(save), Readings(device, check)
    for step, pair in enumerate(batches(source.batch, lesson.batch, seed, steps, done + 1, device), done + 1):
        if team.any(should_stop()):
            keeper.now(step - 1)
            raise KeyboardInterrupt
        seen = Seen.by(model.train(), pair, device, told=task.noise_aware)
        loss = _weighted(team.divided(predict, seen.x, seen.sigma), seen)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        readings.add({"step": step, "loss": loss})
        optimizer.scale(lesson.rate(step, share))
        optimizer.step()
        _average(averaged, model, min(EMA, (1 + step) / (10 + step)))
        if step < steps:
            keeper.after(step)
        if step % SAVE_EVERY == 0 and step < steps:
            keeper.now(step)
            if team.first:
                _say(name, step, losses[-SAVE_EVERY:], began)
    readings.read()
    if not team.first:
        return
    _say(name, steps, losses[-SAVE_EVERY:], began)
    header = Header(
        kind="head",
        domain=domain,
        name=name,
        step=steps,
        noise={"kind": "sensor and Gaussian"},
        parent=lesson.parent or "none",
        data=fingerprint(item.path for item in find_files([photographs])[0]),
        notes={
            "licence": "MIT",
            "data_licence": DATA_LICENCE,
            "photographs": len(pictures),
            "seed": seed,
            "minutes": round((time.monotonic() - began) / 60, 1),
            "command": f"python -m rcl_tasks.train_heads PHOTOGRAPHS -o DIR {name}",
        },
    )
    save_head(folder / f"{name}.safetensors", averaged, of_task(header, task), half=True)
    state.unlink(missing_ok=True)


def _fresh(lesson: Lesson, task: Task, domain: Domain, folder: Path, seed: int) -> TaskModel:
    torch.manual_seed(seed)
    if not lesson.parent:
        return build_model(task, domain, Restorer(domain, lesson.network))
    parent = get_task(lesson.parent.split("-")[0])
    learnt = load_head(folder / f"{lesson.parent}.safetensors", parent, domain)[0]
    if lesson.network:
        wide = build_model(parent, domain, Restorer(domain, lesson.network))
        widen(learnt, wide)
        learnt = wide
    return learnt if parent.name == task.name else build_model(task, domain, learnt.network)


def _optimizer(model: TaskModel, lesson: Lesson) -> Muon:
    hidden = [p for name, p in model.named_parameters() if name.startswith("network.body.")]
    kept = {id(p) for p in hidden}
    return Muon(hidden, [p for p in model.parameters() if id(p) not in kept], lesson.lr, lesson.lr / 5)


def _half_wave(done: int, steps: int) -> float:
    return 0.5 + 0.5 * math.cos(math.pi * done / steps)


def _weighted(prediction: Tensor, seen: Seen) -> Tensor:
    """Mean absolute error on the curve; the noisier a crop, the less it counts."""
    error = (prediction - seen.target).abs().mean(dim=(1, 2, 3))
    noise = torch.zeros_like(error) if seen.sigma is None else seen.sigma.mean(dim=(1, 2, 3))
    return (error * FAINT / (FAINT + noise)).mean()


@torch.no_grad()
def _average(averaged: nn.Module, model: nn.Module, keep: float) -> None:
    for mean, new in zip(averaged.parameters(), model.parameters(), strict=True):
        mean.lerp_(new, 1 - keep)


def _say(name: str, step: int, losses: Sequence[float], began: float) -> None:
    record = {"head": name, "step": step, "loss": math.fsum(losses) / max(1, len(losses))}
    print(json.dumps({**record, "minutes": round((time.monotonic() - began) / 60, 1)}), file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
