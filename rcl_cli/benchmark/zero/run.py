"""The rows of the comparison, in pieces that can be interrupted: a row once measured stays in the work folder."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from statistics import fmean, stdev

import torch

from rcl_cli.benchmark.estimators import fingerprint
from rcl_cli.benchmark.tables.data import Data
from rcl_cli.benchmark.tables.jobs import Job, run_jobs
from rcl_cli.benchmark.tables.row import Row
from rcl_cli.benchmark.tables.store import RowStore, digest
from rcl_cli.benchmark.tables.version import training_version
from rcl_cli.benchmark.zero.block_matching import installed
from rcl_cli.benchmark.zero.data import NoisyPicture, simulated, with_blind_levels
from rcl_cli.benchmark.zero.methods import BLIND, BM3D, INPUT, METHODS, Method
from rcl_cli.benchmark.zero.presets import Budget
from rcl_cli.benchmark.zero.score import Denoiser, network, noisy_input, peer, score
from rcl_cli.benchmark.zero.train import pretexts, train
from rcl_cli.domain import Domain

TABLE, ROWS = "zero", "zero-rows.jsonl"
DOMAINS = ("rgb", "bayer")
_DECIDING = ("block_matching.py", "data.py", "score.py", "stabilise.py", "train.py")
_CODE = fingerprint([Path(__file__).with_name(name) for name in _DECIDING])
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

    def key(self, cell: Cell) -> str:
        """A digest of everything that decides a row; without training that is the test pictures alone."""
        learnt = pretexts(METHODS[cell.method])
        return digest(
            cell=asdict(cell),
            budget=asdict(self.budget) if learnt else self.budget.test_side,
            contrast=self.contrast if METHODS[cell.method].contrast else None,
            seed=self.seed,
            data=self.data.fingerprint,
            code=[training_version(learnt) if learnt else "", _CODE],
        )


@dataclass(frozen=True)
class Cell:
    """One row to be measured."""

    domain: str
    method: str


def cells(domains: Sequence[str], methods: Sequence[str]) -> list[Cell]:
    """All rows of some methods; BM3D only where its package is installed."""
    return [Cell(domain, method) for domain in domains for method in methods if method != BM3D or installed()]


def measure_cells(
    comparison: Comparison,
    wanted: Sequence[Cell],
    work: Path,
    *,
    workers: int = 1,
    on_plan: Callable[[int], None] = lambda jobs: None,
) -> Iterator[Row]:
    """The row of each cell: those of the work folder first, then each as it is measured.

    `on_plan` hears how many are to be measured. Raises RclError where training diverges, FileError for a picture that
    cannot be read; rows done till then stay.
    """
    store = RowStore(work / ROWS)
    known = store.read()
    keys = {cell: comparison.key(cell) for cell in wanted}
    yield from (known[key] for key in keys.values() if key in known)
    jobs = [Job(f"{c.domain} {c.method}", measure_cell, (comparison, c)) for c, key in keys.items() if key not in known]
    on_plan(len(jobs))
    for job, row in run_jobs(jobs, workers):
        store.append(keys[job.arguments[1]], row)
        yield row


def measure_cell(comparison: Comparison, cell: Cell) -> Row:
    """One row."""
    method, domain, budget = METHODS[cell.method], Domain(cell.domain), comparison.budget
    began = time.perf_counter()
    tests = _tests(comparison, cell.domain)
    trials = budget.trials if method.pretext else 1
    figures = [
        score(_denoiser(comparison, method, domain, trial), _seen_by(method, tests, domain)) for trial in range(trials)
    ]
    psnr, ssim = zip(*figures, strict=True)
    return Row(
        TABLE,
        method.name,
        "denoise",
        "skip" if method.pretext else "",
        cell.domain,
        _labels(comparison, method),
        fmean(psnr),
        stdev(psnr) if trials > 1 else 0.0,
        fmean(ssim),
        stdev(ssim) if trials > 1 else 0.0,
        trials,
        round(time.perf_counter() - began, 1),
    )


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
