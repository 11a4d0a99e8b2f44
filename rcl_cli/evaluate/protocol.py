"""The paper's evaluation (section 4): what few labels make of a backbone, over several trials.

`proxy`: everything but the last layer is frozen, and a new last layer is trained. `finetune`: all weights are trained.
There is no validation: the steps are fixed and the last weights count.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from rcl_cli.data.pairs import Degradation, Pair, crop_side
from rcl_cli.evaluate.labels import PictureFiles, draw_pairs, drawn_labels
from rcl_cli.evaluate.settings import PROXY, Protocol
from rcl_cli.evaluate.start import Start
from rcl_cli.measure.metrics import mean_figures
from rcl_cli.models.task_model import TaskModel
from rcl_cli.task import Task
from rcl_cli.train.batches import predict
from rcl_cli.train.device import place_module
from rcl_cli.train.fixed_steps import FixedSteps, train_all, train_last_layer

Figures = dict[str, float]


@dataclass(frozen=True)
class Outcome:
    """What the trials reached."""

    trials: tuple[Figures, ...]
    """Of each trial the means over the test pictures."""
    seconds: float

    def mean(self, name: str) -> float:
        """Of one figure, over the trials."""
        return statistics.fmean(trial[name] for trial in self.trials)

    def std(self, name: str) -> float:
        """Sample standard deviation (n − 1) over the trials; 0 for a single one."""
        values = [trial[name] for trial in self.trials]
        return statistics.stdev(values) if len(values) > 1 else 0.0


def run_protocol(
    protocol: Protocol,
    start: Start,
    degradation: Degradation,
    labels: PictureFiles,
    tests: Sequence[Pair],
    device: torch.device,
    *,
    on_trial: Callable[[Figures], None] = lambda figures: None,
) -> Outcome:
    """All trials; with no labels one, since nothing in it is random. `on_trial` hears of each.

    Trial k has the same labels, crops and noise for every backbone, and any number of labels contains the smaller ones.
    Raises RclError where there are too few labels, or a loss is no longer a number.
    """
    began = time.perf_counter()
    found = []
    for trial in range(protocol.trials if protocol.trains else 1):
        model = _trained(protocol, start, degradation, labels, trial_seed(protocol.seed, trial), device)
        found.append(measure(degradation.task, model, tests, device, noise_map=protocol.noise_map))
        on_trial(found[-1])
    return Outcome(tuple(found), time.perf_counter() - began)


def trial_seed(seed: int, trial: int) -> int:
    """A seed for everything random in one trial."""
    return int(np.random.SeedSequence([seed, trial]).generate_state(1)[0])


@torch.no_grad()
def measure(
    task: Task, model: nn.Module, tests: Sequence[Pair], device: torch.device, *, noise_map: bool = False
) -> Figures:
    """Means of the task's metrics over the test pairs; predictions are clipped to 0…1 first."""
    place_module(model.eval(), device)
    told = noise_map and task.noise_aware
    predictions = (predict(model, pair, device, told=told)[0].cpu().clamp(0, 1) for pair in tests)
    return mean_figures([task.metrics(y, pair.target) for y, pair in zip(predictions, tests, strict=True)])


def _trained(
    protocol: Protocol, start: Start, degradation: Degradation, pictures: PictureFiles, seed: int, device: torch.device
) -> TaskModel:
    task, domain = degradation.task, degradation.domain
    if not protocol.trains:
        return start.unchanged(task, domain)
    labels = drawn_labels(pictures, protocol.labels, seed)
    side = crop_side(protocol.crop * domain.pixels * task.scale, task, domain, start.multiple)

    def draw(count: int, rng: torch.Generator) -> Pair:
        return draw_pairs(labels, degradation, side, count, rng)

    told = protocol.noise_map and task.noise_aware
    training = FixedSteps(protocol.steps, protocol.batch, protocol.lr, protocol.fall, seed, told)
    if protocol.mode == PROXY:
        model = start.with_new_layer(task, domain, seed)
        place_module(model, device)
        train_last_layer(training, task, model, draw, device, protocol.pool)
    else:
        model = start.with_own_layer(task, domain, seed)
        place_module(model, device)
        train_all(training, task, model, draw, device)
    return model
