"""Folders that are made for what may never come: those that stay empty go again."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


def missing(folder: Path) -> list[Path]:
    """`folder` and those above it that are not there, the innermost first."""
    return [place for place in (folder, *folder.parents) if not os.path.lexists(place)]


def remove_empty(folders: Iterable[Path]) -> None:
    """Remove those of `folders`, in this order, that are empty; what cannot be removed stays."""
    for folder in folders:
        with suppress(OSError):
            folder.rmdir()


@contextmanager
def none_empty(folder: Path) -> Iterator[None]:
    """`folder` and those above it go again, if the block makes them and leaves them empty."""
    made = missing(folder)
    try:
        yield
    finally:
        remove_empty(made)
