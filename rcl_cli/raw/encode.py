"""TIFF and JPEG files from arrays of values, each with camera, orientation, exposure and note inside."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from rcl_cli.raw.exif_block import EXIF_POINTER, exif_block, naming_entries, shot_entries
from rcl_cli.raw.frame import Metadata
from rcl_cli.raw.ifd import HEADER, directory, longs, packet, shorts
from rcl_cli.raw.record import Record
from rcl_cli.raw.xmp import XMP_TAG, jpeg_segment

JPEG_QUALITY = 95

_STRIP_OFFSETS = 273


def write_tiff(path: Path, values: NDArray[Any], metadata: Metadata, orientation: int, record: Record | None) -> None:
    """(H, W, 3) uint8, uint16 or float32 as one uncompressed strip; `record`: what made it."""
    height, width, _ = values.shape
    bits = 8 * values.dtype.itemsize
    entries = [
        longs(256, width),
        longs(257, height),
        shorts(258, bits, bits, bits),  # BitsPerSample
        shorts(259, 1),  # Compression: none
        shorts(262, 2),  # PhotometricInterpretation: RGB
        shorts(274, orientation),
        shorts(277, 3),  # SamplesPerPixel
        longs(278, height),  # RowsPerStrip
        longs(279, values.nbytes),  # StripByteCounts
        shorts(284, 1),  # PlanarConfiguration: chunky
        shorts(339, *[3 if values.dtype.kind == "f" else 1] * 3),  # SampleFormat
        *naming_entries(metadata, record.words if record else ""),
        *([packet(XMP_TAG, record.packet())] if record else []),
    ]
    exif_at = len(HEADER) + len(directory([*entries, longs(EXIF_POINTER, 0), longs(_STRIP_OFFSETS, 0)], len(HEADER)))
    exif = directory(shot_entries(metadata), exif_at)
    pointers = [longs(EXIF_POINTER, exif_at), longs(_STRIP_OFFSETS, exif_at + len(exif))]
    with path.open("wb") as file:
        file.write(HEADER + directory([*entries, *pointers], len(HEADER)) + exif)
        np.ascontiguousarray(values, values.dtype.newbyteorder("<")).tofile(file)


def encode_jpeg(values: NDArray[np.uint8], metadata: Metadata, orientation: int, record: Record | None) -> bytes:
    """(H, W, 3) uint8, with an EXIF segment, colours not subsampled; `record`: what made it, as XMP."""
    options = [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY]
    options += [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444]
    jpeg = cv2.imencode(".jpg", np.ascontiguousarray(values[..., ::-1]), options)[1].tobytes()
    exif = b"Exif\0\0" + exif_block(metadata, orientation, record.words if record else "")
    segment = b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif
    return jpeg[:2] + segment + (jpeg_segment(record.packet()) if record else b"") + jpeg[2:]
