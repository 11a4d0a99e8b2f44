"""Measuring denoisers that learn without labels, on simulated noise and on real noise alike."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Protocol

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
_CODE = code_version(*beside(__file__, "block_matching", "comparison", "data", "score", "stabilise", "train"))


class Kind(Protocol):
    """Pictures that are scored together."""

    @property
    def name(self) -> str:
        """`Row.data`."""

    @property
    def domain(self) -> Domain:
        """The layout of the pictures."""

    @property
    def identity(self) -> str:
        """Changes with everything that decides the pictures."""

    @property
    def count(self) -> int:
        """Pictures that are scored."""

    def training(self, method: Method) -> Sequence[NoisyPicture]:
        """What a method learns from."""

    def tests(self, method: Method, side: int) -> Sequence[NoisyPicture]:
        """Middles of `side` elements at most, with the noise that the method is told."""


@dataclass(frozen=True)
class Cell:
    """One row to be measured."""

    data: str
    """As in `Row`."""
    method: str


@dataclass(frozen=True)
class Comparison:
    """Methods that are compared on the same pictures."""

    kinds: tuple[Kind, ...]
    """In the order of the page."""
    methods: Mapping[str, Method]
    """In the order of the page."""
    budget: Budget
    seed: int
    device: str
    contrast: float = 0.0
    """Weight of the residual contrast where it joins."""
    together: bool = False
    """A method learns once, from the pictures of all kinds; else anew for each kind."""

    def cells(self, kinds: Sequence[str], methods: Sequence[str]) -> list[Cell]:
        """The rows of some methods; BM3D only where its package is installed."""
        possible = [name for name in self.methods if name in methods and (name not in PEERS or installed())]
        return [Cell(kind.name, method) for kind in self.kinds if kind.name in kinds for method in possible]

    def key(self, cell: Cell) -> str:
        """A digest of everything that decides a row; where nothing is learnt, its own pictures alone."""
        method = self.methods[cell.method]
        learnt = pretexts(method)
        return digest(
            zero=[cell.data, asdict(method)],
            budget=asdict(self.budget) if learnt else self.budget.test_side,
            seed=self.seed if learnt else None,
            contrast=self.contrast if method.contrast else None,
            pictures=[kind.identity for kind in (self.learns_from(cell.data) if learnt else [self.kind(cell.data)])],
            code=[training_version(get_network("unet"), learnt) if learnt else "", _CODE],
        )

    def jobs(self, cells: Sequence[Cell]) -> list[Job]:
        """One for each row, but one for all kinds where a method learns once for them."""
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

    def kind(self, name: str) -> Kind:
        """The pictures of this name."""
        return next(kind for kind in self.kinds if kind.name == name)

    def learns_from(self, name: str) -> Sequence[Kind]:
        """Whose pictures a method that is scored on the kind `name` learns from."""
        return self.kinds if self.together else [self.kind(name)]


def measure(comparison: Comparison, *cells: Cell) -> list[Row]:
    """The rows of one method, which learns once for all of them; the time of learning is shared out evenly."""
    method, budget = comparison.methods[cells[0].method], comparison.budget
    began = time.perf_counter()
    trials = range(budget.trials if method.pretext else 1)
    pictures = [
        picture
        for kind in (comparison.learns_from(cells[0].data) if method.pretext else ())
        for picture in kind.training(method)
    ]
    denoisers = [_denoiser(comparison, method, comparison.kind(cells[0].data).domain, pictures, t) for t in trials]
    learning = (time.perf_counter() - began) / len(cells)
    labels = None if method.pretext is None else len(pictures) if method.supervised else 0
    rows = []
    for cell in cells:
        began = time.perf_counter()
        tests = comparison.kind(cell.data).tests(method, budget.test_side)
        figures = [score(denoiser, tests) for denoiser in denoisers]
        seconds = learning + time.perf_counter() - began
        network = "skip" if method.pretext else ""
        rows.append(Row.of_trials(TABLE, method.name, "denoise", network, cell.data, labels, figures, seconds))
    return rows


def _denoiser(
    comparison: Comparison, method: Method, domain: Domain, pictures: Sequence[NoisyPicture], trial: int
) -> Denoiser:
    if method.name in PEERS:
        return peer(domain)
    if method.pretext is None:
        return noisy_input
    device, seed = torch.device(comparison.device), comparison.seed + trial
    backbone = train(method, comparison.budget, pictures, domain, seed, device, contrast=comparison.contrast)
    return network(backbone, domain, device, told=method.told)
