"""Files that are safe to open, and writing so that nothing is ever half-written: a temporary name, then a rename."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rcl_cli.errors import FileError

_TEMPORARY_STEM = 40
"""Characters of a target's name that its temporary file carries."""
_EXISTS = "exists already; use --overwrite (in Python, overwrite=True) to replace it"


def require_file(path: Path) -> None:
    """Raises FileError for a folder, and for a pipe or device, whose opening may wait for ever."""
    if exists(path) and not is_file(path):
        raise FileError(path, "is no file with contents, but a folder, pipe or device")
    if is_dangling(path):
        raise FileError(path, f"is a link that leads nowhere, to {path.readlink()}")


# pathlib's own raise where a folder may not be entered or a name is too long; these say no.
def exists(path: Path) -> bool:
    """Whether there is a file or folder of this name, or a link to one; raises nothing."""
    return os.path.exists(path)  # noqa: PTH110


def is_file(path: Path) -> bool:
    """Whether this is a file with contents, or a link to one; raises nothing."""
    return os.path.isfile(path)  # noqa: PTH113


def is_folder(path: Path) -> bool:
    """Whether this is a folder, or a link to one; raises nothing."""
    return os.path.isdir(path)  # noqa: PTH112


def is_link(path: Path) -> bool:
    """Whether this is a symbolic link; raises nothing."""
    return os.path.islink(path)  # noqa: PTH114


def is_dangling(path: Path) -> bool:
    """Whether this is a link that leads nowhere, or to itself; raises nothing."""
    return is_link(path) and not exists(path)


def real_path(path: Path) -> Path:
    """`path` absolute and without links; of a link that leads to itself, or may not be followed, as far as it goes."""
    return Path(os.path.realpath(path))


@contextmanager
def atomic_path(target: Path, *, overwrite: bool = False) -> Iterator[Path]:
    """A temporary path in `target`'s folder (made if missing), renamed to `target` when the block ends well.

    The temporary name is short, of plain letters, and keeps the suffix. Raises FileError if `target` exists and not
    `overwrite`, or cannot be written.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        stem = re.sub(r"[^A-Za-z0-9.-]", "_", target.stem[:_TEMPORARY_STEM])
        suffix = target.suffix if len(os.fsencode(target.suffix)) <= _TEMPORARY_STEM else ""
        handle, name = tempfile.mkstemp(prefix=f".{stem}-", suffix=suffix, dir=target.parent)
    except OSError as error:
        raise FileError(target, f"cannot be written ({error.strerror})") from error
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        temporary.chmod(0o666 & ~_umask())
        if overwrite:
            temporary.replace(target)
        else:
            _rename_to_new(temporary, target)
    finally:
        temporary.unlink(missing_ok=True)


def write_bytes(target: Path, data: bytes, *, overwrite: bool = False) -> None:
    """Write `data` to `target` atomically. Raises FileError as `atomic_path` does."""
    with atomic_path(target, overwrite=overwrite) as temporary:
        temporary.write_bytes(data)


def write_text(target: Path, text: str, *, overwrite: bool = False) -> None:
    """Write UTF-8 `text` to `target` atomically. Raises FileError as `atomic_path` does."""
    write_bytes(target, text.encode(errors="backslashreplace"), overwrite=overwrite)


def _rename_to_new(temporary: Path, target: Path) -> None:
    # A hard link fails where the target exists, without a gap between looking and renaming.
    try:
        target.hardlink_to(temporary)
    except FileExistsError as error:
        raise FileError(target, _EXISTS) from error
    except OSError:  # file systems without hard links
        if os.path.lexists(target):
            raise FileError(target, _EXISTS) from None
        temporary.replace(target)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
