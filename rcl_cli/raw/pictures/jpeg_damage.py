"""Whether a JPEG is whole: what lacks only its last bytes is read, what is broken before is not (ITU-T T.81)."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rcl_cli.errors import FileError

_NEXT_MARKER = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")
_END = b"\xff\xd9"
_FRAME_HEADERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_SCAN, _TABLES = 0xDA, 0xC4
_PREMATURE = "Premature end of JPEG file"
_SURPLUS = re.compile(r"(\d+) extraneous bytes before marker 0xd9")
_HARMLESS = re.compile("unknown JFIF revision|Unknown Adobe color transform|Invalid SOS parameters")
_HARMLESS_BYTES = 8
"""Cameras leave a few too many at the end."""
_ZEROS = 32
"""Bytes in a row that no pixels are coded as, unless zeros mean that nothing follows."""
_MOST_LOST = 0.05
"""Share of the file that may be missing at its end."""
_BAND = 16
"""Rows that are decoded at a time."""
_FILLERS = (b"\x00", b"\x5a\xa5\x33\xcc\x96")


@dataclass(frozen=True)
class Segment:
    """A marker and what follows it."""

    marker: int
    body: bytes
    end: int
    """Offset in the file of what follows: of a scan's header, its pixel data."""


def refuse_damaged_jpeg(
    path: Path,
    data: bytes,
    parts: list[Segment],
    complaint: str,
    decode: Callable[[bytes], NDArray[np.uint8]],
) -> None:
    """Raises FileError unless the file is whole, or lacks so little of its end that the picture is still worth having.

    `complaint`: what libjpeg says of `data`, "" for nothing; `decode`: makes (H, W, C) of a file as well as it can.
    """
    pixels_at = next((part.end for part in parts if part.marker == _SCAN), len(data))
    if _END not in data[pixels_at:]:
        if _PREMATURE not in complaint or _share_lost(data, parts, decode) > _MOST_LOST:
            raise FileError(path, "is a JPEG that is cut short; copy it from the card again")
    elif (complaint and not _harmless(data, complaint)) or _zeros_inside(data, parts):
        raise FileError(path, "is a damaged JPEG: its pixel data is broken before the end; copy it from the card again")


def segments(data: bytes) -> Iterator[Segment]:
    """The marker segments of a JPEG up to its end, or as far as they can be followed; pixel data is left out."""
    at = 2
    while (found := _NEXT_MARKER.search(data, at)) is not None:
        marker, at = data[found.start() + 1], found.end()
        if marker == 0xD9:
            return
        if marker == 0x01 or at + 2 > len(data):
            continue
        (length,) = struct.unpack_from(">H", data, at)
        body, at = data[at + 2 : at + length], at + max(length, 2)
        yield Segment(marker, body, at)


def frame_size(data: bytes) -> tuple[int, int]:
    """Width and height in the header of a JPEG, or of its beginning; zeros where there is none."""
    for part in segments(data):
        if part.marker in _FRAME_HEADERS and len(part.body) >= 5:
            height, width = struct.unpack_from(">HH", part.body, 1)
            return width, height
    return 0, 0


def _harmless(data: bytes, complaint: str) -> bool:
    surplus = _SURPLUS.search(complaint)
    if surplus is None:
        return bool(_HARMLESS.search(complaint))
    count, end = int(surplus[1]), data.rfind(_END)
    return count <= _HARMLESS_BYTES or not any(data[end - count : end])


def _zeros_inside(data: bytes, parts: list[Segment]) -> bool:
    """True for a run of zeros in the pixel data that no encoder makes.

    Decoders often take zeros for pixels and find back into the data, with all that follows in the wrong place.
    """
    scans = [part for part in parts if part.marker == _SCAN]
    if len(scans) != 1 or len(scans[0].body) < 3:
        return False
    start = scans[0].end
    marker = _NEXT_MARKER.search(data, start)
    pixels = data[start : marker.start() if marker else len(data)].rstrip(b"\0")
    return bytes(_ZEROS) in pixels and _first_code(parts, 0x10 | scans[0].body[2] & 15) != 0


def _first_code(parts: list[Segment], table: int) -> int | None:
    """What zeros stand for in a Huffman table of class and number `table`: 0 for the end of a block."""
    found = None
    for part in parts:
        at = 0
        while part.marker == _TABLES and at + 17 < len(part.body):
            if part.body[at] == table:
                found = part.body[at + 17]
            at += 17 + sum(part.body[at + 1 : at + 17])
    return found


def _share_lost(data: bytes, parts: list[Segment], decode: Callable[[bytes], NDArray[np.uint8]]) -> float:
    """How much of the file is missing, from the last scan's pixels that the data says nothing of.

    The end is filled up in two ways; the pictures are equal as far as the file's own data goes.
    """
    if not _all_scans_begun(parts):
        return 1.0
    own = data.rstrip(b"\xff")
    try:
        one, other = (decode(own + filler * (1 << 16) + _END) for filler in _FILLERS)
    except ValueError:
        return 1.0
    differs = (one != other).any(axis=2)
    if not differs.any():
        return 0.0
    # Colours that are stored at half the size reach one row into what lies above.
    row = (int(differs.any(axis=1).argmax()) + 1) // _BAND * _BAND
    band = differs[row : row + _BAND].any(axis=0)
    pixels = band.sum() * min(_BAND, len(differs) - row) + differs[row + _BAND :].size
    share = min(float(pixels / differs.size), 0.999)
    lost = (len(own) - parts[-1].end) * share / (1 - share)
    return lost / (len(own) + lost)


def _all_scans_begun(parts: list[Segment]) -> bool:
    """True where every coefficient of every component is coded to its last bit, in scans that are at least begun."""
    left: set[tuple[int, int]] = set()
    for part in parts:
        body = part.body
        if part.marker in _FRAME_HEADERS and len(body) >= 6 and len(body) >= 6 + 3 * body[5]:
            left = {(body[6 + 3 * n], k) for n in range(body[5]) for k in range(64)}
        if part.marker == _SCAN and body and len(body) >= 4 + 2 * body[0]:
            first, last, bits = body[1 + 2 * body[0] : 4 + 2 * body[0]]
            if bits & 15 == 0:
                left -= {(body[1 + 2 * n], k) for n in range(body[0]) for k in range(first, last + 1)}
    return not left and bool(parts) and parts[-1].marker == _SCAN
