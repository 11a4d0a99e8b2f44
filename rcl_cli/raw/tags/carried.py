"""The EXIF and GPS tags of a source, byte for byte, for results that are written without exiftool."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from rcl_cli.errors import FileError
from rcl_cli.files import require_file
from rcl_cli.raw.sniff import RAW_SUFFIXES
from rcl_cli.raw.tags.exif import exif_blocks
from rcl_cli.raw.tags.ifd import VALUE_BYTES, Entry

EXIF_POINTER, GPS_POINTER = 34665, 34853
DESCRIPTION, ARTIST, COPYRIGHT = 270, 315, 33432

_OF_THE_FIRST = frozenset((DESCRIPTION, 306, ARTIST, COPYRIGHT, 0x4746, 0x4749, *range(0x9C9B, 0x9CA0)))
"""DateTime, Rating, RatingPercent and what Windows calls title, comment, author, keywords and subject among them."""
_EXPOSURE = (33434, 33437, 34850, 34852, 34855, *range(34864, 34870), *range(37377, 37387), 41483, 41493)
_TIME_AND_PLACE = (36867, 36868, *range(36880, 36883), *range(37520, 37523), *range(37888, 37894))
_MANNER = (37510, 41495, 41728, 41729, *range(41985, 41997), 42016, 42080)
_CAMERA_AND_LENS = tuple(range(42032, 42042))
_EXIF = frozenset((*_EXPOSURE, *_TIME_AND_PLACE, *_MANNER, *_CAMERA_AND_LENS))
"""What says something of the shot, by EXIF 3.0; sizes, colours, maker notes and pointers, which depend on the file
around them, are not."""
_GPS = frozenset(range(32))
_MOST_ENTRIES = 1000
_ASCII = 2
_MOST_BYTES, _MOST_BYTES_OF_ALL = 4096, 40_000
"""A JPEG has room for 65 533."""
_SWAPPED = {1: 1, 2: 1, 3: 2, 4: 4, 5: 4, 6: 1, 7: 1, 8: 2, 9: 4, 10: 4, 11: 4, 12: 8}
"""TIFF type → bytes whose order depends on the file's."""


@dataclass(frozen=True)
class Carried:
    """Tags by directory, none twice."""

    first: tuple[Entry, ...] = ()
    """Of a picture's first directory: description, time, artist, copyright, rating."""
    exif: tuple[Entry, ...] = ()
    gps: tuple[Entry, ...] = ()


def carried(path: Path | None) -> Carried:
    """What the file at `path` says of the shot in EXIF's form; nothing where it cannot be read. Raises nothing."""
    try:
        if path is None:
            return Carried()
        require_file(path)
        status = path.stat()
        return _read(path, status.st_mtime_ns, status.st_size)
    except (OSError, FileError):
        return Carried()


@lru_cache(maxsize=4)
def _read(path: Path, mtime_ns: int, size: int) -> Carried:
    first: dict[int, Entry] = {}
    exif: dict[int, Entry] = {}
    gps: dict[int, Entry] = {}
    with path.open("rb") as file:
        for kind, block in _blocks(file):
            if exif and block is not file and kind == "first":
                break  # what follows is of previews
            for name, entries in _directories(block, kind):
                wanted = {"first": (first, _OF_THE_FIRST), "exif": (exif, _EXIF), "gps": (gps, _GPS)}
                # Some raws keep the words of the EXIF directory in their first one.
                for into, codes in [wanted[name], *([(exif, _EXIF)] if name == "first" else [])]:
                    for entry in entries:
                        if entry.code in codes:
                            into.setdefault(entry.code, entry)
    if not exif and path.suffix.lower() in RAW_SUFFIXES:
        from rcl_cli.raw.guarded import decoded_shot

        decoded = decoded_shot(path)
        for known, entries in zip((first, exif), decoded, strict=True):
            known |= {entry.code: entry for entry in entries if entry.code not in known}
    return Carried(*(tuple(_within(found)) for found in (first, exif, gps)))


def _within(found: dict[int, Entry]) -> Iterator[Entry]:
    room = _MOST_BYTES_OF_ALL // 2
    for entry in found.values():
        room -= len(entry.data)
        if room >= 0:
            yield entry


def _blocks(file: BinaryIO) -> Iterator[tuple[str, BinaryIO]]:
    """What each TIFF structure in the file begins with, "first", "exif" or "gps", and the structure."""
    head = file.read(4)
    if head[:2] in (b"II", b"MM"):
        yield "first", file
    names = {b"CMT2": "exif", b"CMT4": "gps"}  # CR3 has each directory in a box of its own
    for before, block in exif_blocks(file):
        yield names.get(before, "first"), BytesIO(block)


def _directories(block: BinaryIO, kind: str) -> Iterator[tuple[str, list[Entry]]]:
    block.seek(0)
    head = block.read(8)
    if len(head) < 8 or head[:2] not in (b"II", b"MM"):
        return
    order = "<" if head[:2] == b"II" else ">"
    entries = _entries(block, order, *struct.unpack(order + "I", head[4:]))
    yield kind, entries
    for entry in entries:
        name = {EXIF_POINTER: "exif", GPS_POINTER: "gps"}.get(entry.code)
        if name is not None and kind == "first" and len(entry.data) == 4:
            yield name, _entries(block, order, *struct.unpack("<I", entry.data))


def _entries(block: BinaryIO, order: str, offset: int) -> list[Entry]:
    block.seek(offset)
    start = block.read(2)
    count = min(struct.unpack(order + "H", start)[0], _MOST_ENTRIES) if len(start) == 2 else 0
    table = block.read(12 * count)
    found = []
    for at in range(0, len(table) - 11, 12):
        code, kind, values = struct.unpack_from(order + "HHI", table, at)
        size = VALUE_BYTES.get(kind, 0) * values
        if not 0 < size <= _MOST_BYTES:
            continue
        data = table[at + 8 : at + 8 + size]
        if size > 4:
            block.seek(*struct.unpack_from(order + "I", table, at + 8))
            data = block.read(size)
        blank = kind == _ASCII and not data.strip(b"\0 ")  # such as the time of a camera whose clock is not set
        if len(data) == size and not blank:
            found.append(Entry(code, kind, data if order == "<" else _swapped(data, _SWAPPED[kind])))
    return found


def _swapped(data: bytes, size: int) -> bytes:
    return b"".join(data[at : at + size][::-1] for at in range(0, len(data), size))
