"""A JPEG as close to the one that it was made from as it can be: its own data where no value changed."""

from __future__ import annotations

import struct
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import simplejpeg
from numpy.typing import NDArray

from rcl_cli.raw.pictures.jpeg_damage import Segment, frame_size, segments

LEAST_QUALITY = 95
_TABLES, _SCAN, _COMMENT = 0xDB, 0xDA, 0xFE
_JFIF, _ADOBE = (0xE0, b"JFIF\0"), (0xEE, b"Adobe")
_END = b"\xff\xd9"


def jpeg_stream(values: NDArray[np.uint8], source: Path | None) -> bytes:
    """(H, W, 1) or (H, W, 3) as a JPEG without metadata, but for a JFIF segment.

    That of `source` where it holds these values: coding them anew would lose detail, and take more room. Else of the
    source's quality or LEAST_QUALITY, whichever is higher, colours not subsampled.
    """
    data = source.read_bytes() if source is not None and _is_jpeg(source) else b""
    return _same(data, values) or _coded(values, quality_of(data))


def quality_of(data: bytes) -> int:
    """LEAST_QUALITY…100: the lowest that rounds no more coarsely than a JPEG does; LEAST_QUALITY if it is none."""
    own = _coarseness(data) if data else 0.0
    finer = (quality for quality in range(LEAST_QUALITY, 100) if not own or _coarseness_at(quality) <= own)
    return next(finer, 100)


def _same(data: bytes, values: NDArray[np.uint8]) -> bytes:
    """`data` without its metadata if it holds these values, else b""."""
    if frame_size(data) != values.shape[1::-1]:
        return b""
    kept = [data[:2]]
    for part in segments(data):
        start = part.end - len(part.body) - 4
        if part.marker == _SCAN:
            end = data.find(_END, part.end)
            kept.append(data[start : end + 2] if end >= 0 else b"")
            break
        if not _is_metadata(part):
            kept.append(data[start : part.end])
    stream = b"".join(kept)
    try:
        held = simplejpeg.decode_jpeg(stream, "GRAY" if values.shape[2] == 1 else "RGB")
    except ValueError:
        return b""
    return stream if np.array_equal(held, values) else b""


def _is_metadata(part: Segment) -> bool:
    needed = any(part.marker == marker and part.body.startswith(name) for marker, name in (_JFIF, _ADOBE))
    return not needed and (0xE0 <= part.marker <= 0xEF or part.marker == _COMMENT)


def _coded(values: NDArray[np.uint8], quality: int) -> bytes:
    options = [cv2.IMWRITE_JPEG_QUALITY, quality]
    options += [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444]
    return cv2.imencode(".jpg", np.ascontiguousarray(values[..., ::-1]), options)[1].tobytes()


def _coarseness(data: bytes) -> float:
    """Mean step of the first table; 0 where there is none."""
    body = next((part.body for part in segments(data) if part.marker == _TABLES), b"")
    kind = ">64H" if body[:1] and body[0] >> 4 else ">64B"
    if len(body) <= struct.calcsize(kind):
        return 0.0
    return float(np.mean(struct.unpack_from(kind, body, 1)))


@cache
def _coarseness_at(quality: int) -> float:
    return _coarseness(_coded(np.zeros((8, 8, 1), np.uint8), quality))


def _is_jpeg(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(3) == b"\xff\xd8\xff"
    except OSError:
        return False
