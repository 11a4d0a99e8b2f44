"""DNG's opcode lists: corrections that a raw developer applies, and which of them are still right for a result.

A list is its count and that many opcodes: identifier, version, flags and length, then the parameters, all big-endian
(DNG specification 1.7, chapter 7).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from rcl_cli.raw.cfa import CFA

NAMES = {
    **{1: "WarpRectilinear", 2: "WarpFisheye", 3: "FixVignetteRadial", 4: "FixBadPixelsConstant"},
    **{5: "FixBadPixelsList", 6: "TrimBounds", 7: "MapTable", 8: "MapPolynomial", 9: "GainMap"},
    **{10: "DeltaPerRow", 11: "DeltaPerColumn", 12: "ScalePerRow", 13: "ScalePerColumn", 14: "WarpRectilinear2"},
}
_MAP_TABLE, _MAP_POLYNOMIAL, _GAIN_MAP = 7, 8, 9
_OF_AREAS = frozenset([_MAP_TABLE, _MAP_POLYNOMIAL, _GAIN_MAP])
"""Their parameters begin with an area, in pixels, and do not depend on its size otherwise."""
_RELATIVE = frozenset([1, 2, 3, 14])
"""WarpRectilinear, WarpFisheye, FixVignetteRadial, WarpRectilinear2: places in them are fractions of the frame."""
_AREA = struct.Struct(">8I")
"""Of a gain map: top, left, bottom, right, plane, planes, row pitch, column pitch."""
_GRID = struct.Struct(">2I4dI")
"""Points of the map, their spacing and origin as fractions of the frame, planes of the map; the gains follow."""


@dataclass(frozen=True)
class Opcode:
    """One correction."""

    identifier: int
    version: int
    flags: int
    parameters: bytes


def unpacked(opcodes: bytes) -> list[Opcode] | None:
    """The opcodes of a list, in order; None where it is damaged.

    >>> [opcode.identifier for opcode in unpacked(struct.pack(">5I", 1, 9, 1, 0, 0))]
    [9]
    """
    found = []
    try:
        (count,) = struct.unpack_from(">I", opcodes)
        at = 4
        for _ in range(count):
            identifier, version, flags, size = struct.unpack_from(">4I", opcodes, at)
            at += 16 + size
            if at > len(opcodes):
                return None
            found.append(Opcode(identifier, version, flags, opcodes[at - size : at]))
    except struct.error:
        return None
    return found


def packed(opcodes: list[Opcode]) -> bytes:
    """The inverse of `unpacked`."""
    each = (
        struct.pack(">4I", opcode.identifier, opcode.version, opcode.flags, len(opcode.parameters)) + opcode.parameters
        for opcode in opcodes
    )
    return struct.pack(">I", len(opcodes)) + b"".join(each)


def gain_maps_of_rgb(opcodes: bytes, cfa: CFA, scale: int) -> bytes:
    """The gain maps of a mosaic's list as those of a picture made from it, `scale` times its size; empty for none.

    A map for one place of the Bayer pattern becomes one for its colour, and the two maps of green their mean.
    Opcodes other than gain maps have no counterpart and are left out.
    """
    found: dict[int, list[Opcode]] = {}
    for opcode in unpacked(opcodes) or []:
        plane = None if opcode.identifier != _GAIN_MAP else _plane(opcode.parameters, cfa)
        if plane is not None:
            found.setdefault(plane, []).append(opcode)
    made = [_for_plane(maps, plane, scale) for plane, maps in sorted(found.items())]
    return packed(made) if made else b""


def enlarged(opcodes: bytes, scale: int) -> bytes:
    """A list for pixels of three colours as one for `scale` times their size; empty for none.

    Opcodes that count pixels one by one are left out.
    """
    found = (_enlarged(opcode, scale) for opcode in unpacked(opcodes) or [])
    kept = [opcode for opcode in found if opcode is not None]
    return packed(kept) if kept else b""


def split_after_polynomials(opcodes: bytes) -> tuple[bytes, bytes]:
    """What stands before the last MapPolynomial of a list, without any, and what after it, as lists; empty for none."""
    found = unpacked(opcodes) or []
    last = max((number for number, opcode in enumerate(found) if opcode.identifier == _MAP_POLYNOMIAL), default=-1)
    before = [opcode for opcode in found[: last + 1] if opcode.identifier != _MAP_POLYNOMIAL]
    before_list, after_list = (packed(part) if part else b"" for part in (before, found[last + 1 :]))
    return before_list, after_list


def names(opcodes: bytes) -> list[str]:
    """What a list corrects, each once, in order.

    >>> names(packed([Opcode(9, 1, 0, b""), Opcode(3, 1, 0, b""), Opcode(9, 1, 0, b"")]))
    ['GainMap', 'FixVignetteRadial']
    """
    found = (opcode.identifier for opcode in unpacked(opcodes) or [])
    return list(dict.fromkeys(NAMES.get(identifier, f"opcode {identifier}") for identifier in found))


_EVERY = -1


def _plane(parameters: bytes, cfa: CFA) -> int | None:
    """Which colour of RGB a map is for, `_EVERY` for all; None where it is for no colour alone, or damaged."""
    if len(parameters) < _AREA.size + _GRID.size:
        return None
    top, left, _, _, _, planes, *pitch = _AREA.unpack_from(parameters)
    vertical, horizontal, *_, mapped = _GRID.unpack_from(parameters, _AREA.size)
    if planes != 1 or mapped != 1 or len(parameters) != _AREA.size + _GRID.size + 4 * vertical * horizontal:
        return None
    if pitch == [1, 1]:
        return _EVERY
    return int(cfa.colors(2, 2)[top % 2, left % 2]) if pitch == [2, 2] and cfa.period == 2 else None


def _enlarged(opcode: Opcode, scale: int) -> Opcode | None:
    if opcode.identifier in _RELATIVE or scale == 1:
        return opcode
    if opcode.identifier not in _OF_AREAS or len(opcode.parameters) < _AREA.size:
        return None
    *area, plane, planes, down, across = _AREA.unpack_from(opcode.parameters)
    if (down, across) != (1, 1):
        return None
    head = _AREA.pack(*(side * scale for side in area), plane, planes, 1, 1)
    return replace(opcode, parameters=head + opcode.parameters[_AREA.size :])


def _for_plane(maps: list[Opcode], plane: int, scale: int) -> Opcode:
    first = maps[0].parameters
    top, left, bottom, right, *_ = _AREA.unpack_from(first)
    if plane != _EVERY:
        top, left, bottom, right = top - top % 2, left - left % 2, bottom + bottom % 2, right + right % 2
    area = (side * scale for side in (top, left, bottom, right))
    head = _AREA.pack(*area, max(plane, 0), 3 if plane == _EVERY else 1, 1, 1)
    grid = first[_AREA.size : _AREA.size + _GRID.size]
    # Maps over all pixels follow each other; those of one colour stand side by side.
    alike = [opcode for opcode in maps if opcode.parameters[_AREA.size : _AREA.size + _GRID.size] == grid]
    gains = [_gains(opcode) for opcode in alike]
    joined = np.prod(gains, axis=0) if plane == _EVERY else np.mean(gains, axis=0)
    return replace(maps[0], parameters=head + grid + joined.astype(">f4").tobytes())


def _gains(opcode: Opcode) -> NDArray[np.float64]:
    return np.frombuffer(opcode.parameters, ">f4", offset=_AREA.size + _GRID.size).astype(np.float64)
