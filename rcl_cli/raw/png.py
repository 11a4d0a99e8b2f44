"""PNG files and their metadata chunks (PNG specification, third edition)."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

_HEADER_BYTES = 33
"""The signature and the IHDR chunk, which comes first."""
_SIGNATURE_BYTES = 8
_CHECKSUM_BYTES = 4
_METADATA = (b"eXIf", b"iTXt", b"tEXt", b"zTXt", b"iCCP")


def encode_png(values: NDArray[Any], *chunks: bytes) -> bytes:
    """(H, W, 3) uint8 or uint16, with metadata `chunks` inside; compressed little, as more takes long and gains 2 %."""
    fast = [cv2.IMWRITE_PNG_COMPRESSION, 1]
    png = cv2.imencode(".png", np.ascontiguousarray(values[..., ::-1]), fast)[1].tobytes()
    return b"".join([png[:_HEADER_BYTES], *chunks, png[_HEADER_BYTES:]])


def exif_chunk(exif: bytes) -> bytes:
    """The chunk that holds an EXIF block."""
    return _chunk(b"eXIf", exif)


def text_chunk(keyword: bytes, text: bytes) -> bytes:
    """A UTF-8 text, not compressed, under a keyword of Latin-1 letters."""
    return _chunk(b"iTXt", keyword + bytes(5) + text)


def text_of(chunk: bytes, keyword: bytes) -> bytes | None:
    """The text of what `text_chunk` made; None for any other chunk."""
    start = b"iTXt" + keyword + bytes(5)
    return chunk[4 + len(start) : -4] if chunk[4:].startswith(start) else None


def metadata_chunks(path: Path) -> list[bytes]:
    """The chunks of a PNG file that hold EXIF, texts, XMP or a colour profile, each whole."""
    chunks = []
    with path.open("rb") as file:
        file.seek(_SIGNATURE_BYTES)
        while len(head := file.read(8)) == 8:
            size = int.from_bytes(head[:4], "big") + _CHECKSUM_BYTES
            if head[4:] in _METADATA:
                chunks.append(head + file.read(size))
            else:
                file.seek(size, 1)
    return chunks


def _chunk(kind: bytes, data: bytes) -> bytes:
    body = kind + data
    return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))
