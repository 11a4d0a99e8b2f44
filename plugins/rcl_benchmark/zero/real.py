"""Rows of real noise: pictures of a camera beside the means of many shots, which nothing but the score sees."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path

import torch

from rcl_benchmark.tables.jobs import Job
from rcl_benchmark.tables.row import Row
from rcl_benchmark.tables.store import digest
from rcl_benchmark.tables.version import code_version, training_version
from rcl_benchmark.zero.block_matching import installed
from rcl_benchmark.zero.data import NoisyPicture
from rcl_benchmark.zero.methods import BM3D, BM3D_STRONG, INPUT, REAL_METHODS, Method
from rcl_benchmark.zero.presets import Budget
from rcl_benchmark.zero.real_pictures import middle, real_picture, told_more
from rcl_benchmark.zero.real_sets import RealSet
from rcl_benchmark.zero.rows import Cell, make_row
from rcl_benchmark.zero.run import DECIDING
from rcl_benchmark.zero.score import Denoiser, network, noisy_input, peer, score
from rcl_benchmark.zero.train import pretexts, train
from rcl_calibration import correlation
from rcl_cli.data import noise_levels
from rcl_cli.domain import Domain

STRONG = 2.5
"""σ that `bm3d-strong` is told, as a multiple of the measured one: makes up for the correlation of the noise."""
_CODE = code_version(
    *(Path(__file__).with_name(name) for name in (*DECIDING, "real_pictures.py")),
    *(Path(str(module.__file__)) for module in (correlation, noise_levels)),
)


@dataclass(frozen=True)
class RealComparison:
    """The methods for real noise on sets of pairs. One network learns from the noisy pictures of all sets."""

    sets: tuple[RealSet, ...]
    budget: Budget
    """`test_side` bounds the part of each picture that is scored; the counts do not apply."""
    seed: int
    device: str

    def every_cell(self) -> list[Cell]:
        """All rows, set by set."""
        return [Cell(found.name, method) for found in self.sets for method in REAL_METHODS]

    def key(self, cell: Cell) -> str:
        """A digest of everything that decides a row; without training that is the set alone."""
        method = REAL_METHODS[cell.method]
        learnt = pretexts(method)
        return digest(
            real=[cell.data, asdict(method)],
            strong=STRONG if cell.method == BM3D_STRONG else None,
            budget=asdict(self.budget) if learnt else self.budget.test_side,
            seed=self.seed if learnt else None,
            files=[[found.name, found.fingerprint] for found in self.sets if learnt or found.name == cell.data],
            code=[training_version(learnt) if learnt else "", _CODE],
        )

    def cells(self, methods: Sequence[str]) -> list[Cell]:
        """The rows of those methods that are for real noise; BM3D only where its package is installed."""
        possible = [m for m in methods if m not in (BM3D, BM3D_STRONG) or installed()]
        return [cell for cell in self.every_cell() if cell.method in possible]

    def jobs(self, cells: Sequence[Cell]) -> list[Job]:
        """One for each set and method, but for what is learnt one for all sets."""
        groups: dict[tuple[str, str], list[Cell]] = {}
        for cell in cells:
            learnt = REAL_METHODS[cell.method].pretext is not None
            groups.setdefault((cell.method, "" if learnt else cell.data), []).append(cell)
        return [
            Job(f"{method} {', '.join(cell.data for cell in group)}", _measure, (self, tuple(group)))
            for (method, _), group in groups.items()
        ]


def _measure(comparison: RealComparison, cells: Sequence[Cell]) -> list[Row]:
    """The rows of one method; the time of training is shared out evenly."""
    method = REAL_METHODS[cells[0].method]
    began = time.perf_counter()
    trials = range(comparison.budget.trials if method.pretext else 1)
    denoisers = [_denoiser(comparison, method, trial) for trial in trials]
    training = (time.perf_counter() - began) / len(cells)
    rows = []
    for cell in cells:
        began = time.perf_counter()
        tests = _tests(comparison, cell.data)
        figures = [score(denoiser, tests) for denoiser in denoisers]
        seconds = training + time.perf_counter() - began
        rows.append(make_row(method, cell.data, 0 if method.pretext else None, figures, seconds))
    return rows


def _denoiser(comparison: RealComparison, method: Method, trial: int) -> Denoiser:
    if method.name == INPUT:
        return noisy_input
    if method.name == BM3D:
        return peer(Domain.RGB)
    if method.name == BM3D_STRONG:
        return lambda picture: peer(Domain.RGB)(told_more(picture, STRONG))
    device = torch.device(comparison.device)
    seed = comparison.seed + trial
    backbone = train(method, comparison.budget, _training(comparison), Domain.RGB, seed, device)
    return network(backbone, Domain.RGB, device, told=method.told)


@lru_cache(maxsize=1)
def _training(comparison: RealComparison) -> list[NoisyPicture]:
    return [real_picture(pair) for found in comparison.sets for pair in found.pairs]


@lru_cache(maxsize=1)
def _tests(comparison: RealComparison, name: str) -> list[NoisyPicture]:
    (found,) = (found for found in comparison.sets if found.name == name)
    return [middle(real_picture(pair), comparison.budget.test_side) for pair in found.pairs]
