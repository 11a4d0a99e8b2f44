"""Mutants of a file: bits, lengths and tags as no writer makes them. The same seed gives the same mutants."""

from __future__ import annotations

import json
import random
import struct
import zlib
from collections.abc import Callable
from typing import Any

Change = Callable[[bytearray, random.Random], bytearray]

_WILD = (0, 1, 2, 3, 7, 8, 0x7F, 0x80, 0xFF, 0x100, 0x7FFF, 0x8000, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
_WILD_FLOATS = (float("nan"), float("inf"), -float("inf"), 1e300, -1.0, 0.0, 5e-324)
_WILD_JSON: tuple[Any, ...] = (
    None, True, False, -1, 0, 1, 2**31, 2**63, 2**64, -(2**63), 10**40, 1e300, -0.0, float("nan"), float("inf"), "",
    "x", "\x1b[2J\u202e", "../../x", "a" * 5000, [], {}, [[]], [1, 2], {"a": 1}, [None] * 50,
)  # fmt: skip
_TAGS = (254, 256, 257, 258, 259, 262, 273, 277, 279, 322, 324, 330, 34665, 33421, 50714, 50778, 51008)
_TYPES = (0, 1, 2, 3, 4, 5, 7, 10, 11, 12, 13, 16, 99)
_MOST_ENTRIES = 500


def mutant(data: bytes, suffix: str, rng: random.Random) -> bytes:
    """`data` with one to four changes, of which some know the format that the suffix names."""
    found = bytearray(data)
    if suffix in (".json", ".plugin") and rng.random() < 0.7:
        found = _json(found, rng)
    elif suffix == ".safetensors" and rng.random() < 0.7:
        found = _index(found, rng)
    else:
        known = {".dng": [_tiff] * 4, ".tif": [_tiff] * 4, ".png": [_png] * 2, ".jpg": [_jpeg] * 2}.get(suffix, [])
        for _ in range(rng.choice((1, 1, 2, 4))):
            change = rng.choice([*_ANY, *known])
            found = change(found, rng) if found else found
    return bytes(found)


def _flip(data: bytearray, rng: random.Random) -> bytearray:
    for _ in range(rng.choice((1, 1, 4, 32))):
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    return data


def _flip_early(data: bytearray, rng: random.Random) -> bytearray:
    data[rng.randrange(min(len(data), 512))] = rng.randrange(256)
    return data


def _cut(data: bytearray, rng: random.Random) -> bytearray:
    return data[: rng.randrange(len(data))]


def _put_number(data: bytearray, rng: random.Random) -> bytearray:
    form = rng.choice(("<H", ">H", "<I", ">I", "<Q", ">Q"))
    value = rng.choice(_WILD) & (2 ** (8 * struct.calcsize(form)) - 1)
    at = rng.randrange(len(data))
    data[at : at + struct.calcsize(form)] = struct.pack(form, value)
    return data


def _put_float(data: bytearray, rng: random.Random) -> bytearray:
    at = rng.randrange(len(data)) & ~3
    form = rng.choice(("<f", "<d", ">d"))
    value = rng.choice(_WILD_FLOATS)
    data[at : at + struct.calcsize(form)] = struct.pack(form, value if form[1] == "d" or abs(value) < 1e38 else 0.0)
    return data


def _repeat(data: bytearray, rng: random.Random) -> bytearray:
    start = rng.randrange(len(data))
    part = data[start : start + rng.choice((1, 16, 300))]
    at = rng.randrange(len(data))
    return data[:at] + part * rng.choice((1, 2, 20)) + data[at:]


def _remove(data: bytearray, rng: random.Random) -> bytearray:
    start = rng.randrange(len(data))
    del data[start : start + rng.choice((1, 2, 16, 300))]
    return data


def _fill(data: bytearray, rng: random.Random) -> bytearray:
    start, length = rng.randrange(len(data)), rng.choice((4, 64, 1000))
    end = min(start + length, len(data))
    data[start:end] = bytes([rng.choice((0, 0xFF, 0x41))]) * (end - start)
    return data


_ANY: list[Change] = [_flip, _flip, _flip_early, _cut, _put_number, _put_float, _repeat, _remove, _fill]


def _tiff(data: bytearray, rng: random.Random) -> bytearray:
    """An entry of a directory with another tag, type, count or value, or a directory that leads to itself."""
    if len(data) < 16 or bytes(data[:4]) not in (b"II*\0", b"MM\0*"):
        return _flip(data, rng)
    order = "<" if data[:2] == b"II" else ">"
    directories = _directories(bytes(data), order)
    if not directories:
        return _flip(data, rng)
    at, count = rng.choice(directories)
    if rng.random() < 0.15:  # the next directory: this one, another one, or nowhere
        target = rng.choice([at, rng.choice(directories)[0], rng.choice(_WILD)])
        data[at + 2 + 12 * count : at + 6 + 12 * count] = struct.pack(f"{order}I", target)
        return data
    entry = at + 2 + 12 * rng.randrange(max(count, 1))
    part = rng.random()
    if part < 0.15:
        data[entry : entry + 2] = struct.pack(f"{order}H", rng.choice(_TAGS))
    elif part < 0.35:
        data[entry + 2 : entry + 4] = struct.pack(f"{order}H", rng.choice(_TYPES))
    elif part < 0.6:
        data[entry + 4 : entry + 8] = struct.pack(f"{order}I", rng.choice(_WILD))
    else:
        places = [place for place, _ in directories]
        data[entry + 8 : entry + 12] = struct.pack(f"{order}I", rng.choice([*_WILD, *places, len(data)]))
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


def _png(data: bytearray, rng: random.Random) -> bytearray:
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
        return _flip(data, rng)
    at, length = chunks[0] if rng.random() < 0.5 else rng.choice(chunks)
    if length:
        place = at + 8 + rng.randrange(length)
        if at == chunks[0][0] and rng.random() < 0.5:
            data[at + 8 : at + 16] = struct.pack(">II", rng.choice((0, 1, 20_000, 2**31 - 1)), rng.choice((1, 20_000)))
        else:
            data[place] = rng.choice((0, 1, 2, 4, 8, 16, 0xFF, rng.randrange(256)))
    data[at + 8 + length : at + 12 + length] = struct.pack(">I", zlib.crc32(data[at + 4 : at + 8 + length]))
    return data


def _jpeg(data: bytearray, rng: random.Random) -> bytearray:
    """The size of the picture, or the length of a segment."""
    markers = [at for at in range(2, len(data) - 10) if data[at] == 0xFF and 0xC0 <= data[at + 1] < 0xFF]
    if not markers:
        return _flip(data, rng)
    frames = [at for at in markers if data[at + 1] in (0xC0, 0xC2)]
    if frames and rng.random() < 0.5:
        data[frames[0] + 5 : frames[0] + 9] = struct.pack(">HH", rng.choice((0, 1, 65535)), rng.choice((0, 1, 65535)))
    else:
        at = rng.choice(markers)
        data[at + 2 : at + 4] = struct.pack(">H", rng.choice((0, 1, 2, 3, 0xFFFF)))
    return data


def _json(data: bytearray, rng: random.Random) -> bytearray:
    if rng.random() < 0.05:
        return bytearray(rng.choice((b"[", b'{"a":', b'[{"runs":')) * rng.choice((500, 100_000)))
    text = json.dumps(_changed(json.loads(data), rng))
    return bytearray(text.encode("utf-8", "surrogatepass"))


def _index(data: bytearray, rng: random.Random) -> bytearray:
    length = int.from_bytes(data[:8], "little")
    index = json.loads(data[8 : 8 + length])
    if rng.random() < 0.4:
        header = _changed(json.loads(index["__metadata__"]["rcl"]), rng)
        index["__metadata__"]["rcl"] = json.dumps(header)
    else:
        index = _changed(index, rng)
    text = json.dumps(index).encode("utf-8", "surrogatepass")
    return bytearray(len(text).to_bytes(8, "little")) + text + data[8 + length :]


def _changed(content: Any, rng: random.Random) -> Any:
    """`content` with one value, anywhere in it, replaced or taken out."""
    place, holder = [content], None
    while place[-1] and isinstance(place[-1], dict | list) and (holder is None or rng.random() < 0.8):
        holder = place[-1]
        key = rng.choice(list(holder)) if isinstance(holder, dict) else rng.randrange(len(holder))
        place.append(holder[key])
    if holder is None:
        return rng.choice(_WILD_JSON)
    if rng.random() < 0.15:
        del holder[key]
    else:
        holder[key] = rng.choice(_WILD_JSON)
    return content
