"""PNG, JPEG, TIFF, WebP and OpenEXR pictures as linear RGB."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rcl_cli.errors import FileError
from rcl_cli.raw.frame import RgbFrame
from rcl_cli.raw.metadata import tagged_metadata
from rcl_cli.raw.pictures.decoded import Decoded
from rcl_cli.raw.pictures.icc import curves_of, read_profile
from rcl_cli.raw.pictures.jpeg import decode_jpeg
from rcl_cli.raw.pictures.openexr import decode_exr
from rcl_cli.raw.pictures.read_png import decode_png
from rcl_cli.raw.pictures.read_tiff import decode_tiff
from rcl_cli.raw.pictures.stored import Stored
from rcl_cli.raw.pictures.tone import Curve
from rcl_cli.raw.pictures.webp import decode_webp
from rcl_cli.raw.sniff import Identified, Kind
from rcl_cli.raw.unread import say_unread
from rcl_cli.raw.whole import is_cut

Array = NDArray[Any]

_DECODERS: dict[Kind, Callable[[Path], Decoded]] = {
    Kind.TIFF: decode_tiff,
    Kind.PNG: decode_png,
    Kind.JPEG: decode_jpeg,
    Kind.WEBP: decode_webp,
    Kind.EXR: decode_exr,
}


def read_rgb(path: Path, found: Identified, *, linear: bool = False) -> RgbFrame:
    """A picture's pixels in stored order, not turned by its orientation tag, as linear RGB.

    Values are decoded by the curves of the file's ICC profile; without one, whole numbers by the sRGB curve, while
    floating-point ones are linear. `linear`: all are. The primaries stay those of the file. A grey picture becomes
    three equal planes; what else the file has is in `stored`. Raises FileError if it cannot be decoded.
    """
    decoded = _decode(path, found.kind)
    profile = read_profile(decoded.profile) if decoded.profile else None
    transfer = "linear" if linear or (profile is None and decoded.bits == 32) else "srgb"
    if profile is not None and not linear:
        transfer = profile.transfer
    rgb = _linear(decoded, curves_of(transfer, profile))
    if rgb.shape[2] == 1:
        rgb = np.repeat(rgb, 3, axis=2)
    if decoded.bits == 32 and not np.isfinite(rgb).all():
        raise FileError(path, "holds values that are not numbers (NaN or infinite), or too large to be light")
    say_unread(path, decoded.unread)
    metadata = tagged_metadata(path, found.tags)
    metadata = replace(
        metadata,
        resolution=decoded.resolution or metadata.resolution,
        orientation=decoded.orientation or metadata.orientation,
    )
    stored = Stored(profile, decoded.values.shape[2] == 1, decoded.alpha, decoded.exr)
    return RgbFrame(rgb, transfer, decoded.bits, metadata=metadata, stored=stored)


def _decode(path: Path, kind: Kind) -> Decoded:
    try:
        decoded = _DECODERS[kind](path)
    except OSError as error:
        raise FileError(path, f"cannot be read ({error.strerror})") from error
    except (FileError, MemoryError):
        raise
    except Exception as error:  # each decoder has its own errors for damaged files
        if is_cut(path):
            raise FileError(path, f"is a {kind.value} file that is cut short; copy it from the card again") from error
        raise FileError(path, f"is a damaged or unsupported {kind.value} file") from error
    if decoded.values.ndim != 3 or decoded.values.size == 0:
        raise FileError(path, f"holds an array of shape {decoded.values.shape}, not a picture")
    return decoded


def _linear(decoded: Decoded, by_plane: tuple[Curve, ...]) -> NDArray[np.float32]:
    values: Array = decoded.values
    if decoded.bits < 32:
        steps = np.linspace(0, 1, 2**decoded.bits, dtype=np.float32)
        tables = [curve.decode(steps) for curve in by_plane]
        if len(tables) == 1 or values.shape[2] == 1:
            return tables[len(tables) // 2][values]
        return np.stack([table[values[..., plane]] for plane, table in enumerate(tables)], axis=-1)
    if len(by_plane) == 1 or values.shape[2] == 1:
        return by_plane[len(by_plane) // 2].decode(values)
    return np.stack([curve.decode(values[..., plane]) for plane, curve in enumerate(by_plane)], axis=-1)
