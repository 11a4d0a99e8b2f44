"""Measuring denoisers that learn without labels: what simulated noise and real noise have in common."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

import torch

from rcl_benchmark.engine.code import beside, code_version, training_version
from rcl_benchmark.engine.jobs import Job
from rcl_benchmark.engine.records import digest
from rcl_benchmark.engine.row import Row
from rcl_benchmark.zero.block_matching import installed
from rcl_benchmark.zero.data import NoisyPicture
from rcl_benchmark.zero.methods import PEERS, Method
from rcl_benchmark.zero.presets import Budget
from rcl_benchmark.zero.score import Denoiser, network, noisy_input, peer, score
from rcl_benchmark.zero.train import pretexts, train
from rcl_cli.domain import Domain
from rcl_cli.network import get_network

TABLE = "zero"
DECIDING = beside(__file__, "block_matching", "comparison", "data", "score", "stabilise", "train")


@dataclass(frozen=True)
class Cell:
    """One row to be measured."""

    data: str
    """As in `Row`."""
    method: str


@dataclass(frozen=True)
class Comparison(ABC):
    """Methods that are compared on the same pictures. Subclasses say which pictures these are."""

    budget: Budget
    seed: int
    device: str
    contrast: float
    """Weight of the residual contrast where it joins."""

    methods: ClassVar[Mapping[str, Method]]
    """In the order of the page."""
    together: ClassVar[bool]
    """What a method has learnt serves all kinds of data."""

    @property
    @abstractmethod
    def kinds(self) -> Sequence[str]:
        """`Row.data`, in the order of the page."""

    @abstractmethod
    def domain(self, data: str) -> Domain:
        """The layout of the pictures."""

    @abstractmethod
    def decides(self, cell: Cell) -> dict[str, Any]:
        """What decides a row besides method, budget, seed and code, as JSON can hold it."""

    @abstractmethod
    def training(self, method: Method, data: str) -> Sequence[NoisyPicture]:
        """What a method learns from."""

    @abstractmethod
    def tests(self, method: Method, data: str) -> Sequence[NoisyPicture]:
        """What it is scored on, with the noise that it is told."""

    @abstractmethod
    def labels(self, method: Method) -> int | None:
        """As in `Row`."""

    def cells(self, kinds: Sequence[str], methods: Sequence[str]) -> list[Cell]:
        """The rows of some methods; BM3D only where its package is installed."""
        possible = [name for name in self.methods if name in methods and (name not in PEERS or installed())]
        return [Cell(data, method) for data in self.kinds if data in kinds for method in possible]

    def key(self, cell: Cell) -> str:
        """A digest of everything that decides a row."""
        method = self.methods[cell.method]
        learnt = pretexts(method)
        return digest(
            zero=[cell.data, asdict(method)],
            budget=asdict(self.budget) if learnt else self.budget.test_side,
            contrast=self.contrast if method.contrast else None,
            code=[training_version(get_network("unet"), learnt) if learnt else "", code_version(*DECIDING)],
            **self.decides(cell),
        )

    def jobs(self, cells: Sequence[Cell]) -> list[Job]:
        """One for each row, but one for all kinds of data where a method learns once for them."""
        groups: dict[tuple[str, str], list[Cell]] = {}
        for cell in cells:
            once = self.together and self.methods[cell.method].pretext is not None
            groups.setdefault((cell.method, "" if once else cell.data), []).append(cell)
        return [
            Job(
                f"{TABLE}, {method}, {', '.join(cell.data for cell in group)}",
                measure,
                (self,),
                {self.key(cell): cell for cell in group},
            )
            for (method, _), group in groups.items()
        ]


def measure(comparison: Comparison, *cells: Cell) -> list[Row]:
    """The rows of one method, which learns once for all of them; the time of learning is shared out evenly."""
    method = comparison.methods[cells[0].method]
    began = time.perf_counter()
    trials = range(comparison.budget.trials if method.pretext else 1)
    denoisers = [_denoiser(comparison, method, cells[0].data, trial) for trial in trials]
    learning = (time.perf_counter() - began) / len(cells)
    rows = []
    for cell in cells:
        began = time.perf_counter()
        tests = comparison.tests(method, cell.data)
        figures = [score(denoiser, tests) for denoiser in denoisers]
        seconds = learning + time.perf_counter() - began
        kind = "skip" if method.pretext else ""
        labels = comparison.labels(method)
        rows.append(Row.of_trials(TABLE, method.name, "denoise", kind, cell.data, labels, figures, seconds))
    return rows


def _denoiser(comparison: Comparison, method: Method, data: str, trial: int) -> Denoiser:
    domain, device = comparison.domain(data), torch.device(comparison.device)
    if method.name in PEERS:
        return peer(domain)
    if method.pretext is None:
        return noisy_input
    pictures, seed = comparison.training(method, data), comparison.seed + trial
    backbone = train(method, comparison.budget, pictures, domain, seed, device, contrast=comparison.contrast)
    return network(backbone, domain, device, told=method.told)
