"""Hidden temporary files that say whose they are, so that the next run removes those of runs that were killed."""

from __future__ import annotations

import os
import re
import time
from contextlib import suppress
from pathlib import Path

from rcl_cli.disk.locks import LOCK, remove_if_free
from rcl_cli.disk.process import Process

_NAME = re.compile(r"\.rcl-([0-9a-f]{8})-(\d+)-(\d+)-")
_LONGEST_SUFFIX = 40
_DAY = 24 * 60 * 60.0
"""How long a temporary file of another machine is left alone after it was last written: nobody can ask after it."""
_swept: set[tuple[int, str]] = set()


def new_temporary(folder: Path, suffix: str) -> Path:
    """An empty file of this process in `folder`, ending in `suffix` if that is not overlong. Raises OSError."""
    mine = Process.this()
    kept = suffix if len(os.fsencode(suffix)) <= _LONGEST_SUFFIX else ""
    while True:
        path = folder / f".rcl-{mine.host}-{mine.pid}-{mine.started}-{os.urandom(4).hex()}{kept}"
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | getattr(os, "O_CLOEXEC", 0), 0o600))
            return path


def sweep(folder: Path) -> None:
    """Remove the temporary files in `folder` whose processes have ended; once for each folder. Raises nothing.

    Those of live processes stay, and those of other machines for a day after they were last written.
    """
    key = os.getpid(), os.path.realpath(folder)
    if key in _swept:
        return
    _swept.add(key)
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            owner = _NAME.match(entry.name)
            with suppress(OSError):
                if entry.name.startswith(LOCK):
                    remove_if_free(Path(entry.path))
                elif owner:
                    _remove_if_ended(Path(entry.path), Process(owner[1], int(owner[2]), int(owner[3])))


def _remove_if_ended(path: Path, owner: Process) -> None:
    ended = owner.ended()
    if ended is None:
        ended = time.time() - path.stat().st_mtime > _DAY
    if ended:
        path.unlink()
