"""Mutants that know a format's structure: entries of TIFF, chunks of PNG and WebP, segments of JPEG, headers of EXR."""

from __future__ import annotations

import random
import struct
import zlib
from collections.abc import Callable

from .wild import WILD, flip

Change = Callable[[bytearray, random.Random], bytearray]

_TAGS = (254, 256, 257, 258, 259, 262, 273, 277, 279, 322, 324, 330, 34665, 33421, 50714, 50778, 51008)
_TYPES = (0, 1, 2, 3, 4, 5, 7, 10, 11, 12, 13, 16, 99)
_MOST_ENTRIES = 500


def of_tiff(data: bytearray, rng: random.Random) -> bytearray:
    """An entry of a directory with another tag, type, count or value, or a directory that leads to itself."""
    if len(data) < 16 or bytes(data[:4]) not in (b"II*\0", b"MM\0*"):
        return flip(data, rng)
    order = "<" if data[:2] == b"II" else ">"
    directories = _directories(bytes(data), order)
    if not directories:
        return flip(data, rng)
    at, count = rng.choice(directories)
    if rng.random() < 0.15:  # the next directory: this one, another one, or nowhere
        target = rng.choice([at, rng.choice(directories)[0], rng.choice(WILD)])
        data[at + 2 + 12 * count : at + 6 + 12 * count] = struct.pack(f"{order}I", target)
        return data
    entry = at + 2 + 12 * rng.randrange(max(count, 1))
    part = rng.random()
    if part < 0.15:
        data[entry : entry + 2] = struct.pack(f"{order}H", rng.choice(_TAGS))
    elif part < 0.35:
        data[entry + 2 : entry + 4] = struct.pack(f"{order}H", rng.choice(_TYPES))
    elif part < 0.6:
        data[entry + 4 : entry + 8] = struct.pack(f"{order}I", rng.choice(WILD))
    else:
        places = [place for place, _ in directories]
        data[entry + 8 : entry + 12] = struct.pack(f"{order}I", rng.choice([*WILD, *places, len(data)]))
    return data


def _directories(data: bytes, order: str) -> list[tuple[int, int]]:
    """Offset and number of entries of each directory that a plain walk finds, those below too."""
    found: list[tuple[int, int]] = []
    waiting = [struct.unpack_from(f"{order}I", data, 4)[0]]
    while waiting and len(found) < 20:
        at = waiting.pop()
        if not 8 <= at <= len(data) - 6 or at in [place for place, _ in found]:
            continue
        (count,) = struct.unpack_from(f"{order}H", data, at)
        if count > _MOST_ENTRIES or at + 6 + 12 * count > len(data):
            continue
        found.append((at, count))
        for number in range(count):
            tag, _, many, value = struct.unpack_from(f"{order}HHII", data, at + 2 + 12 * number)
            if tag in (330, 34665) and many == 1:
                waiting.append(value)
        waiting.append(struct.unpack_from(f"{order}I", data, at + 2 + 12 * count)[0])
    return found


def of_png(data: bytearray, rng: random.Random) -> bytearray:
    """A field of a chunk changed under a checksum that is right, above all the size of the picture."""
    chunks = []
    at = 8
    while at + 12 <= len(data):
        (length,) = struct.unpack_from(">I", data, at)
        if at + 12 + length > len(data):
            break
        chunks.append((at, length))
        at += 12 + length
    if not chunks:
        return flip(data, rng)
    at, length = chunks[0] if rng.random() < 0.5 else rng.choice(chunks)
    if length:
        place = at + 8 + rng.randrange(length)
        if at == chunks[0][0] and rng.random() < 0.5:
            data[at + 8 : at + 16] = struct.pack(">II", rng.choice((0, 1, 20_000, 2**31 - 1)), rng.choice((1, 20_000)))
        else:
            data[place] = rng.choice((0, 1, 2, 4, 8, 16, 0xFF, rng.randrange(256)))
    data[at + 8 + length : at + 12 + length] = struct.pack(">I", zlib.crc32(data[at + 4 : at + 8 + length]))
    return data


