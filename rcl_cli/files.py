"""Files that are safe to open, and writing so that nothing is ever half-written: a temporary name, then a rename."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rcl_cli.errors import FileError

_EXISTS = "exists already; use --overwrite (in Python, overwrite=True) to replace it"


def require_file(path: Path) -> None:
    """Raises FileError for a folder, and for a pipe or device, whose opening may wait for ever."""
    if path.exists() and not path.is_file():
        raise FileError(path, "is no file with contents, but a folder, pipe or device")


@contextmanager
def atomic_path(target: Path, *, overwrite: bool = False) -> Iterator[Path]:
    """A temporary path in `target`'s folder (made if missing), renamed to `target` when the block ends well.

    The temporary name keeps the suffix. Raises FileError if `target` exists and not `overwrite`, or cannot be written.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{target.stem}-", suffix=target.suffix, dir=target.parent)
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
    write_bytes(target, text.encode(), overwrite=overwrite)


def _rename_to_new(temporary: Path, target: Path) -> None:
    # A hard link fails where the target exists, without a gap between looking and renaming.
    try:
        target.hardlink_to(temporary)
    except FileExistsError as error:
        raise FileError(target, _EXISTS) from error
    except OSError:  # file systems without hard links
        if target.exists():
            raise FileError(target, _EXISTS) from None
        temporary.replace(target)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
