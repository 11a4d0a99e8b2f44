"""What a DNG's tags say of its sensor: the area that sees the picture, the filters over it, black and white levels.

LibRaw decodes DNGs well, but cuts odd areas one pixel short, shifts patterns, and averages or drops what varies.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import rawpy
from numpy.typing import NDArray

from rcl_cli.errors import FileError
from rcl_cli.raw.cfa import CFA
from rcl_cli.raw.dng.floating import whole_numbers
from rcl_cli.raw.dng.levels import dng_levels
from rcl_cli.raw.dng.masked_areas import masked_black
from rcl_cli.raw.dng.polynomials import is_mapped, mapped
from rcl_cli.raw.levels import Levels, normalized_samples
from rcl_cli.raw.sensor import Area, Crop, Sensor, libraw_area, libraw_cfa, refuse_monochrome, unsupported_pattern
from rcl_cli.raw.tags.tiff_tags import TiffTags

_RECTANGULAR = 1
_LETTERS = "RGB"
_LARGEST_ASPECT = 8.0
_SQUARE = 0.005
_LOSSY_JPEG = 34892
_PLANES_APART = 2


def describes(tags: TiffTags, decoded: tuple[int, ...]) -> bool:
    """True for a DNG whose tags are of the picture that LibRaw decoded, (H, W) or (H, W, C)."""
    size = [next(iter(tags.raw_numbers(name)), 0.0) for name in ("ImageLength", "ImageWidth")]
    return tags.dng and size == list(decoded[:2])


def dng_sensor(path: Path, raw: rawpy.RawPy, tags: TiffTags) -> Sensor:
    """The sensor of a mosaic that LibRaw decoded. Raises FileError for what is not supported or contradicts itself."""
    refuse_monochrome(path, raw)
    refuse_interleaved(path, tags)
    area = active_area(path, tags, *raw.raw_image.shape)
    top, left, height, width = area
    cfa = filters(path, tags)
    if cfa is None:
        visible = libraw_area(raw)
        cfa = libraw_cfa(path, raw).shifted(top - visible[0], left - visible[1])
    # Of several values a pixel LibRaw takes the first.
    told = next(iter(tags.raw_numbers("SamplesPerPixel")), 1.0)
    samples = max(1, int(np.nan_to_num(told, nan=1.0, posinf=1.0, neginf=1.0)))
    levels = dng_levels(path, tags, area, samples, cfa)
    return _with_masked_black(path, tags, raw.raw_image, Sensor(area, cfa, levels, default_crop(tags, height, width)))


def dng_planes(path: Path, raw: rawpy.RawPy, tags: TiffTags) -> tuple[Area, Levels, Crop | None]:
    """The active area of a linear raw of three colours, its levels and its default crop. Errors as of `dng_sensor`."""
    decoded = np.array(raw.black_level_per_channel[:3], np.float64), np.full(3, float(raw.white_level))
    if not describes(tags, raw.raw_image.shape):
        return libraw_area(raw), Levels.flat(*decoded), None
    refuse_interleaved(path, tags)
    area = active_area(path, tags, *raw.raw_image.shape[:2])
    crop = default_crop(tags, *area[2:])
    if _LOSSY_JPEG in tags.raw_numbers("Compression"):
        # LibRaw applies the polynomials of OpcodeList2 to these, so that the tags' levels are no longer theirs.
        return area, Levels.flat(*decoded), crop
    return area, dng_levels(path, tags, area, samples=3), crop


def stored_sensor(path: Path, tags: TiffTags, values: NDArray[Any]) -> tuple[NDArray[np.uint16], Sensor]:
    """Of a mosaic as stored, (H, W), and the whole of it in 16 bits. Errors as of `dng_sensor`."""
    area = active_area(path, tags, *values.shape)
    cfa = filters(path, tags)
    if cfa is None:
        raise unsupported_pattern(path)
    levels, crop = dng_levels(path, tags, area, samples=1, cfa=cfa), default_crop(tags, *area[2:])
    if is_mapped(tags):
        top, left, height, width = area
        light = mapped(normalized_samples(values[top : top + height, left : left + width, None], levels), tags)
        mosaic, levels = whole_numbers(light[..., 0], Levels.flat(np.zeros(1), np.ones(1)))
        return mosaic, Sensor((0, 0, height, width), cfa, levels, crop)
    mosaic, levels = (values, levels) if values.dtype == np.uint16 else whole_numbers(values, levels)
    return mosaic, _with_masked_black(path, tags, mosaic, Sensor(area, cfa, levels, crop))


def _with_masked_black(path: Path, tags: TiffTags, whole: NDArray[np.uint16], sensor: Sensor) -> Sensor:
    masked = masked_black(path, tags, whole, sensor.area, sensor.cfa, sensor.levels)
    if masked is None:
        return sensor
    return replace(sensor, levels=Levels.of_planes(masked, float(sensor.levels.white[0]), sensor.cfa))


def active_area(path: Path, tags: TiffTags, height: int, width: int) -> Area:
    """The part of the (height, width) sensor that sees the picture. Raises FileError for one outside of it."""
    area = area_on(tags, height, width)
    if isinstance(area, str):
        raise FileError(path, area)
    return area


def area_on(tags: TiffTags, height: int, width: int) -> Area | str:
    """As `active_area`, or why there is none, in words."""
    values = tags.raw_numbers("ActiveArea")
    if values.size == 0:
        return 0, 0, height, width
    known = values.size == 4 and bool(np.isfinite(values).all())
    top, left, bottom, right = (int(value) for value in values) if known else (0, 0, 0, 0)
    if not (0 <= top < bottom <= height and 0 <= left < right <= width):
        told = ", ".join(f"{value:g}" for value in values) if values.size == 4 else f"{values.size} numbers"
        return f"claims an active area of {told} on a sensor of {height} by {width}; it is damaged"
    return top, left, bottom - top, right - left


def default_crop(tags: TiffTags, height: int, width: int) -> Crop | None:
    """Top, left, height and width of what is to be shown of the active area; None where that is all of it."""
    origin, size = tags.raw_numbers("DefaultCropOrigin"), tags.raw_numbers("DefaultCropSize")
    if size.size != 2 or origin.size not in (0, 2):
        return None
    left, top = origin.tolist() or (0.0, 0.0)
    w, h = size.tolist()
    fits = 0 <= top < top + h <= height and 0 <= left < left + w <= width
    return (top, left, h, w) if fits and (h, w) != (height, width) else None


def pixel_aspect(tags: TiffTags) -> float:
    """Width of a pixel over its height, from DefaultScale; 1 where they are square."""
    scale = tags.raw_numbers("DefaultScale")
    aspect = float(scale[0] / scale[1]) if scale.size == 2 and (scale > 0).all() else 1.0
    return plausible_aspect(aspect)


def plausible_aspect(aspect: float) -> float:
    """The same, but 1 for what no sensor has, and for what nobody would see."""
    return aspect if 1 / _LARGEST_ASPECT <= aspect <= _LARGEST_ASPECT and abs(aspect - 1) > _SQUARE else 1.0


def filters(path: Path, tags: TiffTags) -> CFA | None:
    """The pattern from the active area's corner on, its colours in the order of the colour planes; None if untold.

    Raises FileError for all but Bayer and X-Trans in a square grid.
    """
    if next(iter(tags.raw_numbers("CFALayout")), _RECTANGULAR) != _RECTANGULAR:
        raise FileError(path, "has its colour filters in staggered rows or columns, which is not supported")
    dimensions, pattern = tags.raw_numbers("CFARepeatPatternDim"), tags.raw_numbers("CFAPattern")
    if dimensions.size != 2 or pattern.size == 0 or pattern.size != dimensions.prod():
        return None
    colors = tags.raw_numbers("CFAPlaneColor").tolist() or [0, 1, 2]
    codes = np.reshape(pattern, (int(dimensions[0]), -1)).tolist()
    try:
        return _smallest([[_LETTERS[colors.index(code)] for code in row] for row in codes])
    except (ValueError, IndexError):
        raise unsupported_pattern(path) from None


def _smallest(letters: list[list[str]]) -> CFA:
    """The CFA of a pattern that may be given more than once. Raises ValueError if there is none."""
    pattern = np.array(letters)
    for period in (2, 6):
        window = tuple(int(np.lcm(length, period)) for length in pattern.shape)
        seen = _tiled(pattern, window)
        if np.array_equal(seen, _tiled(seen[:period, :period], window)):
            return CFA(tuple("".join(row) for row in seen[:period, :period]))
    raise ValueError("no such pattern")


def _tiled(pattern: NDArray[np.str_], shape: tuple[int, ...]) -> NDArray[np.str_]:
    return np.tile(pattern, [length // size for length, size in zip(shape, pattern.shape, strict=True)])


def refuse_interleaved(path: Path, tags: TiffTags) -> None:
    """Raise FileError for pixels stored out of order, which LibRaw leaves so, and for planes stored apart."""
    _refuse_out_of_order(path, tags, "RowInterleaveFactor", "ColumnInterleaveFactor")
    refuse_apart(path, tags)


def refuse_apart(path: Path, tags: TiffTags) -> None:
    """Raise FileError for blocks of pixels stored out of order, and for planes stored apart."""
    _refuse_out_of_order(path, tags, "SubTileBlockSize")
    if _PLANES_APART in tags.raw_numbers("PlanarConfiguration") and (tags.raw_numbers("SamplesPerPixel") > 1).any():
        raise FileError(path, "has its colour planes stored one after the other, which is not supported")


def _refuse_out_of_order(path: Path, tags: TiffTags, *names: str) -> None:
    for name in names:
        if (tags.raw_numbers(name) > 1).any():
            raise FileError(path, f"has its pixels stored out of order ({name}), which is not supported")
