"""Mutants of a file: bits, lengths and tags as no writer makes them. The same seed gives the same mutants."""

from __future__ import annotations

import random

from .mutate_json import of_json, of_tensors
from .mutate_structure import Change, of_exr, of_jpeg, of_png, of_riff, of_tiff
from .wild import ANYWHERE

_STRUCTURES: dict[bytes, Change] = {
    b"II*\0": of_tiff, b"MM\0*": of_tiff, b"\x89PNG": of_png, b"\xff\xd8\xff": of_jpeg, b"v/1\1": of_exr,
    b"RIFF": of_riff,
}  # fmt: skip


def mutant(data: bytes, suffix: str, rng: random.Random) -> bytes:
    """`data` with one to four changes, of which about every third knows the format."""
    found = bytearray(data)
    if suffix in (".json", ".plugin") and rng.random() < 0.7:
        return bytes(of_json(found, rng))
    if suffix == ".safetensors" and rng.random() < 0.7:
        return bytes(of_tensors(found, rng))
    known = [change for start, change in _STRUCTURES.items() if data.startswith(start)]
    for _ in range(rng.choice((1, 1, 2, 4))):
        change = rng.choice([*ANYWHERE, *known * 4])
        found = change(found, rng) if found else found
    return bytes(found)
