"""Pairs on their way through a network: made while it works on those before, and predicted from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields

import torch
from torch import Tensor, nn

from rcl_cli.data.pairs import Pair
from rcl_cli.data.seeds import step_generator
from rcl_cli.models.task_model import TaskModel
from rcl_cli.train.ahead import ahead
from rcl_cli.train.device import pinned, placed

_CPU = torch.device("cpu")
Draw = Callable[[int, torch.Generator], Pair]
"""So many training crops, as a batch."""


def batches(
    draw: Draw, count: int, seed: int, steps: int, first: int = 1, device: torch.device = _CPU
) -> Iterator[Pair]:
    """`count` crops for each of the steps `first` … `steps`, drawn by the step's own generator, ahead."""

    def make(step: int) -> Pair:
        pair = draw(count, step_generator(seed, step))
        return Pair(**{field.name: pinned(getattr(pair, field.name), device) for field in fields(pair)})

    return ahead(make, range(first, steps + 1), device)


def predict(model: nn.Module, pair: Pair, device: torch.device, *, told: bool) -> Tensor:
    """`model`'s float32 result for a pair or a batch of pairs, (N, …), linear; `told`: it gets the noise level too."""
    x, sigma = (placed(t if t.ndim == 4 else t[None], device) for t in (pair.x, pair.sigma))
    bend = {"bend": placed(pair.bend, device)} if isinstance(model, TaskModel) else {}
    y: Tensor = model(x, sigma if told else None, **bend)
    return y.float()


@dataclass(frozen=True)
class Seen:
    """A batch of pairs as a model's network sees values: linear, or on the curve."""

    x: Tensor
    sigma: Tensor | None
    """None where the model is not told the noise level."""
    target: Tensor

    @classmethod
    def by(cls, model: TaskModel, pair: Pair, device: torch.device, *, told: bool) -> Seen:
        """For a batch of pairs, on `device`."""
        x, sigma, target = (placed(t, device) for t in (pair.x, pair.sigma, pair.target))
        code = model.code(placed(pair.bend, device))
        return cls(code.encode(x), code.sigma(sigma, x) if told else None, code.encode(target))
