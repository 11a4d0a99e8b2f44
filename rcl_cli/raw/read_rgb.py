"""PNG, JPEG and TIFF pictures as linear RGB."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import tifffile
from numpy.typing import NDArray

from rcl_cli.errors import FileError
from rcl_cli.raw.frame import RgbFrame
from rcl_cli.raw.metadata import tagged_metadata
from rcl_cli.raw.openexr import read_exr
from rcl_cli.raw.sniff import Identified, Kind
from rcl_cli.raw.srgb import decoding_table

Array = NDArray[Any]
_READABLE = (
    tifffile.PHOTOMETRIC.MINISWHITE,
    tifffile.PHOTOMETRIC.MINISBLACK,
    tifffile.PHOTOMETRIC.RGB,
    tifffile.PHOTOMETRIC.YCBCR,
)


def read_rgb(path: Path, found: Identified, *, linear: bool = False) -> RgbFrame:
    """A picture's pixels in stored order, not turned by its orientation tag, as linear RGB.

    8 and 16 bit values are decoded by the sRGB curve unless `linear`; floating-point values are linear already.
    A grey picture becomes three equal planes; transparency is dropped. Raises FileError if it cannot be decoded.
    """
    values = _three_planes(path, _decode(path, found.kind))
    metadata = tagged_metadata(path, found.tags)
    if values.dtype.kind == "f":
        rgb = values.astype(np.float32)
        if not np.isfinite(rgb).all():
            raise FileError(path, "holds values that are not numbers (NaN or infinite)")
        return RgbFrame(rgb, "linear", 32, metadata=metadata)
    bits = {"uint8": 8, "uint16": 16}.get(values.dtype.name)
    if bits is None:
        raise FileError(path, f"holds {values.dtype.name} values; use 8 or 16 bit or floating-point ones")
    if linear:
        return RgbFrame(values.astype(np.float32) / np.float32(2**bits - 1), "linear", bits, metadata=metadata)
    return RgbFrame(decoding_table(bits)[values], "srgb", bits, metadata=metadata)


def _decode(path: Path, kind: Kind) -> Array:
    try:
        if kind is Kind.TIFF:
            return _decode_tiff(path)
        if kind is Kind.EXR:
            return read_exr(path)
        pixels = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_UNCHANGED | cv2.IMREAD_IGNORE_ORIENTATION)
    except FileError:
        raise
    except OSError as error:
        raise FileError(path, f"cannot be read ({error.strerror})") from error
    except Exception as error:  # each decoder has its own errors for damaged files
        raise FileError(path, f"is a damaged or unsupported {kind.value} file") from error
    if pixels is None:
        raise FileError(path, f"is a damaged or unsupported {kind.value} file")
    return pixels[..., ::-1] if pixels.ndim == 3 and pixels.shape[2] == 3 else _reorder_bgra(pixels)


def _reorder_bgra(pixels: Array) -> Array:
    return pixels[..., 2::-1] if pixels.ndim == 3 and pixels.shape[2] == 4 else pixels


def _decode_tiff(path: Path) -> Array:
    with tifffile.TiffFile(path) as tiff:
        page = tiff.pages.first
        kind = tifffile.PHOTOMETRIC(page.photometric)
        if kind not in _READABLE:
            raise FileError(path, f"is a TIFF of kind {kind.name}; use a grey or RGB one")
        pixels = page.asarray()
        if page.planarconfig == tifffile.PLANARCONFIG.SEPARATE and pixels.ndim == 3:
            pixels = np.moveaxis(pixels, 0, -1)
        if kind is tifffile.PHOTOMETRIC.MINISWHITE and pixels.dtype.kind == "u":
            pixels = np.iinfo(pixels.dtype).max - pixels
        return pixels


def _three_planes(path: Path, values: Array) -> Array:
    if values.ndim == 2:
        values = values[..., None]
    if values.ndim != 3 or values.size == 0:
        raise FileError(path, f"holds an array of shape {values.shape}, not a picture")
    if values.shape[2] in (1, 2):
        return np.repeat(values[..., :1], 3, axis=2)
    return values[..., :3]
