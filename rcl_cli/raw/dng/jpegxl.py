"""The pixels of DNGs compressed by JPEG XL, as phones and Adobe's programs write them; LibRaw does not decode them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

from rcl_cli.errors import FileError
from rcl_cli.raw.dng.levels import floating_point
from rcl_cli.raw.dng.stored import stored_pixels
from rcl_cli.raw.tags.tiff_tags import TiffTags

_COMPRESSIONS = (52546, 50002)
"""DNG's, and that of TIFF."""


def is_jpegxl(tags: TiffTags) -> bool:
    """True for a DNG whose raw is of whole numbers compressed by JPEG XL."""
    known = bool(np.isin(tags.raw_numbers("Compression"), _COMPRESSIONS).any())
    return tags.dng and known and not floating_point(tags)


def jpegxl_pixels(path: Path, tags: TiffTags) -> NDArray[np.uint16]:
    """(H, W, S) of the raw of full size, as stored, by the file's LinearizationTable where it has one.

    Raises FileError if it is damaged, or of more than 16 bits.
    """
    values = stored_pixels(path, 2, _values)
    if values.dtype not in (np.uint8, np.uint16):
        raise FileError(path, f"holds JPEG XL of {8 * values.dtype.itemsize} bits, which is not supported")
    table = tags.raw_numbers("LinearizationTable")
    if table.size == 0:
        return values.astype(np.uint16, copy=False)
    # What is beyond the table is its last value.
    longer = np.pad(table, (0, max(0, np.iinfo(np.uint16).max + 1 - table.size)), mode="edge")
    return np.take(np.clip(longer, 0, np.iinfo(np.uint16).max).astype(np.uint16), values)


def _values(page: tifffile.TiffPage) -> NDArray[Any]:
    return page.asarray(maxworkers=os.cpu_count())
