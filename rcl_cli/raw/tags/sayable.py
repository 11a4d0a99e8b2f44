"""Paths that can be told to a program which reads its arguments by line and fills in codes."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_TELLING = re.compile(r"[%\r\n]")
"""exiftool fills in what stands behind a per cent sign in the name of a source, and there is no way to say one."""


@contextmanager
def sayable(path: Path) -> Iterator[Path]:
    """`path` absolute; a link to it with a plain name, for as long as the block lasts, where its own has such signs.

    Where links cannot be made it is the path itself, which may then not be found.
    """
    whole = path.absolute()
    if not _TELLING.search(str(whole)):
        yield whole
        return
    with tempfile.TemporaryDirectory(prefix="rcl-") as folder:
        yield _link(whole, Path(folder))


def _link(path: Path, folder: Path) -> Path:
    # What is rewritten must lie in its own folder, or the link would be replaced.
    if not _TELLING.search(path.name):
        linked = folder / "folder"
        return linked / path.name if _linked(path.parent, linked) else path
    linked = folder / f"source{path.suffix if path.suffix[1:].isalnum() else ''}"
    if _linked(path, linked):
        return linked
    try:
        return Path(shutil.copyfile(path, linked))
    except OSError:
        return path


def _linked(path: Path, link: Path) -> bool:
    try:
        link.symlink_to(path, target_is_directory=os.path.isdir(path))  # noqa: PTH112
    except OSError:
        return False
    return True
