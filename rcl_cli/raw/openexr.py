"""OpenEXR in its simplest form: one part, scan lines, float32, not compressed (openexr.com, "OpenEXR File Layout")."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rcl_cli.errors import FileError

_MAGIC = b"\x76\x2f\x31\x01\x02\x00\x00\x00"
_FLOAT = 2
_LARGEST_HEADER = 1 << 20


def encode_exr(pixels: NDArray[np.float32], texts: Mapping[str, bytes] | None = None) -> bytes:
    """(H, W) as channel Y, or (H, W, 3) as channels R, G, B; the values as they are. `texts`: UTF-8, by name."""
    height, width = pixels.shape[:2]
    # Channels lie in alphabetical order, one row of each after the other.
    planes = {"Y": pixels} if pixels.ndim == 2 else {"B": pixels[..., 2], "G": pixels[..., 1], "R": pixels[..., 0]}
    window = struct.pack("<4i", 0, 0, width - 1, height - 1)
    channels = b"".join(name.encode() + b"\0" + struct.pack("<iB3xii", _FLOAT, 0, 1, 1) for name in planes)
    header = b"".join(
        _attribute(*attribute)
        for attribute in (
            ("channels", "chlist", channels + b"\0"),
            ("compression", "compression", b"\0"),
            ("dataWindow", "box2i", window),
            ("displayWindow", "box2i", window),
            ("lineOrder", "lineOrder", b"\0"),
            ("pixelAspectRatio", "float", struct.pack("<f", 1)),
            ("screenWindowCenter", "v2f", struct.pack("<2f", 0, 0)),
            ("screenWindowWidth", "float", struct.pack("<f", 1)),
            *((name, "string", text) for name, text in (texts or {}).items()),
        )
    )
    start = len(_MAGIC) + len(header) + 1 + 8 * height
    row_bytes = 4 * width * len(planes)
    lines = np.zeros(height, np.dtype([("y", "<i4"), ("size", "<i4"), ("row", "<f4", (len(planes), width))]))
    lines["y"], lines["size"] = np.arange(height), row_bytes
    lines["row"] = np.stack(list(planes.values()), axis=1)
    offsets = start + np.arange(height, dtype="<u8") * np.uint64(8 + row_bytes)
    return b"".join([_MAGIC, header, b"\0", offsets.tobytes(), lines.tobytes()])


def read_exr(path: Path) -> NDArray[np.float32]:
    """The inverse of `encode_exr`: (H, W) or (H, W, 3). Raises FileError for any other form of OpenEXR."""
    data = path.read_bytes()
    try:
        attributes, end = _parse_header(data)
        channels = attributes["channels"].count(b"\0\x02\0\0\0")
        x0, y0, x1, y1 = struct.unpack("<4i", attributes["dataWindow"])
        simple = data.startswith(_MAGIC) and attributes["compression"] == b"\0"
    except (KeyError, ValueError, struct.error) as error:
        raise FileError(path, "is a damaged OpenEXR file") from error
    height, width = y1 - y0 + 1, x1 - x0 + 1
    if not simple or channels not in (1, 3) or len(attributes["channels"]) != channels * 18 + 1:
        raise FileError(path, "is OpenEXR of a kind that is not read; use float32 R, G, B without compression")
    line = np.dtype([("y", "<i4"), ("size", "<i4"), ("row", "<f4", (channels, width))])
    start = end + 8 * height
    if len(data) != start + line.itemsize * height:
        raise FileError(path, "is cut short")
    rows = np.frombuffer(data, line, height, start)["row"]
    return np.ascontiguousarray(rows[:, 0] if channels == 1 else rows.transpose(0, 2, 1)[..., ::-1])


def exr_attributes(path: Path) -> dict[str, bytes]:
    """The attributes of an OpenEXR file by name. Raises ValueError or struct.error for a damaged header."""
    with path.open("rb") as file:
        return _parse_header(file.read(_LARGEST_HEADER))[0]


def _attribute(name: str, kind: str, value: bytes) -> bytes:
    return name.encode() + b"\0" + kind.encode() + b"\0" + struct.pack("<i", len(value)) + value


def _parse_header(data: bytes) -> tuple[dict[str, bytes], int]:
    attributes: dict[str, bytes] = {}
    at = len(_MAGIC)
    while data[at : at + 1] != b"\0":
        name_end = data.index(b"\0", at)
        kind_end = data.index(b"\0", name_end + 1)
        (size,) = struct.unpack_from("<i", data, kind_end + 1)
        attributes[data[at:name_end].decode("latin-1")] = data[kind_end + 5 : kind_end + 5 + size]
        at = kind_end + 5 + size
    return attributes, at + 1
