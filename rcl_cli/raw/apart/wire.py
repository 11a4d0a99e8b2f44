"""What a reader has found as JSON and buffers, and back: plain values and a fixed list of our own classes, no pickle.

Whoever takes over a reader with a made-up file can make it say wrong values, and nothing more.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from enum import Enum
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rcl_calibration.profile import NoiseProfile
from rcl_cli.raw.cfa import CFA
from rcl_cli.raw.frame import Metadata, RawFrame, RgbFrame
from rcl_cli.raw.optical_black import OpticalBlack
from rcl_cli.raw.pictures.icc import ColorProfile
from rcl_cli.raw.pictures.stored import Alpha, Stored
from rcl_cli.raw.pictures.tone import Power, Srgb, Table
from rcl_cli.raw.record import Record
from rcl_cli.raw.sniff import Kind
from rcl_cli.raw.tags.ifd import Entry

_OF_FRAMES = (RawFrame, RgbFrame, Metadata, CFA, NoiseProfile, OpticalBlack, Entry)
_OF_PICTURES = (ColorProfile, Alpha, Stored, Power, Srgb, Record)
_CLASSES: dict[str, type] = {cls.__name__: cls for cls in (*_OF_FRAMES, *_OF_PICTURES)}
_ENUMS: dict[str, type[Enum]] = {Kind.__name__: Kind}
_KEY_CODE = ("filmMfcCode", "filmType", "prefix", "count", "perfOffset", "perfsPerFrame", "perfsPerCount")
_EXR: dict[str, tuple[str, ...]] = {"KeyCode": _KEY_CODE, "Rational": ("n", "d")}
"""Classes of OpenEXR's attributes, and what they are made of."""
_NUMBERS = "biufc"

Buffer = NDArray[Any]


def to_wire(value: object, buffers: list[Buffer]) -> Any:
    """`value` for JSON; its arrays and bytes go to `buffers`. Raises TypeError for what has no place there."""
    match value:
        case None | bool() | int() | float() | str():
            return value if type(value) in (type(None), bool, int, float, str) else _plain(value)
        case np.generic():
            return value.item()
        case np.ndarray() if value.dtype.kind in _NUMBERS:
            return _buffer("array", value, buffers)
        case bytes():
            return _buffer("bytes", np.frombuffer(value, np.uint8), buffers)
        case Path():
            return ["path", str(value)]
        case Fraction():
            return ["fraction", value.numerator, value.denominator]
        case tuple() | list():
            return ["tuple" if isinstance(value, tuple) else "list", *(to_wire(item, buffers) for item in value)]
        case Mapping():
            return ["dict", *([key, to_wire(item, buffers)] for key, item in value.items())]
        case Enum() if type(value).__name__ in _ENUMS:
            return ["enum", type(value).__name__, value.value]
        case Table():
            return ["table", to_wire(value.light, buffers)]
        case Stored():
            return _stored(value, buffers)
        case _ if type(value).__module__ == "OpenEXR" and type(value).__name__ in _EXR:
            name = type(value).__name__
            return ["exr", name, *(getattr(value, part) for part in _EXR[name])]
    for name, cls in _CLASSES.items():
        if isinstance(value, cls) and is_dataclass(value):
            return ["class", name, *(to_wire(getattr(value, field.name), buffers) for field in fields(cls))]
    raise TypeError(f"a {type(value).__name__} cannot be handed over")


def from_wire(tree: Any, buffers: Sequence[Buffer]) -> Any:
    """What `to_wire` was given. Raises KeyError, TypeError, ValueError or IndexError for anything else."""
    if not isinstance(tree, list):
        return tree
    kind, *parts = tree
    return _MAKERS[kind](parts, buffers)


def _plain(value: object) -> Any:
    for kind in (int, float, str):
        if isinstance(value, kind):
            return kind(value)
    raise TypeError


def _buffer(kind: str, values: Buffer, buffers: list[Buffer]) -> list[Any]:
    buffers.append(values)
    return [kind, len(buffers) - 1]


def _stored(stored: Stored, buffers: list[Buffer]) -> list[Any]:
    # Attributes of an OpenEXR file that have a class of their own are left behind, as opaque ones are.
    exr: dict[str, Any] = {}
    for name, value in stored.exr.items():
        try:
            to_wire(value, [])
        except TypeError:
            continue
        exr[name] = value
    parts = (stored.profile, stored.grey, stored.alpha, exr)
    return ["class", "Stored", *(to_wire(part, buffers) for part in parts)]


def _all(parts: list[Any], buffers: Sequence[Buffer]) -> list[Any]:
    return [from_wire(part, buffers) for part in parts]


def _exr(parts: list[Any], buffers: Sequence[Buffer]) -> object:
    import OpenEXR

    name, *values = parts
    return getattr(OpenEXR, name)(*values) if name in _EXR else None


_MAKERS: dict[str, Callable[[list[Any], Sequence[Buffer]], Any]] = {
    "array": lambda parts, buffers: buffers[parts[0]],
    "bytes": lambda parts, buffers: buffers[parts[0]].tobytes(),
    "path": lambda parts, buffers: Path(parts[0]),
    "fraction": lambda parts, buffers: Fraction(*parts),
    "tuple": lambda parts, buffers: tuple(_all(parts, buffers)),
    "list": _all,
    "dict": lambda parts, buffers: {key: from_wire(item, buffers) for key, item in parts},
    "enum": lambda parts, buffers: _ENUMS[parts[0]](parts[1]),
    "table": lambda parts, buffers: Table.rising(*_all(parts, buffers)),
    "exr": _exr,
    "class": lambda parts, buffers: _CLASSES[parts[0]](*_all(parts[1:], buffers)),
}
