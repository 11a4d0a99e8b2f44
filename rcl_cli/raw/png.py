"""PNG files and their metadata chunks (PNG specification, third edition)."""

from __future__ import annotations

import struct
import zlib
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

_HEADER_BYTES = 33
"""The signature and the IHDR chunk, which comes first."""
_SIGNATURE_BYTES = 8
_METADATA = (b"eXIf", b"iTXt", b"tEXt", b"zTXt", b"iCCP")


def encode_png(values: NDArray[Any], *chunks: bytes) -> bytes:
    """(H, W, 3) uint8 or uint16, with metadata `chunks` inside; compressed little, as more takes long and gains 2 %."""
    fast = [cv2.IMWRITE_PNG_COMPRESSION, 1]
    png = cv2.imencode(".png", np.ascontiguousarray(values[..., ::-1]), fast)[1].tobytes()
    return b"".join([png[:_HEADER_BYTES], *chunks, png[_HEADER_BYTES:]])


def exif_chunk(exif: bytes) -> bytes:
    """The chunk that holds an EXIF block."""
    body = b"eXIf" + exif
    return struct.pack(">I", len(exif)) + body + struct.pack(">I", zlib.crc32(body))


def metadata_chunks(png: bytes) -> list[bytes]:
    """The chunks of a PNG that hold EXIF, texts, XMP or a colour profile, each whole."""
    chunks = []
    at = _SIGNATURE_BYTES
    while at < len(png):
        (size,) = struct.unpack_from(">I", png, at)
        end = at + 12 + size
        if png[at + 4 : at + 8] in _METADATA:
            chunks.append(png[at:end])
        at = end
    return chunks
