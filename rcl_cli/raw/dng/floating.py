"""The pixels of floating-point DNGs, as programs that merge exposures write them.

Not by LibRaw: it gives 0 for values of 16 bits and noise for those compressed without its predictor, knows few layouts,
and takes the brightest value for white where it is above the white level.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import tifffile
from numpy.typing import NDArray

from rcl_cli.errors import FileError
from rcl_cli.raw.levels import Levels
from rcl_cli.raw.pictures.claims import refuse_oversize
from rcl_cli.raw.tags.tiff_tags import directories, raw_page

_LARGEST = 65535
_MOST_ABOVE_WHITE = 4.0
"""Times the white level: what is brighter is cut there, so that 14 of 16 bits are left to what is below."""


def float_pixels(path: Path) -> NDArray[np.float32]:
    """(H, W, S) of the raw of full size. Raises FileError if it is damaged, or holds what are no numbers."""
    try:
        with tifffile.TiffFile(path) as tiff:
            page = raw_page(directories(tiff))
            if page is None:
                raise ValueError("no raw")
            # A tile is decoded in full, however little of it is in the picture.
            width, height = max(page.imagewidth, page.tilewidth), max(page.imagelength, page.tilelength)
            refuse_oversize(path, width, height, 4 * page.samplesperpixel)
            shape = page.imagelength, page.imagewidth, page.samplesperpixel
            values = page.asarray(maxworkers=1).reshape(shape).astype(np.float32)
    except OSError as error:
        raise FileError(path, f"cannot be read ({error.strerror})") from error
    except (FileError, MemoryError):
        raise
    except Exception as error:  # each codec has its own errors for damaged files
        raise FileError(path, "holds damaged pixel data; copy it from the card again") from error
    if not np.isfinite(values).all():
        raise FileError(path, "holds values that are not numbers (NaN or infinite)")
    return values


def whole_numbers(values: NDArray[np.float32], levels: Levels) -> tuple[NDArray[np.uint16], Levels]:
    """(H, W) as 16 bits, with what is below 0 and above the white level, and the levels in their units."""
    white = float(levels.white[0])
    lowest = min(0.0, float(values.min()))
    highest = max(white, min(float(values.max()), _MOST_ABOVE_WHITE * white))
    factor = _LARGEST / (highest - lowest)
    scaled = np.rint((values - np.float32(lowest)) * np.float32(factor))
    moved = Levels(levels.pattern - lowest, levels.white - lowest, levels.rows, levels.columns)
    return np.clip(scaled, 0, _LARGEST).astype(np.uint16), moved.scaled(factor)
