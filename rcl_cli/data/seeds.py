"""Random numbers of training: a generator a step, so that a resumed run draws the same."""

from __future__ import annotations

from typing import Protocol, TypeVar

import torch

T = TypeVar("T", covariant=True)


class Items(Protocol[T]):
    """A sequence, or an array."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: int, /) -> T: ...


def step_generator(seed: int, step: int) -> torch.Generator:
    """The CPU generator of one training step. Each step has its own, so that a resumed run draws the same numbers."""
    return torch.Generator().manual_seed(_number(seed, step))


def seed_step(seed: int, step: int) -> None:
    """Let torch's own numbers, which layers such as dropout draw from, depend on the step alone."""
    torch.manual_seed(_number(seed, step))


def _number(seed: int, step: int) -> int:
    return (seed * 1_000_003 + step) % 2**63


def drawn(items: Items[T], rng: torch.Generator) -> T:
    """One of the items, each as likely."""
    return items[int(torch.randint(len(items), (), generator=rng))]
