"""Training pairs of a task: what a source of them must offer, and how pictures are held out for validation."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

import numpy as np
import torch
from torch import Tensor

from rcl_cli.domain import Domain
from rcl_cli.errors import FileError, RclError
from rcl_cli.nn.balance import Balance
from rcl_cli.nn.curve import REST, bend_for
from rcl_cli.noise import NoiseSource, sigma_map
from rcl_cli.task import Task

VALIDATION_SIDE = 264
"""Target pixels of validation crops, each way, at most, unless training crops are larger."""
VALIDATION_SHARE = 0.1
VALIDATION_MOST = 16
S = TypeVar("S")
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
    bend: Tensor = field(default_factory=lambda: torch.tensor(REST))
    """(): `bend_for` its noise, for coded networks."""


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
    return stacked([source.draw(rng) for _ in range(count)])


def stacked(pairs: Sequence[Pair]) -> Pair:
    """Pairs of one size as one of (N, …) tensors."""
    return Pair(*(torch.stack([getattr(pair, name) for pair in pairs]) for name in ("x", "sigma", "target", "bend")))


@dataclass(frozen=True)
class Degradation:
    """What a task makes of clean pictures, with what noise."""

    task: Task
    domain: Domain
    noise: NoiseSource

    def __call__(self, rgb: Tensor, rng: torch.Generator, balance: Balance | None = None) -> Pair:
        """A pair from clean RGB (3, H, W); its noise level and its noise are drawn anew.

        `balance`: what values are multiplied by once they are noisy, for coded networks.
        """
        profile = self.noise.draw(rng)
        x, target = self.task.degrade(rgb, self.domain, profile, rng)
        if balance is not None:
            x = x * torch.from_numpy(balance.planes(self.domain))
            target = target * torch.from_numpy(balance.planes(self.task.output(self.domain)))
            profile = balance.profile(profile)
        return Pair(x, sigma_map(x, profile, self.domain), target, torch.tensor(bend_for(profile)))


@dataclass(frozen=True)
class Split(Generic[T]):
    """Pictures to learn from and pictures to validate on, disjoint, and why others could not be used."""

    train: list[T]
    held_out: list[T]
    failures: list[FileError]


def load_split(
    items: Sequence[S], load: Callable[[S], T], labels: int | None, seed: int, done: Callable[[], None] = lambda: None
) -> Split[T]:
    """Load what is needed of `items`, in an order shuffled by `seed` alone.

    First a tenth (1 to 16) is held out, then come `labels` to learn from (None: all the rest). So more labels contain
    fewer ones, and the held-out pictures stay the same. An item for which `load` raises FileError is replaced by the
    next. `done` hears of each item. Raises RclError where fewer than two items, or fewer labels than asked for, load.
    """
    shuffled = iter([items[i] for i in np.random.default_rng(seed).permutation(len(items))])
    failures: list[FileError] = []
    held_out = _take(shuffled, held_out_count(len(items)), load, failures, done)
    train = _take(shuffled, len(items) if labels is None else labels, load, failures, done)
    if not train:
        reason = "; ".join(str(failure) for failure in failures[:1])
        few = f"{len(held_out)} usable picture(s) are too few: one to learn from and one to validate on are needed"
        raise RclError(f"{few} ({reason})" if reason else few)
    if labels is not None and len(train) < labels:
        raise RclError(f"--labels {labels} is too many: {len(train)} are left beside those held out")
    return Split(train, held_out, failures)


def held_out_count(pictures: int) -> int:
    """How many of so many pictures are held out for validation."""
    return min(max(1, round(VALIDATION_SHARE * pictures)), VALIDATION_MOST)


def _take(
    items: Iterator[S], count: int, load: Callable[[S], T], failures: list[FileError], done: Callable[[], None]
) -> list[T]:
    taken: list[T] = []
    while len(taken) < count:
        item = next(items, None)
        if item is None:
            break
        try:
            taken.append(load(item))
        except FileError as error:
            failures.append(error)
        done()
    return taken


def hold_out(items: Sequence[T], labels: int | None, seed: int) -> tuple[list[T], list[T]]:
    """As `load_split`, for pictures that are in memory already: those to learn from, those held out."""
    split = load_split(items, lambda item: item, labels, seed)
    return split.train, split.held_out


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
