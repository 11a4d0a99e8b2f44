"""Running the estimators over all draws, on several cores and in pieces that can be interrupted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import as_completed
from itertools import repeat
from pathlib import Path

from rcl_benchmark.estimators import Method, fingerprint
from rcl_benchmark.group import GROUP, Group, measure_group
from rcl_benchmark.pictures import Pictures
from rcl_benchmark.processes import processes
from rcl_benchmark.records import Record
from rcl_benchmark.timing import SIZES, Timing, time_blind


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
    with processes(workers) as pool:
        futures = [pool.submit(measure_group, group) for group in todo]
        try:
            for future in as_completed(futures):
                yield future.result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def time_sizes(pictures: Pictures, seed: int) -> list[Timing]:
    """How long the blind estimator takes for each of `timing.SIZES`, in a process of one thread."""
    with processes(1) as pool:
        return list(pool.map(time_blind, repeat(pictures), repeat(seed), SIZES))


def simulation_version() -> str:
    """Changes with the source code that makes the draws."""
    here = Path(__file__).parent
    names = ("draws.py", "pictures.py", "simulate.py", "processing.py", "group.py")
    return fingerprint([*(here / name for name in names), *sorted((here.parent / "samples").glob("*.py"))])
