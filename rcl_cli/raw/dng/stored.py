"""The pixels of DNGs that are decoded without LibRaw: all of them, in the order in which the sensor has them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

from rcl_cli.errors import FileError
from rcl_cli.raw.pictures.claims import refuse_oversize
from rcl_cli.raw.tags.tiff_tags import TiffTags, directories, raw_page

Decode = Callable[[tifffile.TiffPage], NDArray[Any]]


def stored_pixels(path: Path, bytes_each: int, decode: Decode) -> NDArray[Any]:
    """(H, W, S) of the raw of full size, as `decode` gives them of its page; each takes `bytes_each`.

    Raises FileError if it is damaged.
    """
    try:
        with tifffile.TiffFile(path) as tiff:
            page = raw_page(directories(tiff))
            if page is None:
                raise ValueError("no raw")
            # A tile is decoded in full, however little of it is in the picture.
            width, height = max(page.imagewidth, page.tilewidth), max(page.imagelength, page.tilelength)
            refuse_oversize(path, width, height, bytes_each * page.samplesperpixel)
            shape = page.imagelength, page.imagewidth, page.samplesperpixel
            if 0 in shape:
                raise ValueError("no pixels")
            return decode(page).reshape(shape)
    except OSError as error:
        raise FileError(path, f"cannot be read ({error.strerror})") from error
    except (FileError, MemoryError):
        raise
    except Exception as error:  # each codec has its own errors for damaged files
        raise FileError(path, "holds damaged pixel data; copy it from the card again") from error


def in_order(stored: NDArray[Any], tags: TiffTags) -> NDArray[Any]:
    """(H, W, S) as on the sensor, of pixels that may be stored in fields.

    With a RowInterleaveFactor of n, rows 0, n, 2n, … are stored first, then 1, n + 1, … and so on (DNG specification
    1.7); with a ColumnInterleaveFactor likewise columns. JPEG XL is given the colours of a mosaic side by side so.
    """
    for axis, name in enumerate(("RowInterleaveFactor", "ColumnInterleaveFactor")):
        length = stored.shape[axis]
        fields = min(int(tags.raw_numbers(name).max(initial=1)), length)
        if fields > 1:
            places = np.concatenate([np.arange(field, length, fields) for field in range(fields)])
            stored = np.take(stored, np.argsort(places), axis=axis)
    return stored
