"""Whether this program's own plugins are all that there are, seen without `importlib.metadata`.

That module takes half as long to import as all else that `rcl --help` needs. It is asked where anything is unusual.
"""

from __future__ import annotations

import os
import re
import sys
from functools import lru_cache
from importlib.machinery import PathFinder
from pathlib import Path

_MARK = b"[rcl."
_NAME = re.compile(r"rcl_cli-(?P<version>[^-]+)\.dist-info")


def only_own() -> tuple[str, str] | None:
    """Version and announcement, as in `entry_points.txt`, of this program if no other distribution has plugins.

    None where another has some, and where that cannot be told.
    """
    if any(finder is not PathFinder and hasattr(finder, "find_distributions") for finder in sys.meta_path):
        return None
    return _only_own(tuple(map(_state, dict.fromkeys(sys.path))))


@lru_cache(maxsize=1)
def _only_own(states: tuple[tuple[str, ...], ...]) -> tuple[str, str] | None:
    try:
        (found,) = [place for folder, *_ in states for place in _announcements(Path(folder))]
        named = _NAME.fullmatch(found.parent.name)
        if named is None or not (found.parent / "METADATA").is_file():
            return None
        return named["version"], found.read_text(encoding="utf-8")
    except (OSError, ValueError):  # none, several, or none that can be read
        return None


def _state(folder: str) -> tuple[str, ...]:
    """The folder, and what is another where something has come into it or gone."""
    try:
        seen = os.stat(folder or ".")  # noqa: PTH116  # of each folder of sys.path, each time: a Path costs more
    except OSError:
        return (folder,)
    return (folder, *map(str, (seen.st_dev, seen.st_ino, seen.st_mtime_ns, seen.st_ctime_ns, seen.st_nlink)))


def _announcements(folder: Path) -> list[Path]:
    """Files below a folder of `sys.path` that may announce plugins. Raises OSError for what is no folder."""
    if not folder.exists():
        return []
    places = [place for place in folder.iterdir() if place.name.lower().endswith((".dist-info", "egg-info"))]
    files = [place / "entry_points.txt" for place in places]
    return [file for file in files if file.is_file() and _MARK in file.read_bytes()]
