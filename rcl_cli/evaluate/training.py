"""The two trainings of the protocol: of the last layer on frozen features, and of all weights."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from rcl_cli.data.pairs import Pair
from rcl_cli.data.seeds import step_generator
from rcl_cli.evaluate.settings import Protocol
from rcl_cli.models.task_model import TaskModel
from rcl_cli.task import Task
from rcl_cli.train.device import autocast, placed
from rcl_cli.train.optimizer import descend, make_optimizer, require_number, share_of_rate

Draw = Callable[[int, torch.Generator], Pair]
"""So many training crops, as a batch."""


def train_last_layer(
    protocol: Protocol, task: Task, model: TaskModel, draw: Draw, seed: int, device: torch.device
) -> None:
    """Train `model.head` alone, on features computed once for a pool of crops."""
    model.network.requires_grad_(False)
    told = protocol.noise_map and task.noise_aware
    features, inputs, targets = _pool(model.network, draw, protocol, told, seed, device)
    optimizer = make_optimizer(model.head, protocol.lr)
    rng = step_generator(seed, 0)
    for step in range(1, protocol.steps + 1):
        drawn = torch.randint(len(features), (protocol.batch,), generator=rng).to(device)
        prediction = model.head(features[drawn], inputs[drawn])
        _descend(optimizer, task.loss(prediction, targets[drawn]), step, protocol)


def train_all(protocol: Protocol, task: Task, model: TaskModel, draw: Draw, seed: int, device: torch.device) -> None:
    """Train every weight, on new crops in each step."""
    model.requires_grad_(True).train()
    told = protocol.noise_map and task.noise_aware
    optimizer = make_optimizer(model, protocol.lr)
    for step in range(1, protocol.steps + 1):
        pair = draw(protocol.batch, step_generator(seed, step))
        with autocast(device):
            prediction: Tensor = model(placed(pair.x, device), placed(pair.sigma, device) if told else None)
        _descend(optimizer, task.loss(prediction.float(), placed(pair.target, device)), step, protocol)


@torch.no_grad()
def _pool(
    network: nn.Module, draw: Draw, protocol: Protocol, told: bool, seed: int, device: torch.device
) -> tuple[Tensor, Tensor, Tensor]:
    """Features (P, F, h, w), inputs (P, C, h, w) and targets (P, C_out, h·U, w·U) of the pool."""
    features, inputs, targets = [], [], []
    for number, start in enumerate(range(0, protocol.pool, protocol.batch), start=1):
        pair = draw(min(protocol.batch, protocol.pool - start), step_generator(seed, number))
        x = placed(pair.x, device)
        with autocast(device):
            features.append(network(x, placed(pair.sigma, device) if told else None).float())
        inputs.append(x)
        targets.append(placed(pair.target, device))
    return torch.cat(features), torch.cat(inputs), torch.cat(targets)


def _descend(optimizer: torch.optim.Optimizer, loss: Tensor, step: int, protocol: Protocol) -> None:
    rate = protocol.lr * share_of_rate(step, protocol.steps, fall=protocol.fall)
    require_number(descend(optimizer, loss, rate), step)
