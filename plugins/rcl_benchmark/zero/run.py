"""Rows of simulated noise: clean pictures of which one noisy copy each is made."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path

import torch

from rcl_benchmark.estimators import fingerprint
from rcl_benchmark.tables.data import Data
from rcl_benchmark.tables.jobs import Job
from rcl_benchmark.tables.row import Row
from rcl_benchmark.tables.store import digest
from rcl_benchmark.tables.version import training_version
from rcl_benchmark.zero.block_matching import installed
from rcl_benchmark.zero.data import NoisyPicture, simulated, with_blind_levels
from rcl_benchmark.zero.methods import BLIND, BM3D, INPUT, METHODS, Method
from rcl_benchmark.zero.presets import Budget
from rcl_benchmark.zero.rows import Cell, make_row
from rcl_benchmark.zero.score import Denoiser, network, noisy_input, peer, score
from rcl_benchmark.zero.train import pretexts, train
from rcl_cli.domain import Domain

DOMAINS = ("rgb", "bayer")
DECIDING = ("block_matching.py", "data.py", "score.py", "stabilise.py", "train.py")
_CODE = fingerprint([Path(__file__).with_name(name) for name in DECIDING])
TEST_SEED = 1
"""Added to the run's seed: no test picture has the noise that one of the same name has in training."""


@dataclass(frozen=True)
class Comparison:
    """What is compared, on which pictures."""

    data: Data
    budget: Budget
    contrast: float
    """Weight of the residual contrast where it joins."""
    seed: int
    device: str

    def every_cell(self) -> list[Cell]:
        """All rows, domain by domain."""
        return [Cell(domain, method) for domain in DOMAINS for method in METHODS]

    def key(self, cell: Cell) -> str:
        """A digest of everything that decides a row; without training that is the test pictures alone."""
        learnt = pretexts(METHODS[cell.method])
        return digest(
            cell={"domain": cell.data, "method": cell.method},
            budget=asdict(self.budget) if learnt else self.budget.test_side,
            contrast=self.contrast if METHODS[cell.method].contrast else None,
            seed=self.seed,
            data=self.data.fingerprint,
            code=[training_version(learnt) if learnt else "", _CODE],
        )

    def cells(self, domains: Sequence[str], methods: Sequence[str]) -> list[Cell]:
        """The rows of some methods; BM3D only where its package is installed."""
        possible = [m for m in methods if m != BM3D or installed()]
        return [cell for cell in self.every_cell() if cell.data in domains and cell.method in possible]

    def jobs(self, cells: Sequence[Cell]) -> list[Job]:
        """One for each row."""
        return [Job(f"{cell.data} {cell.method}", _measure, (self, (cell,))) for cell in cells]


def _measure(comparison: Comparison, cells: Sequence[Cell]) -> list[Row]:
    return [measure_cell(comparison, cell) for cell in cells]


def measure_cell(comparison: Comparison, cell: Cell) -> Row:
    """One row."""
    method, domain, budget = METHODS[cell.method], Domain(cell.data), comparison.budget
    began = time.perf_counter()
    tests = _tests(comparison, cell.data)
    trials = budget.trials if method.pretext else 1
    figures = [
        score(_denoiser(comparison, method, domain, trial), _seen_by(method, tests, domain)) for trial in range(trials)
    ]
    return make_row(method, cell.data, _labels(comparison, method), figures, time.perf_counter() - began)


def _denoiser(comparison: Comparison, method: Method, domain: Domain, trial: int) -> Denoiser:
    if method.name == INPUT:
        return noisy_input
    if method.name == BM3D:
        return peer(domain)
    device = torch.device(comparison.device)
    pictures = _seen_by(method, _training(comparison, domain.value), domain)
    seed = comparison.seed + trial
    backbone = train(method, comparison.budget, pictures, domain, seed, device, contrast=comparison.contrast)
    return network(backbone, domain, device, told=method.told)


def _seen_by(method: Method, pictures: Sequence[NoisyPicture], domain: Domain) -> Sequence[NoisyPicture]:
    """With the noise levels that the method knows."""
    return [with_blind_levels(picture, domain) for picture in pictures] if method.levels == BLIND else pictures


def _labels(comparison: Comparison, method: Method) -> int | None:
    if method.pretext is None:
        return None
    return len(_training_files(comparison)) if method.supervised else 0


def _training_files(comparison: Comparison) -> tuple[Path, ...]:
    return comparison.data.train[: comparison.budget.train_count]


@lru_cache(maxsize=1)
def _training(comparison: Comparison, domain: str) -> list[NoisyPicture]:
    return [simulated(path, Domain(domain), comparison.seed) for path in _training_files(comparison)]


@lru_cache(maxsize=1)
def _tests(comparison: Comparison, domain: str) -> list[NoisyPicture]:
    side = comparison.budget.test_side
    return [simulated(path, Domain(domain), comparison.seed + TEST_SEED, side) for path in comparison.data.test]
