"""TIFF image file directories, byte by byte: what DNG and EXIF blocks are made of (TIFF 6.0, section 2)."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

HEADER = b"II*\0\x08\0\0\0"
"""Little-endian TIFF whose first directory follows at once, at offset 8."""

_BYTE, _ASCII, _SHORT, _LONG, _RATIONAL, _UNDEFINED, _SRATIONAL, _DOUBLE = 1, 2, 3, 4, 5, 7, 10, 12
_SBYTE, _SSHORT, _SLONG, _FLOAT = 6, 8, 9, 11
VALUE_BYTES = {_BYTE: 1, _ASCII: 1, _SHORT: 2, _LONG: 4, _RATIONAL: 8, _UNDEFINED: 1, _SRATIONAL: 8, _DOUBLE: 8} | {
    _SBYTE: 1,
    _SSHORT: 2,
    _SLONG: 4,
    _FLOAT: 4,
}
"""TIFF type → bytes of one value."""
_FINE = 1_000_000


@dataclass(frozen=True)
class Entry:
    """One tag: its code, its TIFF type and its values in little-endian bytes."""

    code: int
    kind: int
    data: bytes

    @property
    def count(self) -> int:
        """Of its values."""
        return len(self.data) // VALUE_BYTES[self.kind]


def octets(code: int, *values: int) -> Entry:
    """Unsigned 8 bit values (BYTE)."""
    return Entry(code, _BYTE, bytes(values))


def undefined(code: int, data: bytes) -> Entry:
    """Bytes with a meaning of their own (UNDEFINED)."""
    return Entry(code, _UNDEFINED, data)


def packet(code: int, data: bytes) -> Entry:
    """Bytes as they are (BYTE)."""
    return Entry(code, _BYTE, data)


def text(code: int, words: str) -> Entry:
    """A text, ending in NUL; UTF-8 where it is not plain ASCII."""
    return Entry(code, _ASCII, words.encode(errors="replace") + b"\0")


def shorts(code: int, *values: int) -> Entry:
    """Unsigned 16 bit values."""
    return Entry(code, _SHORT, struct.pack(f"<{len(values)}H", *values))


def longs(code: int, *values: int) -> Entry:
    """Unsigned 32 bit values."""
    return Entry(code, _LONG, struct.pack(f"<{len(values)}I", *values))


def rationals(code: int, values: Iterable[float]) -> Entry:
    """Numbers of at least 0 as fractions."""
    return Entry(code, _RATIONAL, b"".join(struct.pack("<II", *rational(value)) for value in values))


def signed_rationals(code: int, values: Iterable[float]) -> Entry:
    """Numbers as fractions of a millionth."""
    return Entry(code, _SRATIONAL, b"".join(struct.pack("<ii", round(value * _FINE), _FINE) for value in values))


def doubles(code: int, values: Sequence[float]) -> Entry:
    """64 bit floating-point numbers."""
    return Entry(code, _DOUBLE, struct.pack(f"<{len(values)}d", *values))


def numbers(entry: Entry) -> list[float]:
    """The values of fractions, of at least 0 or signed; none where a denominator is 0, or of any other type.

    >>> numbers(rationals(33434, [0.004]))
    [0.004]
    """
    letter = {_RATIONAL: "I", _SRATIONAL: "i"}.get(entry.kind, "")
    parts = struct.unpack(f"<{2 * entry.count}{letter}", entry.data) if letter else ()
    if 0 in parts[1::2]:
        return []
    return [over / under for over, under in zip(parts[::2], parts[1::2], strict=True)]


def rational(value: float) -> tuple[int, int]:
    """Numerator and denominator, each below 2³², of a number of at least 0.

    >>> rational(1 / 250)
    (1, 250)
    """
    fraction = Fraction(value).limit_denominator(_FINE)
    if fraction == 0 < value:
        fraction = Fraction(1, min(round(1 / value), 2**32 - 1))
    return fraction.numerator, fraction.denominator


def directory(entries: Iterable[Entry], offset: int) -> bytes:
    """The directory to stand at `offset` of the file, and behind it the values too long for it; of even length.

    Its length depends on the lengths of the values alone, so pointers can be filled in afterwards.
    """
    ordered = sorted(entries, key=lambda entry: entry.code)
    table, values = b"", b""
    values_at = offset + 2 + 12 * len(ordered) + 4
    for entry in ordered:
        inline = entry.data.ljust(4, b"\0")
        if len(entry.data) > 4:
            inline = struct.pack("<I", values_at + len(values))
            values += entry.data + b"\0" * (len(entry.data) % 2)
        table += struct.pack("<HHI", entry.code, entry.kind, entry.count) + inline
    return struct.pack("<H", len(ordered)) + table + bytes(4) + values
