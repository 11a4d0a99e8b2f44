"""Simulated noise: clean pictures of which one noisy copy each is made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from rcl_benchmark.tables.data import Data
from rcl_benchmark.zero.comparison import Comparison
from rcl_benchmark.zero.data import NoisyPicture, simulated, with_blind_levels
from rcl_benchmark.zero.methods import BLIND, DOMAINS, METHODS, Method
from rcl_benchmark.zero.presets import Budget
from rcl_cli.domain import Domain

TEST_SEED = 1
"""Added to the run's seed: no test picture has the noise that one of the same name has in training."""


@dataclass(frozen=True)
class Simulated:
    """Pictures with noise of known level, of one domain."""

    name: str
    data: Data
    seed: int

    @property
    def domain(self) -> Domain:
        return Domain(self.name)

    @property
    def identity(self) -> str:
        return f"{self.name}: {self.data.fingerprint}, seed {self.seed}"

    @property
    def count(self) -> int:
        return len(self.data.test)

    def training(self, method: Method) -> Sequence[NoisyPicture]:
        return self._seen_by(method, _pictures(self.data.train, self.domain, self.seed))

    def tests(self, method: Method, side: int) -> Sequence[NoisyPicture]:
        return self._seen_by(method, _pictures(self.data.test, self.domain, self.seed + TEST_SEED, side))

    def _seen_by(self, method: Method, pictures: Sequence[NoisyPicture]) -> Sequence[NoisyPicture]:
        """With the noise levels that the method knows."""
        return [with_blind_levels(p, self.domain) for p in pictures] if method.levels == BLIND else pictures


def on_simulated_noise(data: Data, budget: Budget, seed: int, device: str, contrast: float) -> Comparison:
    """Every method on RGB pictures and on raws."""
    learnt = replace(data, train=data.train[: budget.train_count])
    kinds = tuple(Simulated(name, learnt, seed) for name in DOMAINS)
    return Comparison(kinds, METHODS, budget, seed, device, contrast)


@lru_cache(maxsize=2)
def _pictures(paths: tuple[Path, ...], domain: Domain, seed: int, side: int | None = None) -> list[NoisyPicture]:
    return [simulated(path, domain, seed, side) for path in paths]
