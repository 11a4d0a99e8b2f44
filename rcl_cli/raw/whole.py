"""Whether a file that was written has its end: a crash of the machine can leave empty, zeroed or cut ones."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np

_START = 4096
_MOST_DIRECTORIES, _MOST_ENTRIES = 32, 4096
_MOST_BYTES = 1 << 24
"""Of one tag: the offsets of four million strips."""
_POINTERS = 330
"""SubIFDs."""
_OFFSETS, _COUNTS = (273, 324), (279, 325)
"""Of strips and of tiles."""
_FOLLOWED = {_POINTERS, *_OFFSETS, *_COUNTS}
_SIZES = {3: ("H", 2), 4: ("I", 4), 13: ("I", 4)}


def is_cut(path: Path) -> bool:
    """True for a file that is empty, begins with nothing but zeros, or lacks its end.

    Ends are known of TIFF and DNG, PNG, JPEG, WebP, EXR and NPY; no pixel is decoded. False where that cannot be told.
    """
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            start = file.read(_START)
            if not start.strip(b"\0"):
                return True
            if start[:4] in (b"II*\0", b"MM\0*"):
                return _tiff_end(file, "<" if start[:1] == b"I" else ">", size) > size
            if start.startswith(b"\x89PNG"):
                return not _has_png_end(file, size)
            if start.startswith(b"\xff\xd8\xff"):
                file.seek(max(0, size - _START))
                return b"\xff\xd9" not in file.read()
            if start.startswith(b"RIFF"):
                return 8 + int(struct.unpack_from("<I", start, 4)[0]) > size
            if start.startswith(b"v/1\x01"):
                return _exr_end(file, size) > size
        if start.startswith(b"\x93NUMPY"):
            np.load(path, mmap_mode="r", allow_pickle=False)
    except (struct.error, EOFError, IndexError, ValueError):
        return True
    except OSError:
        return False
    return False


def _tiff_end(file: BinaryIO, order: str, size: int) -> int:
    """Where the last directory, strip or tile ends. Raises struct.error where a directory itself is cut."""
    file.seek(4)
    waiting, end = [_one(file, f"{order}I")], 8
    seen: set[int] = set()
    while waiting and len(seen) < _MOST_DIRECTORIES:
        at = waiting.pop()
        if at in seen or not at:
            continue
        seen.add(at)
        file.seek(at)
        count = _one(file, f"{order}H")
        rows = [struct.unpack(f"{order}HHI4s", file.read(12)) for _ in range(min(count, _MOST_ENTRIES))]
        waiting.append(_one(file, f"{order}I"))
        values = {
            code: list(_values(file, order, kind, number, data, size))
            for code, kind, number, data in rows
            if code in _FOLLOWED
        }
        waiting.extend(values.get(_POINTERS, []))
        end = max(end, *(_end_of(order, kind, number, data) for _, kind, number, data in rows), 0)
        for offsets, counts in zip(_OFFSETS, _COUNTS, strict=True):
            ends = map(sum, zip(values.get(offsets, []), values.get(counts, []), strict=False))
            end = max(end, *ends, 0)
    return end


def _values(file: BinaryIO, order: str, kind: int, number: int, data: bytes, size: int) -> Iterator[int]:
    """Of a tag of whole numbers; none of any other."""
    letter, width = _SIZES.get(kind, ("", 0))
    if not letter:
        return
    if number * width > min(size, _MOST_BYTES):
        raise EOFError
    if number * width > 4:
        file.seek(struct.unpack(f"{order}I", data)[0])
        data = file.read(number * width)
    yield from struct.unpack(f"{order}{number}{letter}", data[: number * width])


def _end_of(order: str, kind: int, number: int, data: bytes) -> int:
    """Where the whole numbers of a tag end; 0 where they lie in the directory, or for any other tag."""
    length = number * _SIZES.get(kind, ("", 0))[1]
    return int(struct.unpack(f"{order}I", data)[0]) + length if length > 4 else 0


def _has_png_end(file: BinaryIO, size: int) -> bool:
    at = 8
    while at + 12 <= size:
        file.seek(at)
        length, kind = struct.unpack(">I4s", file.read(8))
        at += 12 + length
        if kind == b"IEND":
            return bool(at <= size)
    return False


def _exr_end(file: BinaryIO, size: int) -> int:
    """Where the last of the chunks of a file of one part ends: a table of offsets stands before the first.

    Raises EOFError where a chunk begins behind the end, or in the table.
    """
    file.seek(8)
    while _word(file):
        _word(file)
        file.seek(_one(file, "<I"), os.SEEK_CUR)
    table = file.tell()
    first = _one(file, "<Q")
    if not table < first <= size:
        raise EOFError
    file.seek(table)
    offsets = struct.unpack(f"<{(first - table) // 8}Q", file.read(first - table))
    if max(offsets) > size:
        raise EOFError
    file.seek(max(offsets))
    _, length = struct.unpack("<iI", file.read(8))
    return int(max(offsets) + 8 + length)


def _word(file: BinaryIO) -> bytes:
    found = b""
    while (byte := file.read(1)) != b"\0":
        if not byte or len(found) > 255:
            raise EOFError
        found += byte
    return found


def _one(file: BinaryIO, form: str) -> int:
    return int(struct.unpack(form, file.read(struct.calcsize(form)))[0])
