"""Locks between runs, on one machine or many: who holds one is said, and one that a crash leaves behind is no lock."""

from __future__ import annotations

import errno
import json
import logging
import os
import platform
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rcl_cli.disk.process import Process
from rcl_cli.disk.sync import make_folder
from rcl_cli.disk.words import unwritten
from rcl_cli.errors import FileError

log = logging.getLogger(__name__)
_BEAT_S, _DEAD_S = 20.0, 120.0
"""Where the file system knows no locks, a holder touches its file this often; of other machines' holders one that is
silent for so long counts as gone."""
_POLL_S, _SILENT_S = 0.1, 1.0


LOCK = ".rcl-lock-"
"""How the names of lock files begin that `sweep` removes where nobody holds them."""


class Held(FileError):
    """Another run holds the lock: `holder`, in words."""

    def __init__(self, what: Path, holder: str) -> None:
        super().__init__(what, f"is in use by {holder}; wait until that has ended, or choose another folder")
        self.holder = holder


@contextmanager
def locked(path: Path, what: Path, *, wait: bool = False) -> Iterator[None]:
    """Hold the lock file `path`, which keeps other runs away from `what`.

    Where another run holds it, `wait` for it, saying so, or raise Held. The file goes when the lock does; one that a
    killed run left is taken over. Raises FileError where it cannot be written.
    """
    try:
        make_folder(path.parent)
        hold = _wait(path, what) if wait else _take(path)
        if hold is None:
            raise Held(what, _holder(path))
    except OSError as error:
        raise unwritten(what, error, path.parent) from error
    try:
        yield
    finally:
        hold.release()


def remove_if_free(path: Path) -> None:
    """Remove a lock file that nobody holds. Raises OSError."""
    hold = _take(path.with_name(path.name.removesuffix("ed")))
    if hold is not None:
        hold.release()


def _wait(path: Path, what: Path) -> _Hold:
    began, said = time.monotonic(), False
    while (hold := _take(path)) is None:
        if not said and time.monotonic() - began > _SILENT_S:
            log.warning("waiting for %s, which holds %s", _holder(path), what)
            said = True
        time.sleep(_POLL_S)
    return hold


class _Hold:
    """A lock of the system's on an open file, which ends with the process."""

    def __init__(self, path: Path, handle: int) -> None:
        self.path, self.handle = path, handle

    def release(self) -> None:
        with suppress(OSError):
            self.path.unlink()
        os.close(self.handle)


class _Claim(_Hold):
    """A file that only one can make, touched while it is held: for file systems without locks."""

    def __init__(self, path: Path, handle: int) -> None:
        super().__init__(path, handle)
        self._released = threading.Event()
        threading.Thread(target=self._beat, name="lock", daemon=True).start()

    def release(self) -> None:
        self._released.set()
        super().release()

    def _beat(self) -> None:
        while not self._released.wait(_BEAT_S):
            with suppress(OSError):
                os.utime(self.path)


def _take(path: Path) -> _Hold | None:
    if sys.platform == "win32":
        return _claim(path)
    import fcntl

    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # Its last holder may have removed it since it was opened.
            if _is_at(path, handle):
                _say(path, handle)
                return _Hold(path, handle)
        except BlockingIOError:
            os.close(handle)
            return None
        except OSError as error:
            os.close(handle)
            if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EIO):
                raise
            with suppress(OSError):
                path.unlink()
            return _claim(path.with_name(f"{path.name}ed"))
        os.close(handle)


def _claim(path: Path) -> _Hold | None:
    while True:
        try:
            handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o666)
        except FileExistsError:
            if not _remove_if_dead(path):
                return None
            continue
        os.write(handle, _said())
        return _Claim(path, handle)


def _remove_if_dead(path: Path) -> bool:
    """Whether it has gone. By renaming: of two that find it dead, one alone may remove it."""
    try:
        before = path.stat()
        owner = _read(path)
        ended = None if not owner else Process(owner["host"], owner["pid"], owner["started"]).ended()
        if ended is None:
            ended = time.time() - before.st_mtime > _DEAD_S
        if not ended:
            return False
        aside = path.with_name(f"{path.name}-{os.getpid()}-{threading.get_ident()}")
        path.rename(aside)
        mine = aside.stat().st_ino == before.st_ino
        if not mine:  # somebody has taken the lock meanwhile
            with suppress(OSError):
                path.hardlink_to(aside)
        aside.unlink()
    except FileNotFoundError:
        return True
    return mine


def _is_at(path: Path, handle: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(handle))
    except FileNotFoundError:
        return False


def _say(path: Path, handle: int) -> None:
    """Who holds a lock, in its file, which goes again where there is no room for that. Raises OSError."""
    try:
        os.ftruncate(handle, 0)
        os.pwrite(handle, _said(), 0)
    except OSError:
        with suppress(OSError):
            path.unlink()
        raise


def _said() -> bytes:
    words = " ".join(["rcl", *sys.argv[1:2]])
    return json.dumps({**asdict(Process.this()), "node": platform.node(), "command": words}).encode()


def _read(path: Path) -> dict[str, Any]:
    try:
        values = json.loads(path.read_bytes())
        return values if values.keys() >= {"host", "pid", "started", "node", "command"} else {}
    except (OSError, ValueError, AttributeError):
        return {}


def _holder(path: Path) -> str:
    owner = _read(path) or _read(path.with_name(f"{path.name}ed"))
    return f"process {owner['pid']} on {owner['node']} ({owner['command']})" if owner else "another run"
