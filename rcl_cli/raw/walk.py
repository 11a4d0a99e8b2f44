"""Walking a folder of pictures as it is: with links, pipes, and what programs and systems leave beside pictures."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from rcl_cli.errors import FileError
from rcl_cli.files import is_dangling, is_file, is_link, real_path

_THUMBNAILS = (".thm", ".cot", ".cop", ".lrprev")
_SETTINGS = (".xmp", ".pp3", ".arp", ".dop", ".cos", ".vrd", ".dr4", ".on1", ".nksc", ".acr")
_OTHERS = (".icc", ".icm", ".dcp", ".lcp", ".lrcat", ".lrcat-data", ".db", ".ini", ".url", ".lnk")
_SIDECARS = frozenset((*_THUMBNAILS, *_SETTINGS, *_OTHERS))
"""Suffixes of what only goes with pictures; some are pictures by their content."""
_CACHES = frozenset({"@eadir", "@recycle", "#recycle", "$recycle.bin", "system volume information", "__macosx"})
"""Folders with thumbnails and waste of network drives and systems, and unpacked attributes of macOS."""
_LIGHTROOM = (".lrdata", ".lrcat-data")
"""Endings of Lightroom's folders of previews."""


def walk(folder: Path, errors: list[FileError]) -> Iterator[Path]:
    """The files below `folder` that may be pictures, those in linked folders last.

    Hidden files, sidecars, caches, pipes, sockets and devices are left out. Linked folders are walked once each; links
    that lead back to a folder around them are not. A link that leads nowhere counts as a file: reading it says why it
    fails. Folders that cannot be listed are appended to `errors`.
    """
    top = real_path(folder)
    waiting, seen = [folder], {top, *top.parents}
    while waiting:
        for root, folders, names in os.walk(
            waiting.pop(0), onerror=lambda error: errors.append(_not_listed(error, folder))
        ):
            if not os.access(root, os.X_OK):
                errors.append(FileError(root, "cannot be entered (Permission denied)"))
                folders.clear()
                continue
            folders[:] = sorted(name for name in folders if not _is_cache(name))
            yield from (file for name in sorted(names) if _may_be_picture(file := Path(root, name)))
            for linked in (Path(root, name) for name in folders if is_link(Path(root, name))):
                place = real_path(linked)
                if place not in seen and place not in real_path(Path(root)).parents:
                    seen.add(place)
                    waiting.append(linked)


def _not_listed(error: OSError, folder: Path) -> FileError:
    return FileError(error.filename or folder, f"cannot be listed ({error.strerror})")


def _is_cache(name: str) -> bool:
    return name.startswith(".") or name.lower() in _CACHES or name.lower().endswith(_LIGHTROOM)


def _may_be_picture(path: Path) -> bool:
    if path.name.startswith(".") or path.suffix.lower() in _SIDECARS:
        return False
    # Opening a pipe would wait for ever.
    return is_file(path) or is_dangling(path)
