"""Writing so that nothing is ever half-written: a temporary name, then a rename."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from rcl_cli.disk.made import none_empty
from rcl_cli.disk.sync import make_folder, sync_file, sync_folder
from rcl_cli.disk.temporary import new_temporary, sweep
from rcl_cli.disk.words import OF_WRITING, NoRoomError, unwritten
from rcl_cli.errors import FileError

_TRIES = 10


class ExistsError(FileError):
    """There is something where a new file was to be."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, "exists already; use --overwrite (in Python, overwrite=True) to replace it")


@contextmanager
def atomic_path(target: Path, *, overwrite: bool = False, durable: bool = True) -> Iterator[Path]:
    """A temporary path in `target`'s folder (made if missing), renamed to `target` when the block ends well.

    When it has ended, file and name are on the disk and outlast a power cut; not so with `durable` False, for what can
    be made anew and vouches for itself. The temporary name is short, of plain letters, and keeps the suffix; those of
    killed runs are removed on the way. Raises FileError if `target` exists and not `overwrite`, or cannot be written
    whole: NoRoomError on a full disk.
    """
    folder = target.parent
    with _said(target):
        make_folder(folder)
        sweep(folder)
        temporary = new_temporary(folder, target.suffix)
    try:
        with _said(target, temporary):
            yield temporary
            with suppress(PermissionError):  # disks that know no permissions
                temporary.chmod(0o666 & ~_umask())
            if durable:
                sync_file(temporary)
            if overwrite:
                temporary.replace(target)
            else:
                _rename_to_new(temporary, target)
            if durable:
                sync_folder(folder)
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def try_folder(folder: Path, *, room: int = 0) -> None:
    """Write a small file to `folder`, and remove it: long work is not to fail at its end.

    A folder that is missing is made, and goes again: nothing may ever come into it. `room`: bytes that will be needed
    there. Raises FileError where the folder cannot be written or has less.
    """
    with _said(folder), none_empty(folder):
        temporary = _in_folder(folder)
        try:
            temporary.write_bytes(bytes(4096))
            sync_file(temporary)
        finally:
            temporary.unlink(missing_ok=True)
        import shutil

        free = shutil.disk_usage(folder).free
    if free < room:
        need = f"{room / 1e6:.0f} MB are needed there and {free / 1e6:.0f} MB are free"
        raise FileError(folder, f"has too little room: {need}; make room, or choose another folder")


def _in_folder(folder: Path) -> Path:
    """A new temporary file. Another run that tries the folder too may remove it while it is empty."""
    for _ in range(_TRIES):
        make_folder(folder)
        sweep(folder)
        with suppress(FileNotFoundError):
            return new_temporary(folder, "")
    return new_temporary(folder, "")


@contextmanager
def _said(target: Path, temporary: Path | None = None) -> Iterator[None]:
    """An OSError becomes a FileError of `target`, as one of `temporary` does; those of other files stay."""
    # Of several folders that are missing, the one that could not be made may be far above.
    own = {None, *(os.fspath(path) for path in (target, *target.parents, temporary) if path)}
    try:
        yield
    except FileError as error:
        if error.path != temporary:
            raise
        kind = NoRoomError if isinstance(error, NoRoomError) else FileError
        raise kind(target, error.reason) from error
    except OSError as error:
        name = error.filename
        hidden = os.fspath(target.parent / ".rcl-")  # a temporary file that could not be made
        elsewhere = name not in own and not str(name).startswith((str(temporary or target), hidden))
        if elsewhere and error.errno not in OF_WRITING:  # copying says the source where the target is full
            raise
        raise unwritten(target, error, target.parent) from error


def write_bytes(target: Path, data: bytes, *, overwrite: bool = False, durable: bool = True) -> None:
    """Write `data` to `target` atomically. Raises FileError as `atomic_path` does."""
    with atomic_path(target, overwrite=overwrite, durable=durable) as temporary:
        temporary.write_bytes(data)


def write_text(target: Path, text: str, *, overwrite: bool = False, durable: bool = True) -> None:
    """Write UTF-8 `text` to `target` atomically. Raises FileError as `atomic_path` does."""
    write_bytes(target, text.encode(errors="backslashreplace"), overwrite=overwrite, durable=durable)


def _rename_to_new(temporary: Path, target: Path) -> None:
    # A hard link fails where the target exists, without a gap between looking and renaming.
    try:
        target.hardlink_to(temporary)
        temporary.unlink()
    except FileExistsError as error:
        raise ExistsError(target) from error
    except OSError:  # file systems without hard links
        if os.path.lexists(target):
            raise ExistsError(target) from None
        temporary.replace(target)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
