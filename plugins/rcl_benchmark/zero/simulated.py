"""Rows of simulated noise: clean pictures of which one noisy copy each is made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar

from rcl_benchmark.tables.data import Data
from rcl_benchmark.zero.comparison import Cell, Comparison
from rcl_benchmark.zero.data import NoisyPicture, simulated, with_blind_levels
from rcl_benchmark.zero.methods import BLIND, DOMAINS, METHODS, Method
from rcl_cli.domain import Domain

TEST_SEED = 1
"""Added to the run's seed: no test picture has the noise that one of the same name has in training."""


@dataclass(frozen=True)
class Simulated(Comparison):
    """Every method on RGB pictures and on raws, for each of which it learns anew."""

    data: Data

    methods: ClassVar = METHODS
    together: ClassVar = False

    @property
    def kinds(self) -> Sequence[str]:
        return DOMAINS

    def domain(self, data: str) -> Domain:
        return Domain(data)

    def decides(self, cell: Cell) -> dict[str, Any]:
        return {"data": self.data.fingerprint, "seed": self.seed}

    def training(self, method: Method, data: str) -> Sequence[NoisyPicture]:
        return _seen_by(method, _pictures(self._training_files, data, self.seed, None), data)

    def tests(self, method: Method, data: str) -> Sequence[NoisyPicture]:
        return _seen_by(method, _pictures(self.data.test, data, self.seed + TEST_SEED, self.budget.test_side), data)

    def labels(self, method: Method) -> int | None:
        if method.pretext is None:
            return None
        return len(self._training_files) if method.supervised else 0

    @property
    def _training_files(self) -> tuple[Path, ...]:
        return self.data.train[: self.budget.train_count]


@lru_cache(maxsize=2)
def _pictures(paths: tuple[Path, ...], data: str, seed: int, side: int | None) -> list[NoisyPicture]:
    return [simulated(path, Domain(data), seed, side) for path in paths]


def _seen_by(method: Method, pictures: Sequence[NoisyPicture], data: str) -> Sequence[NoisyPicture]:
    """With the noise levels that the method knows."""
    return [with_blind_levels(p, Domain(data)) for p in pictures] if method.levels == BLIND else pictures
