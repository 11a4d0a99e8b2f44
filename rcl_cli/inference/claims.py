"""Several runs over one folder divide the work: each result is claimed while it is made."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path

from rcl_cli.disk.locks import LOCK, Held, locked
from rcl_cli.disk.made import missing, remove_empty
from rcl_cli.disk.temporary import sweep
from rcl_cli.errors import FileError
from rcl_cli.inference.outputs import Job
from rcl_cli.inference.room import Room, UndoneError

Why = Callable[[Job], str]


class Claims:
    """The results that this run makes, and those that it leaves to others."""

    def __init__(self, kept: Why, room: Room, *, overwrite: bool = False) -> None:
        """`kept`: why a target that exists is kept, "" where it is to be made; `overwrite`: all are to be made."""
        self._kept = kept
        self._room = room
        self._overwrite = overwrite
        self._held: dict[Path, ExitStack] = {}
        self._folders: list[Path] = []
        self.left: list[tuple[Job, str | FileError]] = []
        """Jobs that this run did not do, each with the reason, or the error where its result cannot be written."""

    def divided(self, jobs: Iterable[Job]) -> Iterator[Job]:
        """Those that are this run's, claimed. What others are at comes last: it may be free again by then, or made."""
        others = []
        for job in jobs:
            holder = self._claim(job)
            if holder is None:
                yield job
            elif holder:
                others.append((job, _state(job.target)))
        for job, before in others:
            holder = self._claim(job)
            if holder:
                self.left.append((job, f"is being made by another run: {holder}"))
            elif holder is None:
                if _state(job.target) == before:
                    yield job
                else:
                    self.release(job)
                    self.left.append((job, "was made by another run meanwhile"))

    def release(self, job: Job) -> None:
        """It is done, or will not be."""
        held = self._held.pop(job.target, None)
        if held is not None:
            held.close()

    def close(self) -> None:
        """Release all, and remove the folders that were made for nothing."""
        for held in self._held.values():
            held.close()
        self._held.clear()
        remove_empty(sorted(set(self._folders), reverse=True))

    def _claim(self, job: Job) -> str | None:
        """None: it is this run's; else who is at it; "" where it is settled, and in `left`."""
        folder = job.target.parent
        try:
            self._room.require(job)
        except UndoneError as error:
            self.left.append((job, error))
            return ""
        made = missing(folder)
        name = hashlib.sha256(os.fsencode(job.target.name)).hexdigest()[:16]
        held = ExitStack()
        try:
            with self._room.watched(job):
                held.enter_context(locked(folder / f"{LOCK}{name}", job.target))
        except Held as error:
            return error.holder
        except FileError as error:
            self.left.append((job, error))
            return ""
        finally:
            self._folders += made
        sweep(folder)
        # Another run may have made it since this one looked.
        reason = "" if self._overwrite else self._kept(job)
        if reason:
            held.close()
            self.left.append((job, reason))
            return ""
        self._held[job.target] = held
        return None


def _state(path: Path) -> tuple[int, ...]:
    try:
        found = path.stat()
    except OSError:
        return ()
    return found.st_ino, found.st_mtime_ns, found.st_size
