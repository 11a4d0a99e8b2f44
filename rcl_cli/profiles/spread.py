"""Measuring many files, several at a time: here, or on the workers of a dask cluster, which see the same folders."""

from __future__ import annotations

import os
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path

from rcl_cli.cluster import Refused, connected
from rcl_cli.errors import FileError
from rcl_cli.profiles.images import ImageCalibration
from rcl_cli.profiles.journal import Journal

Measured = ImageCalibration | FileError
_MOST_TOGETHER = 4
"""Files at a time: other processes decode them, and measuring, which takes as long, keeps few threads of one busy."""


def measured(
    paths: Sequence[Path], address: str | None, journal: Journal, *, linear: bool = False
) -> Iterator[Measured]:
    """`journal.measure` of each path, or its FileError, in the paths' order: here, or by a cluster, as `spread`."""
    if address is not None and paths:
        yield from spread(paths, address, journal, linear=linear)
    else:
        yield from _together(paths, journal, linear)


def _together(paths: Sequence[Path], journal: Journal, linear: bool) -> Iterator[Measured]:
    """As many at a time as there are cores, and no more than twice as many that nobody has asked for yet."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    count = min(_MOST_TOGETHER, cores)
    coming: deque[Future[Measured]] = deque()
    with ThreadPoolExecutor(count, "calibrate") as pool:
        try:
            for path in paths:
                coming.append(pool.submit(_tried, journal, path, linear))
                if len(coming) >= 2 * count:
                    yield coming.popleft().result()
            while coming:
                yield coming.popleft().result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _tried(journal: Journal, path: Path, linear: bool) -> Measured:
    try:
        return journal.measure(path, linear=linear)
    except FileError as error:
        return error


def spread(paths: Sequence[Path], address: str, journal: Journal, *, linear: bool = False) -> Iterator[Measured]:
    """`journal.measure` of each path, by the cluster whose scheduler has this address; in the paths' order.

    A file that cannot be measured gives its FileError. Raises RclError where there is no such cluster.
    """
    places = [path.absolute() for path in paths]
    found: dict[Path, Measured] = {}
    waiting, wanted = deque(zip(paths, places, strict=True)), Counter(places)
    with connected(address) as cluster:
        work = partial(measure_files, journal.folder.absolute(), linear)
        for place, told in cluster.results(work, list(dict.fromkeys(places))):
            match told:
                case Refused():
                    found[place] = FileError(place, told.reason)
                case str():
                    found[place] = FileError(place, told)
                case ImageCalibration():
                    found[place] = told
            while waiting and waiting[0][1] in found:
                path, first = waiting.popleft()
                journal.adopt(path, linear=linear)
                wanted[first] -= 1
                yield _called(found[first] if wanted[first] else found.pop(first), path)


def measure_files(journal: Path, linear: bool, paths: Sequence[Path]) -> list[ImageCalibration | str]:
    """What a worker does: each file's measurement, or why there is none."""
    kept = Journal(journal)
    return [_measured(kept, path, linear) for path in paths]


def _measured(journal: Journal, path: Path, linear: bool) -> ImageCalibration | str:
    try:
        return journal.measure(path, linear=linear)
    except FileError as error:
        return error.reason


def _called(measured: Measured, path: Path) -> Measured:
    """Under the name that was given."""
    if isinstance(measured, FileError):
        return FileError(path, measured.reason)
    return replace(measured, path=path)
