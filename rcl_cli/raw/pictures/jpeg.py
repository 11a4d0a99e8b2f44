"""JPEG files: values, profile and resolution (JFIF; ICC.1, annex B)."""

from __future__ import annotations

import struct
from io import BytesIO
from pathlib import Path

import numpy as np
import simplejpeg
from numpy.typing import NDArray

from rcl_cli.errors import FileError
from rcl_cli.raw.pictures.claims import MOST_PIXELS, refuse_oversize, refuse_unheld
from rcl_cli.raw.pictures.cmyk import cmyk_to_rgb
from rcl_cli.raw.pictures.decoded import Decoded, per_inch
from rcl_cli.raw.pictures.icc import ADOBE_CURVE, ADOBE_RGB, make_profile
from rcl_cli.raw.pictures.jpeg_damage import Segment, refuse_damaged_jpeg, segments
from rcl_cli.raw.pictures.multi_picture import behind
from rcl_cli.raw.tags.tiff_tags import read_tiff_tags
from rcl_cli.raw.unread import others_unread

_INCHES = {1: 1.0, 2: 1 / 2.54}
"""JFIF's units → inches."""
_ADOBE, _ICC, _EXIF = b"Adobe", b"ICC_PROFILE\0", b"Exif\0\0"
_ARITHMETIC = frozenset(range(0xC9, 0xD0)) - {0xCC}
"""Frame headers of arithmetic coding."""
_PIXELS_PER_BYTE, _PIXELS_PER_BYTE_ARITHMETIC = 2048, 100_000
"""The most that can be coded: a block of 8 by 8 takes a bit, and stands for at most four of them."""
_MOST_PIXELS_OF_SCANS = 16 * MOST_PIXELS
_ADOBE_RGB = 2
"""What some makers put into ColorSpace."""


def decode_jpeg(path: Path) -> Decoded:
    """A JPEG's values; CMYK becomes sRGB. One that lacks only its last bytes is read, their part of it grey.

    Raises FileError if it is damaged elsewhere, or cut by more.
    """
    data = path.read_bytes()
    parts = list(segments(data))
    values, space = _decode(path, data, parts)
    profile = _profile(parts)
    if space == "CMYK":
        # Adobe's programs store the paper that is left, others the ink.
        ink = 255 - values if any(part.marker == 0xEE and part.body.startswith(_ADOBE) for part in parts) else values
        values, profile = cmyk_to_rgb(ink, 8, profile), b""
    unread = others_unread(1 + behind(parts), "pictures")
    return Decoded(values, 8, profile=profile, resolution=_resolution(parts), unread=unread)


def _decode(path: Path, data: bytes, parts: list[Segment]) -> tuple[NDArray[np.uint8], str]:
    height, width, stored, _ = simplejpeg.decode_jpeg_header(data, strict=False)
    _refuse_claim(path, width, height, data, parts)
    space = {"Gray": "GRAY", "CMYK": "CMYK", "YCCK": "CMYK"}.get(stored, "RGB")
    try:
        values, complaint = simplejpeg.decode_jpeg(data, space), ""
    except ValueError as error:
        values, complaint = None, str(error)
    refuse_damaged_jpeg(path, data, parts, complaint, lambda whole: simplejpeg.decode_jpeg(whole, space, strict=False))
    return simplejpeg.decode_jpeg(data, space, strict=False) if values is None else values, space


def _refuse_claim(path: Path, width: int, height: int, data: bytes, parts: list[Segment]) -> None:
    refuse_oversize(path, width, height, 4)
    markers = [part.marker for part in parts]
    densest = _PIXELS_PER_BYTE_ARITHMETIC if _ARITHMETIC.intersection(markers) else _PIXELS_PER_BYTE
    refuse_unheld(path, width, height, width * height / densest, len(data))
    scans = markers.count(0xDA)
    if scans * width * height > _MOST_PIXELS_OF_SCANS:
        raise FileError(path, f"is a JPEG of {scans} scans, far more than any program makes; it is damaged")


def _profile(parts: list[Segment]) -> bytes:
    pieces = {
        part.body[len(_ICC)]: part.body[len(_ICC) + 2 :]
        for part in parts
        if part.marker == 0xE2 and part.body.startswith(_ICC) and len(part.body) > len(_ICC) + 2
    }
    return b"".join(pieces[number] for number in sorted(pieces)) or _by_exif(parts)


def _by_exif(parts: list[Segment]) -> bytes:
    """Cameras that are set to Adobe RGB embed no profile but name it in their EXIF (DCF 2.0, "R03")."""
    block = next((part.body[6:] for part in parts if part.marker == 0xE1 and part.body.startswith(_EXIF)), b"")
    exif = read_tiff_tags(BytesIO(block)).exif
    at, order = exif.get("InteroperabilityTag"), "<" if block.startswith(b"II") else ">"
    named = False
    if isinstance(at, int) and at + 2 <= len(block):
        (count,) = struct.unpack_from(order + "H", block, at)
        entries = (block[at + 2 + 12 * n : at + 14 + 12 * n] for n in range(count))
        named = any(entry[:2] == struct.pack(order + "H", 1) and entry[8:11] == b"R03" for entry in entries)
    return make_profile(ADOBE_RGB, ADOBE_CURVE) if named or exif.get("ColorSpace") == _ADOBE_RGB else b""


def _resolution(parts: list[Segment]) -> tuple[float, float] | None:
    for part in parts:
        if part.marker == 0xE0 and part.body.startswith(b"JFIF\0") and len(part.body) >= 12:
            unit, across, down = struct.unpack_from(">BHH", part.body, 7)
            return per_inch(across, down, _INCHES[unit]) if unit in _INCHES else None
    return None
