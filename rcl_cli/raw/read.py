"""Decode a file into a frame: any Bayer phase or X-Trans, linear raws and RGB pictures."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import rawpy
from numpy.typing import NDArray

from rcl_cli.errors import FileError
from rcl_cli.plugins.faults import PluginFault
from rcl_cli.raw.cut import why_cut_short
from rcl_cli.raw.dng.floating import float_pixels
from rcl_cli.raw.dng.jpegxl import is_jpegxl, jpegxl_pixels
from rcl_cli.raw.dng.levels import dng_levels, floating_point
from rcl_cli.raw.dng.polynomials import is_mapped, mapped
from rcl_cli.raw.dng.sensor import (
    active_area,
    default_crop,
    describes,
    dng_planes,
    dng_sensor,
    refuse_apart,
    stored_sensor,
)
from rcl_cli.raw.dng.stored import in_order
from rcl_cli.raw.format import FileFormat, get_format
from rcl_cli.raw.frame import Metadata, RawFrame, RgbFrame
from rcl_cli.raw.levels import Levels, even_black, normalized_samples
from rcl_cli.raw.libraw import open_raw
from rcl_cli.raw.metadata import raw_metadata, tagged_metadata
from rcl_cli.raw.optical_black import measure_optical_black
from rcl_cli.raw.pictures.read import read_rgb
from rcl_cli.raw.sensor import Sensor, libraw_sensor
from rcl_cli.raw.sniff import RAW_SUFFIXES, Kind, identify
from rcl_cli.raw.tags.tiff_tags import LINEAR_RAW, TiffTags
from rcl_cli.raw.undecodable import why_undecodable
from rcl_cli.raw.unread import others_unread, say_unread
from rcl_cli.raw.zeroed import say_zeroed

_MOST_PIXELS_PER_BYTE = 256
"""More than any compression reaches."""
_LEAST_SPAN = 1e-3
"""DN from black to white; some files have values from 0 to 1."""
_LEAST_SIGNAL = 0.01
"""Smallest share of pixels that are not zero in a file that was not damaged."""
_FAR_BELOW = 0.05
"""Of the range, below black: further than the noise of any sensor takes most of a picture."""


def read_frame(path: Path | str, *, linear: bool = False) -> RawFrame | RgbFrame:
    """Read one file, told apart by its content: a raw as its mosaic, anything else as RGB.

    linear: keep the values of an RGB picture as they are, instead of decoding them by the sRGB curve.
    Raises FileError if the file is missing, damaged, not a picture, too large for the memory, or a raw of a kind that
    has no Bayer or X-Trans mosaic and no linear RGB.
    """
    path = Path(path)
    try:
        return _read(path, linear)
    except MemoryError as error:
        raise FileError(path, "needs more memory than there is") from error


def _read(path: Path, linear: bool) -> RawFrame | RgbFrame:
    found = identify(path)
    kind = found.kind
    if kind is Kind.RAW:
        return _read_raw(path, found.tags)
    if kind is Kind.EMPTY:
        raise FileError(path, "is empty")
    plugged = get_format(path.suffix.lower()[1:]) if kind is Kind.UNKNOWN else None
    if plugged is not None:
        return _read_plugged(plugged, path, linear=linear)
    named_raw = path.suffix.lower() in RAW_SUFFIXES
    if kind is Kind.TIFF and named_raw and (cut := why_cut_short(path, found.tags)):
        raise FileError(path, cut)
    if kind.is_rgb and named_raw:
        raise FileError(path, f"is a {kind.value} picture with the name of a raw; rename it to use it as a picture")
    if kind.is_rgb:
        return read_rgb(path, found, linear=linear)
    if named_raw:
        raise FileError(
            path,
            "has no header that tells its size, colour filter pattern and levels; convert it to DNG first",
        )
    raise FileError(path, "is neither a raw nor a picture that can be read (PNG, JPEG, TIFF, WebP, OpenEXR)")


def _read_plugged(plugged: FileFormat, path: Path, *, linear: bool) -> RawFrame | RgbFrame:
    try:
        frame = plugged.read(path, linear=linear)
    except PluginFault as error:  # whatever a plugin brings about, it is this file's alone
        if isinstance(error.__cause__, OSError):
            raise error.__cause__ from error
        raise FileError(path, f"cannot be read as {plugged.name}: {error}") from error
    if not isinstance(frame, RawFrame | RgbFrame):
        raise FileError(path, f"cannot be read: the format {plugged.name} gave a {type(frame).__name__}, no frame")
    return frame


def _read_raw(path: Path, tags: TiffTags) -> RawFrame | RgbFrame:
    _refuse_cut(path, tags)
    say_unread(path, others_unread(tags.raws, "exposures"))
    if is_jpegxl(tags) or (tags.dng and floating_point(tags)):
        return _read_stored(path, tags)
    with open_raw(path, lambda: why_undecodable(path, tags)) as raw:
        if raw.raw_type != rawpy.RawType.Flat:
            return _read_planes(path, raw, tags)
        told = describes(tags, raw.raw_image.shape)
        sensor = dng_sensor(path, raw, tags) if told else libraw_sensor(path, raw)
        top, left, height, width = sensor.area
        mosaic = np.array(raw.raw_image[top : top + height, left : left + width], np.uint16)
        return _with_border(_frame(path, mosaic, sensor, raw_metadata(path, raw, tags)), mosaic, raw.raw_image, sensor)


def _frame(path: Path, mosaic: NDArray[np.uint16], sensor: Sensor, metadata: Metadata) -> RawFrame:
    """Of the visible area, (H, W)."""
    _refuse_zeros(path, mosaic)
    say_zeroed(path, mosaic)
    evened, black = even_black(mosaic, sensor.cfa, sensor.levels)
    white = float(sensor.levels.white[0])
    _refuse_levels(path, max(black), white)
    _refuse_dark(path, evened, min(black), white)
    return RawFrame(evened, sensor.cfa, black, white, replace(metadata, default_crop=sensor.crop))


def _with_border(frame: RawFrame, mosaic: NDArray[np.uint16], whole: NDArray[np.uint16], sensor: Sensor) -> RawFrame:
    """With what the border around it says; `mosaic`: the visible area of `whole`, before black was evened out."""
    top, left, height, width = sensor.area
    if frame.mosaic is not mosaic or whole.shape == (height, width):
        return frame
    planes = sensor.cfa.shifted(-top, -left).planes(*whole.shape)
    black = float(np.mean(frame.black_level))
    return replace(frame, optical_black=measure_optical_black(whole, planes, sensor.area, black, frame.white_level))


def _read_planes(path: Path, raw: rawpy.RawPy, tags: TiffTags) -> RgbFrame:
    if LINEAR_RAW not in tags.photometric:
        reason = "holds three layers (Foveon, sRAW or the like), no mosaic and no linear DNG; this is not supported"
        raise FileError(path, reason)
    _refuse_samples(path, raw.num_colors)
    (top, left, height, width), levels, crop = dng_planes(path, raw, tags)
    values = np.array(raw.raw_image[top : top + height, left : left + width, :3])
    return _linear_frame(path, values, levels, replace(raw_metadata(path, raw, tags), default_crop=crop))


def _read_stored(path: Path, tags: TiffTags) -> RawFrame | RgbFrame:
    """Of a DNG whose pixels LibRaw does not decode, or not well."""
    refuse_apart(path, tags)
    whole = in_order(jpegxl_pixels(path, tags) if is_jpegxl(tags) else float_pixels(path), tags)
    metadata = tagged_metadata(path, tags)
    samples = whole.shape[2]
    if samples == 1 and tags.raw_numbers("PhotometricInterpretation") != LINEAR_RAW:
        mosaic, sensor = stored_sensor(path, tags, whole[..., 0])
        top, left, height, width = sensor.area
        visible = mosaic[top : top + height, left : left + width].copy()
        return _with_border(_frame(path, visible, sensor, metadata), visible, mosaic, sensor)
    _refuse_samples(path, samples)
    top, left, height, width = area = active_area(path, tags, *whole.shape[:2])
    values = whole[top : top + height, left : left + width]
    crop = default_crop(tags, height, width)
    frame = _linear_frame(path, values, dng_levels(path, tags, area, samples), replace(metadata, default_crop=crop))
    return replace(frame, rgb=mapped(frame.rgb, tags)) if is_mapped(tags) else frame


def _linear_frame(path: Path, values: NDArray[Any], levels: Levels, metadata: Metadata) -> RgbFrame:
    """Of the visible area, (H, W, 3)."""
    height, width, _ = values.shape
    _refuse_zeros(path, values)
    say_zeroed(path, values)
    for sample, (black, white) in enumerate(zip(levels.highest(height, width), levels.white, strict=True)):
        _refuse_levels(path, black, white)
        _refuse_dark(path, values[..., sample], black, white)
    rgb = normalized_samples(values, levels)
    return RgbFrame(rgb, "linear", 16, camera_rgb=True, metadata=metadata)


def _refuse_cut(path: Path, tags: TiffTags) -> None:
    # LibRaw fills the missing part with whatever was in memory, and says nothing.
    if tags.raw_end > path.stat().st_size:
        raise FileError(path, why_cut_short(path, tags))
    if tags.dng and tags.raw_bytes * _MOST_PIXELS_PER_BYTE < tags.raw_pixels:
        raise FileError(path, "is emptied: its pixel data is missing; copy it from the card again")


def _refuse_levels(path: Path, black: float, white: float) -> None:
    if not white - black >= _LEAST_SPAN:
        raise FileError(path, f"claims a white level of {white:g} at a black level of {black:g}")


def _refuse_samples(path: Path, samples: int) -> None:
    if samples != 3:
        raise FileError(path, f"holds {samples} values a pixel; of linear DNGs only those of three are supported")


def _refuse_dark(path: Path, values: NDArray[Any], black: float, white: float) -> None:
    least = black - _FAR_BELOW * (white - black)
    if np.count_nonzero(values < least) > (1 - _LEAST_SIGNAL) * values.size:
        raise FileError(path, f"claims a black level of {black:g}, but nearly all of its values are far below that")


def _refuse_zeros(path: Path, values: NDArray[Any]) -> None:
    if np.count_nonzero(values) < _LEAST_SIGNAL * values.size:
        raise FileError(path, "decodes to almost nothing but zeros; its pixel data is missing or damaged")
