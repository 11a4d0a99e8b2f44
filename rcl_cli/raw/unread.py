"""What a file holds beside the picture that is read from it: said once, as a warning, never left out in silence."""

from __future__ import annotations

import logging
from functools import lru_cache
from pathlib import Path

log = logging.getLogger(__name__)


@lru_cache(maxsize=4096)
def say_unread(path: Path, what: str) -> None:
    """Warn that `path` holds more than is read of it; a file that is read again is not spoken of again."""
    if what:
        log.warning("%s: %s", path, what)


def others_unread(count: int, kind: str, read: str = "the first") -> str:
    """The words for a file of so many pictures, frames or parts, of which one is read; "" for a single one.

    >>> others_unread(3, "frames")
    'holds 3 frames; only the first is read'
    """
    return f"holds {count} {kind}; only {read} is read" if count > 1 else ""
