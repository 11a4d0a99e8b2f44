"""Mutants that know nothing of the format: bits, numbers and stretches of bytes."""

from __future__ import annotations

import random
import struct

WILD = (0, 1, 2, 3, 7, 8, 0x7F, 0x80, 0xFF, 0x100, 0x7FFF, 0x8000, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
_WILD_FLOATS = (float("nan"), float("inf"), -float("inf"), 1e300, -1.0, 0.0, 5e-324)


def flip(data: bytearray, rng: random.Random) -> bytearray:
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
    value = rng.choice(WILD) & (2 ** (8 * struct.calcsize(form)) - 1)
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


ANYWHERE = [flip, flip, _flip_early, _cut, _put_number, _put_float, _repeat, _remove, _fill]
