"""WebP files: values and profile (RFC 9649)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import imagecodecs
import numpy as np

from rcl_cli.raw.pictures.claims import refuse_oversize
from rcl_cli.raw.pictures.decoded import Decoded, with_alpha
from rcl_cli.raw.pictures.riff import riff_parts
from rcl_cli.raw.unread import others_unread

_SIDE = (1 << 14) - 1
"""The bits of a width or height."""


def decode_webp(path: Path) -> Decoded:
    """A WebP's values, its transparency and its profile. Raises the codec's errors if it is damaged."""
    data = path.read_bytes()
    parts = list(riff_parts(data))
    chunks = dict(parts)
    refuse_oversize(path, *_size(chunks), 4)
    values, alpha = with_alpha(np.asarray(imagecodecs.webp_decode(data)), 8)
    frames = sum(name == b"ANMF" for name, _ in parts)
    return Decoded(values, 8, alpha, chunks.get(b"ICCP", b""), unread=others_unread(frames, "frames"))


def _size(chunks: Mapping[bytes, bytes]) -> tuple[int, int]:
    """Width and height by the headers; zeros where there is none. How few bytes hold a picture has no bound."""
    if canvas := chunks.get(b"VP8X", b""):
        return 1 + int.from_bytes(canvas[4:7], "little"), 1 + int.from_bytes(canvas[7:10], "little")
    if lossless := chunks.get(b"VP8L", b""):
        sides = int.from_bytes(lossless[1:5], "little")
        return 1 + (sides & _SIDE), 1 + (sides >> 14 & _SIDE)
    lossy = chunks.get(b"VP8 ", b"")
    return int.from_bytes(lossy[6:8], "little") & _SIDE, int.from_bytes(lossy[8:10], "little") & _SIDE
