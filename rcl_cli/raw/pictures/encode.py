"""TIFF, PNG and JPEG files from values, with shot, orientation, resolution, profile and note inside."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np

from rcl_cli.raw.frame import Metadata
from rcl_cli.raw.pictures.coded import Coded
from rcl_cli.raw.pictures.png import exif_chunk, profile_chunk, resolution_chunk, text_chunk
from rcl_cli.raw.pictures.recoded import jpeg_stream
from rcl_cli.raw.record import Record
from rcl_cli.raw.tags.exif_block import exif_block, naming_entries, required_exif, required_first, shot_block
from rcl_cli.raw.tags.ifd import HEADER, directory, longs, packet, shorts, undefined
from rcl_cli.raw.tags.xmp import PNG_KEYWORD, XMP_TAG, jpeg_segment

_STRIP_OFFSETS = 273
_LARGEST_PIECE = 65_519
"""Bytes of a profile in one JPEG segment."""
_JFIF_DENSITY = 13
"""Offset of unit, across and down in a file that starts with a JFIF segment."""


def write_tiff(path: Path, coded: Coded, metadata: Metadata, record: Record | None) -> None:
    """Values as one uncompressed strip; `record`: what made it."""
    values = coded.values
    height, width, samples = values.shape
    extra = [] if coded.alpha is None else [shorts(338, coded.alpha)]  # ExtraSamples
    entries = [
        longs(256, width),
        longs(257, height),
        shorts(258, *[8 * values.dtype.itemsize] * samples),  # BitsPerSample
        shorts(259, 1),  # Compression: none
        shorts(262, 2 if samples - len(extra) == 3 else 1),  # PhotometricInterpretation: RGB, or grey with black at 0
        shorts(274, coded.orientation),
        shorts(277, samples),  # SamplesPerPixel
        longs(278, height),  # RowsPerStrip
        longs(279, values.nbytes),  # StripByteCounts
        shorts(284, 1),  # PlanarConfiguration: chunky
        *extra,
        shorts(339, *[3 if values.dtype.kind == "f" else 1] * samples),  # SampleFormat
        *naming_entries(metadata, record.words if record else ""),
        *required_first(metadata),
        *([packet(XMP_TAG, record.packet())] if record else []),
        *([undefined(34675, coded.profile)] if coded.profile else []),  # ICCProfile
    ]
    required = required_exif(height, width, srgb=not coded.profile and values.dtype.kind != "f")
    pointers = [*shot_block(metadata, 0, required)[0], longs(_STRIP_OFFSETS, 0)]
    exif_at = len(HEADER) + len(directory([*entries, *pointers], len(HEADER)))
    pointers, exif = shot_block(metadata, exif_at, required)
    pointers.append(longs(_STRIP_OFFSETS, exif_at + len(exif)))
    with path.open("wb") as file:
        file.write(HEADER + directory([*entries, *pointers], len(HEADER)) + exif)
        np.ascontiguousarray(values, values.dtype.newbyteorder("<")).tofile(file)


def png_chunks(coded: Coded, metadata: Metadata, record: Record | None) -> list[bytes]:
    """The chunks of a PNG that hold its profile, resolution, shot and note."""
    exif = exif_block(metadata, coded.orientation, record.words if record else "")
    return [
        *([profile_chunk(coded.profile)] if coded.profile else []),
        *([resolution_chunk(*metadata.resolution)] if metadata.resolution else []),
        exif_chunk(exif),
        *([text_chunk(PNG_KEYWORD, record.packet())] if record else []),
    ]


def encode_jpeg(coded: Coded, metadata: Metadata, record: Record | None) -> bytes:
    """Grey or RGB values of 8 bits (`jpeg_stream`), with an EXIF segment; `record`: what made it, as XMP."""
    jpeg = bytearray(jpeg_stream(coded.values, metadata.path))
    if metadata.resolution is not None and jpeg[6:11] == b"JFIF\0":
        across, down = (min(max(round(value), 1), 65535) for value in metadata.resolution)
        struct.pack_into(">BHH", jpeg, _JFIF_DENSITY, 1, across, down)
    height, width = coded.values.shape[:2]
    exif_tags = required_exif(height, width, srgb=not coded.profile, jpeg=True)
    required = required_first(metadata, jpeg=True), exif_tags
    exif = b"Exif\0\0" + exif_block(metadata, coded.orientation, record.words if record else "", *required)
    segments = [
        _segment(0xE1, exif),
        jpeg_segment(record.packet()) if record else b"",
        *_profile_segments(coded.profile),
    ]
    return b"".join([jpeg[:2], *segments, jpeg[2:]])


def _profile_segments(profile: bytes) -> list[bytes]:
    pieces = [profile[at : at + _LARGEST_PIECE] for at in range(0, len(profile), _LARGEST_PIECE)]
    return [
        _segment(0xE2, b"ICC_PROFILE\0" + bytes([number, len(pieces)]) + piece)
        for number, piece in enumerate(pieces, start=1)
    ]


def _segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body
