"""How long a file must be by what it says itself, so that one that was cut short can be told from a damaged one."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import BinaryIO

from rcl_cli.raw.tags.tiff_tags import TiffTags

_RAF = struct.Struct(">6I")
"""Offset and length of a Fujifilm's JPEG, its header and its pixels, at 84."""
_RAF_AT = 84
_CIFF_ENTRY = 10
_TIFF, _TIFF_ENTRY = 42, 12
_MRW = struct.Struct(">4H3B")
"""Height and width of a Minolta's sensor and picture, bits of a value, bits stored, and how, at 24."""
_MRW_AT, _MRW_IN_16_BITS = 24, 82


def why_cut_short(path: Path, tags: TiffTags) -> str:
    """That a raw lacks its end, in words; "" where it does not, or where that cannot be told. Raises OSError.

    `tags`: the file's.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(_RAF_AT + _RAF.size)
        if (head[6:14] == b"HEAPCCDR" and not _ciff_ends(file, head, size)) or (
            head[:4] == b"FOVb" and not _x3f_ends(file, size)
        ):
            return "is cut short: the directory at its end is missing; copy it from the card again"
        claimed = max(tags.end, tags.raw_end, _claimed(file, head, size))
    if claimed <= size:
        return ""
    return f"is cut short: of at least {claimed} bytes {size} are there; copy it from the card again"


def _claimed(file: BinaryIO, head: bytes, size: int) -> int:
    if head.startswith(b"FUJIFILM") and len(head) >= _RAF_AT + _RAF.size:
        numbers: tuple[int, ...] = _RAF.unpack_from(head, _RAF_AT)
        return max(at + length for at, length in zip(numbers[::2], numbers[1::2], strict=True))
    if head[:2] in (b"II", b"MM") and len(head) >= 8 and head[6:14] != b"HEAPCCDR":
        return _directory_end(file, head)
    if head[:4] == b"\0MRM" and head[8:12] == b"\0PRD" and len(head) >= _MRW_AT + _MRW.size:
        height, width, *_, bits, how = _MRW.unpack_from(head, _MRW_AT)
        stored = 16 if how == _MRW_IN_16_BITS else bits
        return int(8 + int.from_bytes(head[4:8], "big") + height * width * stored // 8)
    if head[4:8] == b"ftyp":
        return _boxes_end(file, size)
    return 0


def _directory_end(file: BinaryIO, head: bytes) -> int:
    """Where the first directory of a TIFF structure is to end."""
    order = "<" if head[:2] == b"II" else ">"
    magic, first = struct.unpack_from(f"{order}HI", head, 2)
    file.seek(first)
    told = file.read(2)
    count: int = struct.unpack(f"{order}H", told)[0] if magic == _TIFF and len(told) == 2 else 0
    return int(first) + 2 + count * _TIFF_ENTRY


def _boxes_end(file: BinaryIO, size: int) -> int:
    """Where the last box of an ISO base media file (CR3) is to end; one of size 0 goes to the end of the file."""
    at = 0
    while at + 8 <= size:
        file.seek(at)
        head = file.read(16)
        (length,) = struct.unpack_from(">I", head)
        if length == 1 and len(head) == 16:
            (length,) = struct.unpack_from(">Q", head, 8)
        if length < 8:
            return at
        at += length
    return at


def _ciff_ends(file: BinaryIO, head: bytes, size: int) -> bool:
    """True where a Canon heap ends as it must: with its directory, and that with its own place."""
    order = "<" if head[:2] == b"II" else ">"
    (start,) = struct.unpack_from(order + "I", head, 2)
    file.seek(max(0, size - 4))
    last = file.read(4)
    if len(last) < 4 or size < start + 6:
        return False
    at = start + struct.unpack(order + "I", last)[0]
    file.seek(min(at, size))
    count = file.read(2)
    return len(count) == 2 and at + 2 + _CIFF_ENTRY * struct.unpack(order + "H", count)[0] <= size - 4


def _x3f_ends(file: BinaryIO, size: int) -> bool:
    """True where a Sigma's last word leads to its directory."""
    file.seek(max(0, size - 4))
    (at,) = struct.unpack("<I", file.read(4).rjust(4, b"\0"))
    file.seek(min(at, size))
    return file.read(4) == b"SECd"
