"""What the system says when something cannot be written, in a sentence that says what to do."""

from __future__ import annotations

import errno
from pathlib import Path

from rcl_cli.errors import FileError

_FULL = "cannot be written whole, because the disk is full; make room, or choose another folder"
_WORDS = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: "cannot be written whole, because your quota on this disk is used up; make room, or choose another",
    errno.EROFS: "cannot be written, because the disk is read-only; choose another folder",
    errno.EACCES: "cannot be written (permission denied); change the permissions, or choose another folder",
    errno.EPERM: "cannot be written (the system forbids it); change the permissions, or choose another folder",
    errno.EIO: "cannot be written, because the disk does not work as it should (input/output error); check the disk",
    errno.EFBIG: "is larger than files on this disk can be; choose another disk",
    errno.ENOENT: "cannot be written, because its folder is gone; make it again, and run the same command again",
    errno.ESTALE: "cannot be written, because its folder is gone; make it again, and run the same command again",
    errno.EEXIST: "cannot be written, because what should be its folder is a file; choose another folder",
    errno.ENOTDIR: "cannot be written, because what should be its folder is a file; choose another folder",
    errno.EISDIR: "cannot be written, because it is a folder; choose another name",
    errno.ENAMETOOLONG: "cannot be written, because its name is too long for this disk; choose a shorter one",
    errno.EMFILE: "cannot be written, because too many files are open; raise the limit (ulimit -n)",
    errno.ENOMEM: "cannot be written, because there is not enough memory; close other programs",
}
_OF_ROOM = (_FULL, _WORDS[errno.EDQUOT])
OF_WRITING = frozenset([errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG])
"""Numbers of errors that no reading brings about."""
_ALMOST_NOTHING = 1 << 20
"""Bytes; libraries that hide the system's error leave less than this behind on a full disk."""


class NoRoomError(FileError):
    """A file that cannot be written because the disk is full, or a quota on it used up."""


def unwritten(path: Path, error: OSError, folder: Path) -> FileError:
    """That `path` cannot be written, as a file in `folder` could not be: NoRoomError where there is no room."""
    reason = unwritable(error, folder)
    return (NoRoomError if reason in _OF_ROOM else FileError)(path, reason)


def unwritable(error: OSError, folder: Path) -> str:
    """Why a file in `folder` cannot be written, and what to do: the reason of a FileError.

    >>> unwritable(OSError(28, "No space left on device"), Path())
    'cannot be written whole, because the disk is full; make room, or choose another folder'
    """
    if error.errno in _WORDS:
        return _WORDS[error.errno]
    if is_full(folder):
        return _FULL
    return f"cannot be written ({error.strerror or ' '.join(str(error).split()) or type(error).__name__})"


def is_full(folder: Path) -> bool:
    """Whether there is next to no room where `folder` lies."""
    import shutil  # costs more than the rest of this module, and is seldom needed

    for place in (folder, *folder.parents):
        try:
            return shutil.disk_usage(place).free < _ALMOST_NOTHING
        except OSError:
            continue
    return False
