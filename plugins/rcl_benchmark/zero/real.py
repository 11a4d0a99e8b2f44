"""Rows of real noise: pictures of a camera beside the means of many shots, which nothing but the score sees."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar

from rcl_benchmark.engine.code import beside, code_version
from rcl_benchmark.zero.comparison import Cell, Comparison
from rcl_benchmark.zero.data import NoisyPicture
from rcl_benchmark.zero.methods import REAL_METHODS, Method
from rcl_benchmark.zero.real_pictures import middle, real_picture, told_more
from rcl_benchmark.zero.real_sets import RealSet
from rcl_calibration import correlation
from rcl_cli.data import noise_levels
from rcl_cli.domain import Domain

_CODE = code_version(
    *beside(__file__, "real_pictures"),
    *beside(correlation.__file__, "correlation"),
    *beside(noise_levels.__file__, "noise_levels"),
)


@dataclass(frozen=True)
class Real(Comparison):
    """The methods for real noise on sets of pairs. One network learns from the noisy pictures of all sets."""

    sets: tuple[RealSet, ...]

    methods: ClassVar = REAL_METHODS
    together: ClassVar = True

    @property
    def kinds(self) -> Sequence[str]:
        return [found.name for found in self.sets]

    def domain(self, data: str) -> Domain:
        return Domain.RGB

    def decides(self, cell: Cell) -> dict[str, Any]:
        """Where nothing is learnt, the set alone."""
        learnt = self.methods[cell.method].pretext is not None
        files = [[found.name, found.fingerprint] for found in self.sets if learnt or found.name == cell.data]
        return {"files": files, "seed": self.seed if learnt else None, "reading": _CODE}

    def training(self, method: Method, data: str) -> Sequence[NoisyPicture]:
        return _all(self.sets)

    def tests(self, method: Method, data: str) -> Sequence[NoisyPicture]:
        (found,) = (found for found in self.sets if found.name == data)
        pictures = _middles(found, self.budget.test_side)
        return pictures if method.factor == 1 else [told_more(picture, method.factor) for picture in pictures]

    def labels(self, method: Method) -> int | None:
        return 0 if method.pretext else None


@lru_cache(maxsize=1)
def _all(sets: tuple[RealSet, ...]) -> list[NoisyPicture]:
    return [real_picture(pair) for found in sets for pair in found.pairs]


@lru_cache(maxsize=1)
def _middles(found: RealSet, side: int) -> list[NoisyPicture]:
    return [middle(real_picture(pair), side) for pair in found.pairs]
