"""Raws that LibRaw does not decode, and why, in words that its own errors have not."""

from __future__ import annotations

from pathlib import Path

from tifffile import COMPRESSION

from rcl_cli.raw.cut import why_cut_short
from rcl_cli.raw.dng.sensor import area_on
from rcl_cli.raw.tags.tiff_tags import TiffTags

_LEAST_SIDE = 22
"""Pixels that LibRaw takes for a raw."""
_DECODED = frozenset([1, 7, 34892])
"""What LibRaw knows of the compressions of a DNG of whole numbers: none, JPEG and lossy JPEG."""
_NAMES = {8: "DEFLATE", 9: "VC-5, as GoPro's cameras write it", 34712: "JPEG 2000"}


def why_undecodable(path: Path, tags: TiffTags) -> str:
    """Why LibRaw fails on a file with these tags: it is cut short, tiny, without the area that it claims, or compressed
    as LibRaw does not know.

    "" where it is none of that.
    """
    return why_cut_short(path, tags) or _size(tags) or _compressed(tags)


def _size(tags: TiffTags) -> str:
    width, height = (int(next(iter(tags.raw_numbers(name)), 0)) for name in ("ImageWidth", "ImageLength"))
    if tags.dng and min(width, height) >= _LEAST_SIDE:
        area = area_on(tags, height, width)
        if isinstance(area, str):
            return area
        _, _, height, width = area
    if not 0 < min(width, height) < _LEAST_SIDE:
        return ""
    return f"is a raw of {width} by {height} pixels; LibRaw decodes those of {_LEAST_SIDE} and more on each side"


def _compressed(tags: TiffTags) -> str:
    compression = int(next(iter(tags.raw_numbers("Compression")), 1))
    if not tags.dng or compression in _DECODED:
        return ""
    return f"is compressed by {_name(compression)}, which LibRaw does not decode; convert it by Adobe's DNG Converter"


def _name(compression: int) -> str:
    try:
        return _NAMES.get(compression) or COMPRESSION(compression).name
    except ValueError:
        return f"method {compression}"
