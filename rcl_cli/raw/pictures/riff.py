"""The chunks of RIFF files, WebP among them."""

from __future__ import annotations

from collections.abc import Iterator

_HEADER_BYTES = 12


def riff_chunks(data: bytes) -> dict[bytes, bytes]:
    """The contents of the chunks at the top level, by their names; of several of a name, the last.

    >>> riff_chunks(b"RIFF\\x0e\\0\\0\\0WEBPEXIF\\1\\0\\0\\0x\\0")
    {b'EXIF': b'x'}
    """
    return dict(riff_parts(data))


def riff_parts(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The name and content of each chunk at the top level, in order."""
    at = _HEADER_BYTES
    while at + 8 <= len(data):
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        yield data[at : at + 4], data[at + 8 : at + 8 + size]
        at += 8 + size + size % 2
