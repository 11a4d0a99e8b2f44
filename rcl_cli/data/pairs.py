"""Training pairs of a task: what a source of them must offer, and how pictures are held out for validation."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import numpy as np
import torch
from torch import Tensor

from rcl_cli.domain import Domain
from rcl_cli.errors import RclError
from rcl_cli.task import Task

VALIDATION_SHARE = 0.1
VALIDATION_MOST = 16
T = TypeVar("T")


@dataclass(frozen=True)
class Pair:
    """An input, its noise level and its target; a batch of them has N in front."""

    x: Tensor
    """(C, h, w)"""
    sigma: Tensor
    """(C, h, w), σ(x) by the noise profile."""
    target: Tensor
    """(C_out, h·U, w·U)"""


class PairSource(Protocol):
    """Where `finetune` takes pairs from."""

    def draw(self, rng: torch.Generator) -> Pair:
        """A random training crop; every one has the same size."""

    def validation(self) -> Sequence[Pair]:
        """The same pairs each time, from pictures that `draw` never touches; sizes may differ."""

    def describe(self) -> dict[str, Any]:
        """Plain values for a model's header: `noise` as `NoiseSource.describe`, `labels`, `validation`."""


def batch(source: PairSource, count: int, rng: torch.Generator) -> Pair:
    """`count` training crops as one pair of (N, …) tensors."""
    pairs = [source.draw(rng) for _ in range(count)]
    return Pair(*(torch.stack([getattr(p, name) for p in pairs]) for name in ("x", "sigma", "target")))


def hold_out(items: Sequence[T], labels: int | None, seed: int) -> tuple[list[T], list[T]]:
    """Training and validation items, disjoint: a tenth (1 to 16) is held out, of the rest `labels` are kept.

    The order is shuffled by `seed` alone, so more labels contain fewer ones and the held-out pictures stay the
    same. Raises RclError where fewer than two items, or fewer labels than asked for, are there.
    """
    if len(items) < 2:
        raise RclError(
            f"{len(items)} usable picture(s) are too few: one to learn from and one to validate on are needed"
        )
    shuffled = [items[i] for i in np.random.default_rng(seed).permutation(len(items))]
    held_out = min(max(1, round(VALIDATION_SHARE * len(items))), VALIDATION_MOST)
    train = shuffled[held_out:]
    if labels is not None and not 1 <= labels <= len(train):
        raise RclError(f"--labels {labels} is not possible: {len(train)} pictures are left after {held_out} held out")
    return train[:labels], shuffled[:held_out]


def crop_multiple(task: Task, domain: Domain, multiple: int) -> int:
    """The number of which the sides of clean crops are multiples, in target pixels of a `scale`-fold picture.

    It keeps the CFA phase (12·scale for any task, see `Task.degrade`) and gives inputs that a U-Net can take, whose
    sides are multiples of `multiple` elements.
    """
    return math.lcm(12 * task.scale, domain.pixels * task.scale * multiple)


def crop_side(wanted: int, task: Task, domain: Domain, multiple: int) -> int:
    """`wanted` pixels rounded up to `crop_multiple`."""
    step = crop_multiple(task, domain, multiple)
    return -(-wanted // step) * step
