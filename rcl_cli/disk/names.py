"""Names of files: how long they may be, and which ones may be given to what the store keeps."""

from __future__ import annotations

import hashlib
import os
import re
from functools import lru_cache
from pathlib import Path

_USUAL = 255
"""Bytes, of nearly every file system."""
_LONGEST_GIVEN, _LONGEST_MADE = 100, 150
"""Bytes of a name in the store, to which suffixes and numbers are added: one that was asked for, and any other."""
_DIGITS = 8
_UNFIT = re.compile(r"[\x00-\x1f\x7f-\x9f/\\\ud800-\udfff]")


@lru_cache(maxsize=1024)
def longest_name(folder: Path) -> int:
    """Bytes that the name of a file in `folder`, which may not exist yet, can have."""
    for place in (folder, *folder.parents):
        try:
            return os.pathconf(place, "PC_NAME_MAX")
        except FileNotFoundError:
            continue
        except (AttributeError, OSError, ValueError):
            break
    return _USUAL


def fitted(stem: str, ending: str, longest: int) -> str:
    """`stem` and `ending` as one name of at most `longest` bytes; a stem that is cut ends in a digest of the whole.

    >>> fitted("IMG_0001", ".dng", 20), fitted("a-very-long-name", ".dng", 18)
    ('IMG_0001.dng', 'a-ver~6c158842.dng')
    """
    room = longest - len(os.fsencode(ending))
    whole = os.fsencode(stem)
    if len(whole) <= room:
        return stem + ending
    kept = stem
    while len(os.fsencode(kept)) > max(0, room - _DIGITS - 1):
        kept = kept[:-1]
    return f"{kept}~{hashlib.sha256(whole).hexdigest()[:_DIGITS]}{ending}"


def is_plain(name: str) -> bool:
    """Whether `name` is one name and nothing else: no folders, no control characters, not hidden, not endless."""
    return bool(name.strip()) and name[0] != "." and not _UNFIT.search(name) and len(name.encode()) <= _LONGEST_GIVEN


def plain(text: str, default: str) -> str:
    """A plain name like `text`; `default` where nothing is left of it.

    >>> plain("..day 1\\n", "run"), plain("...", "run")
    ('day 1_', 'run')
    """
    return fitted(_UNFIT.sub("_", text).strip().lstrip("."), "", _LONGEST_MADE).strip() or default
