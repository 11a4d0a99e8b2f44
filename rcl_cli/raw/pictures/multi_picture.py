"""The pictures that stand behind the first in a JPEG file (CIPA DC-007, Multi-Picture Format)."""

from __future__ import annotations

import struct
from collections.abc import Iterable

from rcl_cli.raw.pictures.jpeg_damage import Segment

_MARKER, _NAME = 0xE2, b"MPF\0"
_ENTRIES_TAG, _ENTRY_BYTES = 0xB002, 16
_KIND = 0xFF0000
_LARGE_THUMBNAIL = 0x010000
"""The class of previews, which cameras put behind nearly every picture, in the bits of `_KIND`."""


def behind(parts: Iterable[Segment]) -> int:
    """How many pictures an index tells of, beside the first and previews of it; 0 where it is damaged or missing."""
    block = next((part.body[4:] for part in parts if part.marker == _MARKER and part.body.startswith(_NAME)), b"")
    try:
        kinds = _kinds(block)
    except struct.error:
        return 0
    return sum(kind & _KIND != _LARGE_THUMBNAIL for kind in kinds[1:])


def _kinds(block: bytes) -> list[int]:
    """The attributes of each picture. Raises struct.error where the block ends too early."""
    order = "<" if block[:2] == b"II" else ">"
    (at,) = struct.unpack_from(order + "I", block, 4)
    (count,) = struct.unpack_from(order + "H", block, at)
    for place in range(at + 2, at + 2 + 12 * count, 12):
        tag, _, size, offset = struct.unpack_from(order + "HHII", block, place)
        if tag == _ENTRIES_TAG:
            starts = range(offset, offset + size, _ENTRY_BYTES)
            return [struct.unpack_from(order + "I", block, start)[0] for start in starts]
    return []
