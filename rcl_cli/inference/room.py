"""Disks that are full: nothing is computed any more that would go to them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rcl_cli.disk.words import NoRoomError
from rcl_cli.errors import FileError
from rcl_cli.inference.outputs import Job


class UndoneError(FileError):
    """An input that is left undone, as there is no room for its result. `folder`: where on that disk it ran out."""

    def __init__(self, source: Path, folder: Path) -> None:
        super().__init__(source, f"was left undone: there is no room left in {folder}; make room there")
        self.folder = folder


class Room:
    """What a batch learns of the disks that its results go to."""

    def __init__(self) -> None:
        self._full: dict[int, Path] = {}

    @contextmanager
    def watched(self, job: Job) -> Iterator[None]:
        """Where the block raises NoRoomError, nothing more is to be computed that goes to that disk."""
        try:
            yield
        except NoRoomError:
            self._full.setdefault(_disk(job.target.parent), job.target.parent)
            raise

    def require(self, job: Job) -> None:
        """Raises UndoneError where the disk of its result is known to be full."""
        folder = self._full.get(_disk(job.target.parent)) if self._full else None
        if folder is not None:
            raise UndoneError(job.source, folder)


def _disk(folder: Path) -> int:
    """The number of the device that `folder`, which may not exist yet, is on."""
    for place in (folder, *folder.parents):
        try:
            return place.stat().st_dev
        except OSError:
            continue
    return -1
