"""Train the heads that this package ships, on procedural scenes alone: `python -m rcl_tasks.train_heads DIR`.

In each domain the tasks are trained one after the other, each from the network of the one before.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from rcl_cli.data.clean_pairs import CleanPairs
from rcl_cli.data.clean_pictures import CleanPicture
from rcl_cli.domain import Domain
from rcl_cli.models.header import Header
from rcl_cli.models.task_model import TaskModel, build_model, load_head, of_task, save_head
from rcl_cli.network import Network
from rcl_cli.noise import SensorNoise
from rcl_cli.samples.scenes import scene
from rcl_cli.task import Task
from rcl_cli.train.few_labels import FinetuneSettings, train_head
from rcl_tasks.demosaic import Demosaic
from rcl_tasks.denoise import Denoise
from rcl_tasks.jdensr import JointDenoiseSuperResolution
from rcl_tasks.sr import SuperResolution
from rcl_tasks.unet import UNet

SIZE = {"width": 24, "depth": 2}
SCENE_SIDE = 384


@dataclass(frozen=True)
class Lesson:
    """One head's share of the training."""

    task: type[Task]
    domain: Domain
    steps: int
    crop: int
    """Side of a crop in target pixels."""


LESSONS = (
    Lesson(Denoise, Domain.BAYER, 3000, 128),
    Lesson(Demosaic, Domain.BAYER, 2500, 128),
    Lesson(JointDenoiseSuperResolution, Domain.BAYER, 700, 192),
    Lesson(SuperResolution, Domain.BAYER, 500, 192),
    Lesson(Denoise, Domain.XTRANS, 1200, 132),
    Lesson(Demosaic, Domain.XTRANS, 1200, 132),
    Lesson(JointDenoiseSuperResolution, Domain.XTRANS, 500, 192),
    Lesson(SuperResolution, Domain.XTRANS, 400, 192),
    Lesson(Denoise, Domain.RGB, 1000, 72),
    Lesson(JointDenoiseSuperResolution, Domain.RGB, 700, 120),
    Lesson(SuperResolution, Domain.RGB, 500, 120),
)


def main() -> None:
    """Heads that are in the folder already are kept, so an interrupted run goes on where it was."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--scenes", type=int, default=400, help="procedural scenes to train on (default %(default)s)")
    parser.add_argument("--budget", type=float, default=1.0, help="factor on the steps of every head")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--further", nargs="*", default=[], metavar="TASK-DOMAIN", help="heads to train once more")
    options = parser.parse_args()
    train_heads(options.folder, options.scenes, options.budget, options.seed, options.further)


def train_heads(folder: Path, scenes: int, budget: float, seed: int, further: Sequence[str] = ()) -> None:
    """Train every lesson's head that is not in `folder` yet, and again those named in `further`.

    Progress goes to standard error as JSON lines.
    """
    pictures = _paint(scenes, seed)
    before: dict[Domain, Network] = {}
    for lesson in LESSONS:
        task, domain = lesson.task(), lesson.domain
        path = folder / f"{task.name}-{domain.value}.safetensors"
        done = 0
        if path.exists():
            model, header = load_head(path, task, domain)
            done = header.step
        else:
            torch.manual_seed(seed)
            network = before.get(domain) or UNet(domain, SIZE)
            model = build_model(task, domain, network)
        if not path.exists() or path.stem in further:
            steps = max(1, round(lesson.steps * budget))
            # Other crops and other noise than in the steps before.
            settings = FinetuneSettings(steps=steps, validate_every=500, seed=seed + done)
            model = model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
            _train(path, lesson, model, pictures, settings, done)
        before[domain] = load_head(path, task, domain)[0].network


def _paint(count: int, seed: int) -> list[CleanPicture]:
    def paint(number: int) -> CleanPicture:
        rgb = scene(SCENE_SIDE, SCENE_SIDE, np.random.default_rng([seed, number]))
        tensor = torch.from_numpy(rgb).permute(2, 0, 1).to(torch.float16)
        return CleanPicture(Path(f"scene-{number}"), tensor, camera_rgb=False)

    return [paint(number) for number in range(count)]


def _train(
    path: Path, lesson: Lesson, model: TaskModel, pictures: list[CleanPicture], settings: FinetuneSettings, done: int
) -> None:
    task = lesson.task()
    noise = SensorNoise()
    pairs = CleanPairs.split(
        task, lesson.domain, pictures, noise, multiple=model.multiple, crop=lesson.crop, seed=settings.seed - done
    )
    began = time.monotonic()

    def log(record: Mapping[str, float]) -> None:
        print(json.dumps({"head": path.stem, **record}), file=sys.stderr, flush=True)

    result = train_head(task, model, pairs, settings, log=log)
    if result.interrupted:
        raise KeyboardInterrupt
    header = Header(
        kind="head",
        domain=lesson.domain,
        name=path.stem,
        step=done + result.best_step,
        noise=noise.describe(),
        parent="none",
        data=f"{len(pictures)} procedural scenes",
        notes={
            "licence": "MIT",
            "validation": {name: round(value, 5) for name, value in result.figures.items()},
            "skip": {name: round(value, 5) for name, value in result.start.items()},
            "minutes": round((time.monotonic() - began) / 60, 1),
            "command": "python -m rcl_tasks.train_heads",
        },
    )
    save_head(path, model, of_task(header, task), half=True)


if __name__ == "__main__":
    main()
