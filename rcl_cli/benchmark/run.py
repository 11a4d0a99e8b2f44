"""Running the estimators over all draws, on several cores and in pieces that can be interrupted."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from itertools import repeat
from multiprocessing import get_context
from pathlib import Path

import cv2

from rcl_cli.benchmark.estimators import Method, fingerprint
from rcl_cli.benchmark.group import GROUP, Group, measure_group
from rcl_cli.benchmark.pictures import Pictures
from rcl_cli.benchmark.records import Record
from rcl_cli.benchmark.timing import SIZES, Timing, time_blind

_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def groups(
    pictures: Pictures,
    draws: int,
    regimes: Sequence[str],
    methods: Sequence[Method],
    seed: int,
    done: Sequence[Record] = (),
) -> list[Group]:
    """All scenes by GROUPs, without the groups that are done."""
    keys = frozenset(record.key for record in done)
    names = tuple(method.name for method in methods)
    indices = [tuple(range(start, min(start + GROUP, draws))) for start in range(0, draws, GROUP)]
    made = [Group(pictures, group, tuple(regimes), names, seed, keys) for group in indices]
    return [group for group in made if group.missing()]


def run_groups(todo: Sequence[Group], workers: int) -> Iterator[list[Record]]:
    """The records of each group as it ends. A worker is a process of one thread: seconds are those of one core."""
    with _processes(workers) as pool:
        futures = [pool.submit(measure_group, group) for group in todo]
        try:
            for future in as_completed(futures):
                yield future.result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def time_sizes(pictures: Pictures, seed: int) -> list[Timing]:
    """How long the blind estimator takes for each of `timing.SIZES`, in a process of one thread."""
    with _processes(1) as pool:
        return list(pool.map(time_blind, repeat(pictures), repeat(seed), SIZES))


def simulation_version() -> str:
    """Changes with the source code that makes the draws."""
    here = Path(__file__).parent
    names = ("draws.py", "pictures.py", "simulate.py", "processing.py", "group.py")
    return fingerprint([*(here / name for name in names), *sorted((here.parent / "samples").glob("*.py"))])


@contextmanager
def _processes(workers: int) -> Iterator[ProcessPoolExecutor]:
    with _one_thread(), ProcessPoolExecutor(workers, get_context("spawn"), cv2.setNumThreads, (1,)) as pool:
        yield pool


@contextmanager
def _one_thread() -> Iterator[None]:
    """The processes started meanwhile compute with one thread: their libraries look at this once, when imported."""
    before = {name: os.environ.get(name) for name in _THREADS}
    os.environ.update(dict.fromkeys(_THREADS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})
