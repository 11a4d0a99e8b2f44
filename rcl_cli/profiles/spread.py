"""Measuring many files on the workers of a dask cluster, which see the same folders."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from rcl_cli.cluster import Refused, connected
from rcl_cli.errors import FileError
from rcl_cli.profiles.images import ImageCalibration
from rcl_cli.profiles.journal import Journal

Measured = ImageCalibration | FileError


def measured(
    paths: Sequence[Path], address: str | None, journal: Journal, *, linear: bool = False
) -> Iterator[Measured]:
    """`journal.measure` of each path, or its FileError: here, one after the other, or by a cluster, as `spread`."""
    if address is not None and paths:
        yield from spread(paths, address, journal, linear=linear)
        return
    for path in paths:
        try:
            yield journal.measure(path, linear=linear)
        except FileError as error:
            yield error


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
