"""Mutants of JSON and of what holds it: one value, anywhere, replaced or taken out."""

from __future__ import annotations

import json
import random
from typing import Any

_WILD_JSON: tuple[Any, ...] = (
    None, True, False, -1, 0, 1, 2**31, 2**63, 2**64, -(2**63), 10**40, 1e300, -0.0, float("nan"), float("inf"), "",
    "x", "\x1b[2J\u202e", "../../x", "a" * 5000, [], {}, [[]], [1, 2], {"a": 1}, [None] * 50,
)  # fmt: skip


def of_json(data: bytearray, rng: random.Random) -> bytearray:
    """Another JSON text, now and then one of deep nesting."""
    if rng.random() < 0.05:
        return bytearray(rng.choice((b"[", b'{"a":', b'[{"runs":')) * rng.choice((500, 100_000)))
    text = json.dumps(_changed(json.loads(data), rng))
    return bytearray(text.encode("utf-8", "surrogatepass"))


def of_tensors(data: bytearray, rng: random.Random) -> bytearray:
    """A safetensors file with another index, or with another header of ours in it."""
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
