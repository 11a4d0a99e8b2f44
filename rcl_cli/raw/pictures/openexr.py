"""OpenEXR files by the OpenEXR library: which channels are the picture, and what its header says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import Imath
import numpy as np
import OpenEXR
from numpy.typing import NDArray

from rcl_cli.errors import FileError
from rcl_cli.raw.pictures.claims import refuse_oversize, refuse_unheld
from rcl_cli.raw.pictures.decoded import Decoded, per_inch
from rcl_cli.raw.pictures.icc import make_profile
from rcl_cli.raw.pictures.stored import PREMULTIPLIED, Alpha
from rcl_cli.raw.pictures.tone import LINEAR
from rcl_cli.raw.unread import others_unread

_COLORS = (("R", "G", "B"), ("r", "g", "b"), ("red", "green", "blue"), ("Y",), ("y",))
_MOST_VALUES_PER_BYTE = 100_000
"""More than a blank picture has in any compression."""
_OPACITY = ("A", "a", "alpha")
_WRITERS_OWN = ("channels", "chunkCount", "compression", "lineOrder", "name", "tiles", "type", "version", "xmp")
_SOURCES_OWN = ("idManifest", "multiView", "preview", "view")


def encode_exr(channels: Mapping[str, NDArray[np.float32]], attributes: Mapping[str, Any]) -> bytes:
    """Planes (H, W), by name, as scan lines, compressed without loss; `attributes`: of the header, by name."""
    header = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage, **attributes}
    planes = {name: np.ascontiguousarray(plane, np.float32) for name, plane in channels.items()}
    stream = BytesIO()
    with OpenEXR.File(header, planes) as file:
        file.write(stream)
    return stream.getvalue()


def decode_exr(path: Path) -> Decoded:
    """R, G, B or luminance of an OpenEXR file's first part as float32, its A, and its header.

    Where none bears such a name alone, those of its only layer that has them. Raises FileError if it has no such
    channels, the library's errors if it is damaged.
    """
    data = path.read_bytes()
    header, parts = _header(data)
    names = _chosen(
        [channel.name for channel in header["channels"] if (channel.xSampling, channel.ySampling) == (1, 1)]
    )
    if not names:
        named = ", ".join(channel.name for channel in header["channels"][:8])
        raise FileError(path, f"has no channels R, G, B or Y of full size to be its picture, but {named}")
    _refuse_claim(path, header, len(data))
    planes = _planes(data, header, names)
    colors = 3 if len(names) >= 3 else 1
    alpha = Alpha(planes[colors], PREMULTIPLIED) if len(names) > colors else None
    kept = {
        name: value
        for name, value in header.items()
        if name not in (*_WRITERS_OWN, *_SOURCES_OWN) and not isinstance(value, OpenEXR.OpaqueAttribute)
    }
    values = np.stack(planes[:colors], axis=-1)
    unread = others_unread(parts, "parts") or _others(header, names)
    return Decoded(values, 32, alpha, _profile(header), _resolution(header), exr=kept, unread=unread)


def _others(header: Mapping[str, Any], read: Sequence[str]) -> str:
    left = [channel.name for channel in header["channels"] if channel.name not in read]
    more = f" and {len(left) - 8} more" if len(left) > 8 else ""
    return f"has other channels, which are not read: {', '.join(left[:8])}{more}" if left else ""


def _refuse_claim(path: Path, header: Mapping[str, Any], held: int) -> None:
    height, width = _shape(header)
    tile, values = header.get("tiles"), len(header["channels"])
    across, down = (0, 0) if tile is None else (tile.xSize, tile.ySize)
    refuse_oversize(path, max(width, across), max(height, down), 4 * values)
    refuse_unheld(path, width, height, values * width * height / _MOST_VALUES_PER_BYTE, held)


def exr_attributes(path: Path) -> dict[str, bytes]:
    """The texts in the header of an OpenEXR file, by name, in UTF-8. Raises ValueError if it is damaged."""
    try:
        header, _ = _header(path.read_bytes())
    except (RuntimeError, TypeError) as error:
        raise ValueError("no OpenEXR file") from error
    return {name: value.encode() for name, value in header.items() if isinstance(value, str)}


def _header(data: bytes) -> tuple[dict[str, Any], int]:
    """Of the first part, and how many parts there are."""
    with OpenEXR.File(BytesIO(data), header_only=True) as file:
        return dict(file.parts[0].header), len(file.parts)


def _chosen(names: Sequence[str]) -> list[str]:
    """The picture's channels, with the one of its opacity at the end; none where it isn't clear which they are."""
    layers = {name.rpartition(".")[0] for name in names}
    found = {layer: channels for layer in layers if (channels := _of_layer(f"{layer}." if layer else "", names))}
    if "" in found:
        return found[""]
    return next(iter(found.values())) if len(found) == 1 else []


def _of_layer(prefix: str, names: Sequence[str]) -> list[str]:
    for colors in _COLORS:
        if {prefix + color for color in colors} <= set(names):
            opacity = [prefix + name for name in _OPACITY if prefix + name in names]
            return [prefix + color for color in colors] + opacity[:1]
    return []


def _planes(data: bytes, header: Mapping[str, Any], names: Sequence[str]) -> list[NDArray[np.float32]]:
    # The library's newer way to read pixels prints to standard output where a file is damaged.
    shape = _shape(header)
    file = OpenEXR.InputFile(BytesIO(data))
    try:
        found = file.channels(list(names), Imath.PixelType(Imath.PixelType.FLOAT))
    except OSError as error:
        raise ValueError("damaged pixels") from error
    finally:
        file.close()
    return [np.frombuffer(plane, np.float32).reshape(shape) for plane in found]


def _shape(header: Mapping[str, Any]) -> tuple[int, int]:
    (left, top), (right, bottom) = header["dataWindow"]
    return int(bottom) - int(top) + 1, int(right) - int(left) + 1


def _profile(header: Mapping[str, Any]) -> bytes:
    found = header.get("chromaticities")
    return make_profile(found, LINEAR) if found is not None else b""


def _resolution(header: Mapping[str, Any]) -> tuple[float, float] | None:
    across = header.get("xDensity")
    return per_inch(across, across / header.get("pixelAspectRatio", 1.0)) if across else None
