"""What there is at a path, asked so that nothing raises."""

from __future__ import annotations

import os
from pathlib import Path

from rcl_cli.errors import FileError


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


class RealPaths:
    """`real_path` of many files; each folder is followed once, whose links may be far away."""

    def __init__(self) -> None:
        self._folders: dict[Path, Path] = {}

    def of(self, path: Path) -> Path:
        """Of one."""
        if path.name in ("", "..") or is_link(path):
            return real_path(path)
        folder = self._folders.get(path.parent)
        if folder is None:
            folder = self._folders[path.parent] = real_path(path.parent)
        return folder / path.name