def of_jpeg(data: bytearray, rng: random.Random) -> bytearray:
    """The size of the picture, the length of a segment, a byte in a table or header, or an entry of its EXIF."""
    segments = _segments(bytes(data))
    if not segments:
        return flip(data, rng)
    frames = [at for at, _ in segments if data[at + 1] in (0xC0, 0xC2)]
    exif = [at + 10 for at, _ in segments if data[at + 4 : at + 10] == b"Exif\0\0"]
    at, length = rng.choice(segments)
    part = rng.random()
    if frames and part < 0.3:
        data[frames[0] + 5 : frames[0] + 9] = struct.pack(">HH", rng.choice((0, 1, 65535)), rng.choice((0, 1, 65535)))
    elif exif and part < 0.5:
        data[exif[0] :] = of_tiff(data[exif[0] :], rng)
    elif part < 0.7:
        data[at + 2 : at + 4] = struct.pack(">H", rng.choice((0, 1, 2, 3, 0xFFFF)))
    else:
        data[at + 4 + rng.randrange(max(length - 2, 1))] = rng.choice((0, 1, 0x11, 0x44, 0xFF, rng.randrange(256)))
    return data


def _segments(data: bytes) -> list[tuple[int, int]]:
    """Offset of the marker and length of each segment before the pixel data, as far as they can be followed."""
    found, at = [], 2
    while at + 10 < len(data) and data[at] == 0xFF and 0xC0 <= data[at + 1] < 0xFF:
        (length,) = struct.unpack_from(">H", data, at + 2)
        if at + 2 + length > len(data):
            break
        found.append((at, length))
        if data[at + 1] == 0xDA:
            break
        at += 2 + length
    return found


def of_riff(data: bytearray, rng: random.Random) -> bytearray:
    """WebP: the length or the header of a chunk, or an extended header with another size of the canvas before it."""
    chunks, at = [], 12
    while at + 8 < len(data):
        (length,) = struct.unpack_from("<I", data, at + 4)
        chunks.append((at, min(length, len(data) - at - 8)))
        at += 8 + length + length % 2
    if not chunks:
        return flip(data, rng)
    at, length = rng.choice(chunks)
    part = rng.random()
    if part < 0.3:
        data[at + 4 : at + 8] = struct.pack("<I", rng.choice((*WILD, length - 1, length + 1)) & 0xFFFFFFFF)
    elif part < 0.5:
        sizes = rng.choice((0, 1, 0xFFFFFF)), rng.choice((0, 1, 0xFFFFFF))
        body = bytes([rng.randrange(256), 0, 0, 0]) + b"".join(size.to_bytes(3, "little") for size in sizes)
        data[12:12] = b"VP8X" + struct.pack("<I", len(body)) + body
    elif part < 0.6:
        data[at : at + 4] = rng.choice((b"VP8 ", b"VP8L", b"ALPH", b"ANIM", b"ANMF", b"EXIF", b"ICCP", b"XMP "))
    else:
        data[at + 8 + rng.randrange(max(min(length, 16), 1))] = rng.randrange(256)
    return data


def of_exr(data: bytearray, rng: random.Random) -> bytearray:
    """An attribute of the header with another type, size or value, another version, or a wild offset of a block."""
    attributes, at = _attributes(bytes(data))
    part = rng.random()
    if not attributes or part < 0.05:
        data[4:8] = struct.pack("<I", rng.choice((0, 1, 2, 0x202, 0x402, 0x802, 0x1002, 0xFFFFFFFF)))
    elif part < 0.2:
        place = at + 8 * rng.randrange(4)
        data[place : place + 8] = struct.pack("<Q", rng.choice((*WILD, len(data), 2**63)))
    else:
        kind, size_at, size = rng.choice(attributes)
        if part < 0.3:
            data[size_at : size_at + 4] = struct.pack("<I", rng.choice((*WILD, size - 1, size + 1)) & 0xFFFFFFFF)
        elif part < 0.4:
            data[kind] = rng.randrange(256)
        elif size >= 4 and part < 0.8:
            place = size_at + 4 + 4 * rng.randrange(size // 4)
            data[place : place + 4] = struct.pack("<I", rng.choice(WILD))
        elif size:
            data[size_at + 4 + rng.randrange(size)] = rng.choice((0, 1, 2, 3, 4, 9, 10, 0x7F, 0xFF))
    return data


def _attributes(data: bytes) -> tuple[list[tuple[int, int, int]], int]:
    """Of each attribute where its type and its size stand, and the size; and where the table of blocks begins."""
    found, at = [], 8
    while 0 < data.find(b"\0", at) != at:
        kind = data.find(b"\0", at) + 1
        size_at = data.find(b"\0", kind) + 1
        if size_at == 0 or size_at + 4 > len(data):
            break
        (size,) = struct.unpack_from("<I", data, size_at)
        found.append((kind, size_at, size))
        at = size_at + 4 + size
        if at >= len(data):
            found.pop()
            break
    return found, min(at + 1, len(data))
