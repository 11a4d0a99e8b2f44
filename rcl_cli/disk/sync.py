"""Bringing files and names to the disk itself: what is only written may be gone, or empty, after a power cut."""

from __future__ import annotations

import errno
import os
import sys
from contextlib import suppress
from pathlib import Path

from rcl_cli.disk.made import missing

_UNABLE = frozenset([errno.EINVAL, errno.ENOTSUP, errno.ENOSYS, errno.EBADF])
"""Errors of file systems that do not know what syncing is."""


def sync_file(path: Path) -> None:
    """Return when the contents of `path` are on the disk. Raises OSError where that fails."""
    _sync(path, os.O_RDWR if sys.platform == "win32" else os.O_RDONLY)


def sync_folder(path: Path) -> None:
    """Return when the names in `path` are on the disk, those just given and taken. Raises OSError where that fails."""
    if sys.platform != "win32":  # where folders cannot be opened
        with suppress(PermissionError):  # a folder that may be written but not read cannot be opened either
            _sync(path, os.O_RDONLY | os.O_DIRECTORY)


def make_folder(path: Path) -> None:
    """Make `path` and the folders above it where they are missing, on the disk. Raises OSError."""
    made = missing(path)
    path.mkdir(parents=True, exist_ok=True)
    for place in reversed(made):
        sync_folder(place.parent)


def _sync(path: Path, how: int) -> None:
    handle = os.open(path, how)
    try:
        _to_disk(handle)
    except OSError as error:
        if error.errno not in _UNABLE:
            raise OSError(error.errno, error.strerror, str(path)) from error
    finally:
        os.close(handle)


def _to_disk(handle: int) -> None:
    if sys.platform == "darwin":
        import fcntl

        try:
            fcntl.fcntl(handle, fcntl.F_FULLFSYNC)  # there fsync alone leaves it in the disk's own memory
            return
        except OSError:
            pass
    os.fsync(handle)
