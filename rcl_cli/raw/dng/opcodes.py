"""DNG's opcode lists: corrections that a raw developer applies, and which of them are still right for a result.

A list is its count and that many opcodes: identifier, version, flags and length, then the parameters, all big-endian
(DNG specification 1.7, chapter 7).
"""

from __future__ import annotations

import struct

_RELATIVE = frozenset([1, 2, 3, 14])
"""WarpRectilinear, WarpFisheye, FixVignetteRadial, WarpRectilinear2: places in them are fractions of the frame."""


def opcode_identifiers(opcodes: bytes) -> list[int] | None:
    """The identifiers of a list's opcodes, in order; None where it is damaged.

    >>> opcode_identifiers(struct.pack(">5I", 1, 9, 1, 0, 0))
    [9]
    """
    found = []
    try:
        (count,) = struct.unpack_from(">I", opcodes)
        at = 4
        for _ in range(count):
            identifier, _, _, size = struct.unpack_from(">4I", opcodes, at)
            at += 16 + size
            if at > len(opcodes):
                return None
            found.append(identifier)
    except struct.error:
        return None
    return found


def valid_enlarged(opcodes: bytes) -> bool:
    """True where a list holds for a picture of another size too, because no opcode in it counts pixels."""
    found = opcode_identifiers(opcodes)
    return found is not None and _RELATIVE.issuperset(found)
