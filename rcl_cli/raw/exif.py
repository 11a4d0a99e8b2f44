"""Camera, ISO, exposure and orientation as the file says them, also where the EXIF block is hidden or missing."""

from __future__ import annotations

import io
import logging
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import exifread

# It logs each file that it does not know; that is no news to the user.
logging.getLogger("exifread").setLevel(logging.CRITICAL)

_SEARCHED = 1 << 20
_TIFF_STARTS = (b"II*\x00\x08\x00\x00\x00", b"MM\x00*\x00\x00\x00\x08")
_CIFF_FOLDERS = (0x2807, 0x300A)
_CIFF_CAMERA = 0x080A
_QUICKTAKE = {b"qktk": "QuickTake 100", b"qktn": "QuickTake 150"}


@dataclass(frozen=True)
class Exif:
    """What the file says of the shot; empty, None or 1 (upright) where it says nothing."""

    make: str = ""
    model: str = ""
    iso: float | None = None
    exposure_s: float | None = None
    orientation: int = 1


def read_exif(path: Path) -> Exif:
    """EXIF of any picture or raw. Raises OSError if the file cannot be read; damaged blocks count as missing."""
    with path.open("rb") as file:
        exif = _parse(file)
        if exif.make or exif.model:
            return exif
        file.seek(0)
        head = file.read(_SEARCHED)
        if head[6:14] == b"HEAPCCDR":
            file.seek(0)
            return _from_ciff(file.read())
    if head[:4] in _QUICKTAKE:
        return Exif("Apple", _QUICKTAKE[head[:4]])
    # Raws that are no TIFF keep one inside, bare (CR3, MRW) or in a JPEG (RAF, X3F).
    inside = (_parse(io.BytesIO(head[offset:])) for offset in _tiff_offsets(head))
    return next((found for found in inside if found.make or found.model), exif)


def _parse(file: BinaryIO) -> Exif:
    try:
        tags = exifread.process_file(file, details=False)
    except Exception:  # exifread meets damaged files with errors of many kinds
        return Exif()
    orientation = _number(tags, "Image Orientation")
    return Exif(
        make=_text(tags, "Image Make"),
        model=_text(tags, "Image Model"),
        iso=_number(tags, "EXIF ISOSpeedRatings"),
        exposure_s=_number(tags, "EXIF ExposureTime"),
        orientation=int(orientation) if orientation and orientation <= 8 else 1,
    )


def _text(tags: dict[str, Any], name: str) -> str:
    value = tags[name].values if name in tags else ""
    return _printable(value) if isinstance(value, str) else ""


def _printable(text: str) -> str:
    return "".join(letter for letter in text if letter.isprintable()).strip()


def _number(tags: dict[str, Any], name: str) -> float | None:
    try:
        value = float(tags[name].values[0])
    except (ArithmeticError, IndexError, KeyError, TypeError, ValueError):
        return None
    return value if value > 0 else None


def _tiff_offsets(head: bytes) -> Iterator[int]:
    for start in _TIFF_STARTS:
        offset = head.find(start)
        while offset >= 0:
            yield offset
            offset = head.find(start, offset + 1)


def _from_ciff(data: bytes) -> Exif:
    # Canon's CRW: a heap of records, folders among them, each folder's table at its end.
    order = "<" if data[:2] == b"II" else ">"
    try:
        (header,) = struct.unpack_from(order + "I", data, 2)
        record = _find_in_ciff(data, order, header, len(data), depth=4)
    except struct.error:
        return Exif()
    make, _, model = record.decode("latin-1").partition("\0")
    return Exif(_printable(make), _printable(model.partition("\0")[0]))


def _find_in_ciff(data: bytes, order: str, start: int, end: int, depth: int) -> bytes:
    table = start + struct.unpack_from(order + "I", data, end - 4)[0]
    (count,) = struct.unpack_from(order + "H", data, table)
    for entry in range(count):
        kind, size, offset = struct.unpack_from(order + "HII", data, table + 2 + 10 * entry)
        if kind == _CIFF_CAMERA:
            return data[start + offset : start + offset + size]
        if kind in _CIFF_FOLDERS and depth > 0:
            found = _find_in_ciff(data, order, start + offset, start + offset + size, depth - 1)
            if found:
                return found
    return b""
