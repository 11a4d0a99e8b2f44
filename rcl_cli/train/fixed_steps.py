"""Training on few labels without validation, for so many steps: of all weights, or of the last layer alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from rcl_cli.data.seeds import step_generator
from rcl_cli.models.task_model import TaskModel
from rcl_cli.task import Task
from rcl_cli.train.batches import Draw, Seen, batches
from rcl_cli.train.device import autocast
from rcl_cli.train.optimizer import descend, make_optimizer, require_number, share_of_rate
from rcl_cli.train.readings import Numbers, Readings


@dataclass(frozen=True)
class FixedSteps:
    """How long and how; the last weights count."""

    steps: int
    batch: int
    """Crops a step."""
    lr: float
    fall: float
    """Part of the steps, at the end, in which the learning rate falls to 0."""
    seed: int
    told: bool
    """The network gets the noise level of its inputs."""


def train_all(training: FixedSteps, task: Task, model: TaskModel, draw: Draw, device: torch.device) -> None:
    """Train every weight, on new crops in each step. Raises RclError when the loss is no longer a number."""
    model.requires_grad_(True).train()

    def losses() -> Iterable[Tensor]:
        for pair in batches(draw, training.batch, training.seed, training.steps, device=device):
            seen = Seen.by(model, pair, device, told=training.told)
            with autocast(device):
                prediction = model.seen(seen.x, seen.sigma)
            yield task.loss(prediction.float(), seen.target)

    _train(training, model, losses(), device)


def train_last_layer(
    training: FixedSteps, task: Task, model: TaskModel, draw: Draw, device: torch.device, pool: int
) -> None:
    """Train `model.head` alone, on features computed once for `pool` crops. Raises RclError as `train_all`."""
    model.network.requires_grad_(False)
    features, inputs, targets = _pool(training, model, draw, device, pool)
    rng = step_generator(training.seed, 0)

    def losses() -> Iterable[Tensor]:
        for _ in range(training.steps):
            drawn = torch.randint(len(features), (training.batch,), generator=rng).to(device)
            yield task.loss(model.head(features[drawn], inputs[drawn]), targets[drawn])

    _train(training, model.head, losses(), device)


def _train(training: FixedSteps, trained: nn.Module, losses: Iterable[Tensor], device: torch.device) -> None:
    def check(rows: Sequence[Numbers]) -> None:
        for row in rows:
            require_number(row["loss"], int(row["step"]))

    optimizer, readings = make_optimizer(trained, training.lr), Readings(device, check)
    for step, loss in enumerate(losses, start=1):
        rate = training.lr * share_of_rate(step, training.steps, fall=training.fall)
        readings.add({"step": step, "loss": descend(optimizer, loss, rate)})
    readings.read()


@torch.no_grad()
def _pool(
    training: FixedSteps, model: TaskModel, draw: Draw, device: torch.device, pool: int
) -> tuple[Tensor, Tensor, Tensor]:
    """Features (P, F, h, w), inputs (P, C, h, w) and targets (P, C_out, h·U, w·U), as the model sees values."""
    features, inputs, targets = [], [], []
    for number, start in enumerate(range(0, pool, training.batch), start=1):
        pair = draw(min(training.batch, pool - start), step_generator(training.seed, number))
        seen = Seen.by(model, pair, device, told=training.told)
        with autocast(device):
            features.append(model.network(seen.x, seen.sigma).float())
        inputs.append(seen.x)
        targets.append(seen.target)
    return torch.cat(features), torch.cat(inputs), torch.cat(targets)
