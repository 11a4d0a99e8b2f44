"""Measuring a case: its sides take turns; memory is measured of each alone, in a process of its own."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from time import perf_counter
from typing import Any

import numpy as np

from rcl_benchmark.speed.memory import Peak, watched
from rcl_benchmark.speed.record import Compared, Measured
from rcl_benchmark.speed.side import Case, Side, Work
from rcl_cli.errors import RclError


def measure(case: Case, turns: int, memory: bool, part: None = None) -> list[Compared]:
    """The case, each side so many times, and once more for its `memory`. `part`: jobs have it; one job is one case."""
    if case.inputs is not None:
        case.inputs()
    with _threads(case.one_core):
        seconds, found = _taking_turns(case, turns)
    sides = tuple(
        Measured(
            side.name,
            side.amount,
            tuple(seconds[side.name]),
            _peak(side, case.one_core) if memory else None,
            _off(found[side.name], found[case.base]),
            side.operations,
        )
        for side in case.sides
    )
    return [Compared(case.part, case.name, case.base, case.unit, sides)]


def _taking_turns(case: Case, turns: int) -> tuple[dict[str, list[float]], dict[str, Any]]:
    """Seconds, and what was found, of each side."""
    works = {side.name: _work(side) for side in case.sides}
    found = {name: work() for name, work in works.items()} if case.warm else {}
    seconds: dict[str, list[float]] = {side.name: [] for side in case.sides}
    for turn in range(turns):
        # Every other turn goes the other way, so that no side is always the first.
        for side in case.sides[:: 1 if turn % 2 == 0 else -1]:
            _clear(side)
            began = perf_counter()
            found[side.name] = works[side.name]()
            seconds[side.name].append(perf_counter() - began)
    return seconds, found


def _work(side: Side) -> Work:
    if side.prepare is not None:
        return side.prepare(*side.arguments)

    def start() -> None:
        done = subprocess.run(side.command, capture_output=True, check=False, text=True)
        _require(side, done.returncode, done.stderr)

    _clear(side)
    return start


def _require(side: Side, status: int | None, said: str = "") -> None:
    if status != side.status:
        raise RclError(f"{side.name} ended with status {status}: {said[-400:]}")


def _clear(side: Side) -> None:
    for folder in side.fresh:
        shutil.rmtree(folder, ignore_errors=True)


def _off(found: Any, base: Any) -> float | None:
    """Of two matrices, the first of which may have fewer rows and columns."""
    if found is None or base is None:
        return None
    rows, columns = found.shape
    return float(np.abs(found - base[:rows, :columns]).max())


def _peak(side: Side, one_core: bool) -> float | None:
    _clear(side)
    if side.prepare is None:
        with subprocess.Popen(side.command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as program:
            peak = watched(program.pid, lambda: program.poll() is None)
        _require(side, program.returncode)
        return peak
    process = get_context("spawn").Process(target=_alone, args=(side, one_core))
    process.start()
    assert process.pid is not None  # it was started
    peak = watched(process.pid, process.is_alive)
    process.join()
    if process.exitcode:
        raise RclError(f"{side.name} ended with status {process.exitcode} in a process of its own")
    return peak


def _alone(side: Side, one_core: bool) -> None:
    with _threads(one_core):
        _work(side)()
        # What it used last may not have been looked at yet.
        Peak.settle()


@contextmanager
def _threads(one_core: bool) -> Iterator[None]:
    import cv2

    before = cv2.getNumThreads()
    if not one_core:
        yield
        return
    import torch

    of_torch = torch.get_num_threads()
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(before)
        torch.set_num_threads(of_torch)
