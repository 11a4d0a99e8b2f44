"""PNG files: writing them, and their chunks (PNG specification, third edition)."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import imagecodecs
from numpy.typing import NDArray

_HEADER_BYTES = 33
"""The signature and the IHDR chunk, which comes first."""
_SIGNATURE_BYTES = 8
_CHECKSUM_BYTES = 4
_TOLD = (b"cICP", b"iCCP", b"sRGB", b"gAMA", b"cHRM", b"pHYs", b"acTL")
_METADATA = (b"eXIf", b"iTXt", b"tEXt", b"zTXt", b"iCCP", b"pHYs")
_METRE = 1 / 0.0254


def encode_png(values: NDArray[Any], *chunks: bytes) -> bytes:
    """(H, W, 1…4) uint8 or uint16: grey, grey and transparency, RGB, RGB and transparency; `chunks` of metadata inside.

    Compressed little, as more takes long and gains 2 %.
    """
    # The codec is particular about strides, even of a single row.
    png = bytes(imagecodecs.png_encode(values.copy(order="C"), level=1))
    return b"".join([png[:_HEADER_BYTES], *chunks, png[_HEADER_BYTES:]])


def exif_chunk(exif: bytes) -> bytes:
    """The chunk that holds an EXIF block."""
    return _chunk(b"eXIf", exif)


def profile_chunk(profile: bytes) -> bytes:
    """The chunk that holds an ICC profile."""
    return _chunk(b"iCCP", b"ICC profile\0\0" + zlib.compress(profile))


def resolution_chunk(across: float, down: float) -> bytes:
    """The chunk that holds a resolution, given in pixels per inch."""
    return _chunk(b"pHYs", struct.pack(">IIB", round(across * _METRE), round(down * _METRE), 1))


def text_chunk(keyword: bytes, text: bytes) -> bytes:
    """A UTF-8 text, not compressed, under a keyword of Latin-1 letters."""
    return _chunk(b"iTXt", keyword + bytes(5) + text)


def text_of(chunk: bytes, keyword: bytes) -> bytes | None:
    """The text of what `text_chunk` made; None for any other chunk."""
    start = b"iTXt" + keyword + bytes(5)
    return chunk[4 + len(start) : -4] if chunk[4:].startswith(start) else None


def metadata_chunks(path: Path) -> list[bytes]:
    """The chunks of a PNG file that hold EXIF, texts, XMP, a colour profile or the resolution, each whole."""
    return [chunk for _, chunk in _chunks(path, _METADATA)]


def told_chunks(path: Path) -> dict[bytes, bytes]:
    """What the chunks of a PNG file say of colour, resolution and animation, by their names."""
    return {kind: chunk[8:-_CHECKSUM_BYTES] for kind, chunk in _chunks(path, _TOLD)}


def _chunks(path: Path, kinds: tuple[bytes, ...]) -> Iterator[tuple[bytes, bytes]]:
    with path.open("rb") as file:
        file.seek(_SIGNATURE_BYTES)
        while len(head := file.read(8)) == 8:
            size = int.from_bytes(head[:4], "big") + _CHECKSUM_BYTES
            if head[4:] in kinds:
                yield head[4:], head + file.read(size)
            else:
                file.seek(size, 1)


def _chunk(kind: bytes, data: bytes) -> bytes:
    body = kind + data
    return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))
