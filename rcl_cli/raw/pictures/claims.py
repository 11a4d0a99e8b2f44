"""How large a picture may be, asked of its header before a pixel is decoded.

A header of a few bytes can claim a picture that takes minutes to decode, and more memory than there is.
"""

from __future__ import annotations

import os
from pathlib import Path

from rcl_cli.errors import FileError

MOST_PIXELS = 2**30
"""The largest picture, such as 32768 by 32768; LibRaw takes mosaics of as many."""
MOST_DEFLATED = 1032
"""Bytes that one of Deflate stands for at most (RFC 1951)."""

_OPENED = 16
"""Bytes a pixel, beside those decoded, of a frame: three planes and transparency, float32."""
_GIB = 2**30


def refuse_oversize(path: Path, width: int, height: int, decoded: int) -> None:
    """Raises FileError for more than MOST_PIXELS, and for what does not fit into the memory of this computer.

    `decoded`: bytes a pixel of the values as they are stored, unpacked.
    """
    pixels = width * height
    if pixels > MOST_PIXELS:
        raise FileError(
            path, f"has {width} by {height} pixels by its header; the largest that can be read have {MOST_PIXELS:,}"
        )
    needed, there = pixels * (decoded + _OPENED), memory()
    if 0 < there < needed:
        raise FileError(
            path,
            f"has {width} by {height} pixels by its header, which take {needed / _GIB:.3g} GiB of memory; "
            f"this computer has {there / _GIB:.3g}",
        )


def refuse_unheld(path: Path, width: int, height: int, least: float, held: int) -> None:
    """Raises FileError where a file of `held` bytes has fewer than the `least` that its pixels take."""
    if held < least:
        raise FileError(
            path,
            f"claims {width} by {height} pixels, which its {held} bytes cannot hold; it is cut short or damaged",
        )


def memory() -> int:
    """Bytes of this computer's memory; 0 where it does not say."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        return 0
