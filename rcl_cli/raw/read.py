"""Decode a file into a frame: any Bayer phase or X-Trans, linear raws and RGB pictures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import rawpy
from numpy.typing import NDArray

from rcl_cli.errors import FileError, RclError
from rcl_cli.raw.cfa import CFA
from rcl_cli.raw.format import FileFormat, get_format
from rcl_cli.raw.frame import RawFrame, RgbFrame
from rcl_cli.raw.libraw import open_raw
from rcl_cli.raw.metadata import raw_metadata
from rcl_cli.raw.optical_black import OpticalBlack, measure_optical_black
from rcl_cli.raw.read_rgb import read_rgb
from rcl_cli.raw.sniff import RAW_SUFFIXES, Kind, identify
from rcl_cli.raw.tiff_tags import LINEAR_RAW, TiffTags

Planes = tuple[float, float, float, float]

_MOST_PIXELS_PER_BYTE = 256
"""More than any compression reaches."""
_WINDOW = 12
"""Pixels along each side over which the pattern must repeat."""
_LEAST_SIGNAL = 0.01
"""Smallest share of pixels that are not zero in a file that was not damaged."""


def read_frame(path: Path | str, *, linear: bool = False) -> RawFrame | RgbFrame:
    """Read one file, told apart by its content: a raw as its mosaic, anything else as RGB.

    linear: keep the values of an RGB picture as they are, instead of decoding them by the sRGB curve.
    Raises FileError if the file is missing, damaged, not a picture, or a raw of a kind that has no Bayer or X-Trans
    mosaic and no linear RGB.
    """
    path = Path(path)
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
    if kind.is_rgb and named_raw:
        raise FileError(path, f"is a {kind.value} picture with the name of a raw; rename it to use it as a picture")
    if kind.is_rgb:
        return read_rgb(path, found, linear=linear)
    if named_raw:
        raise FileError(
            path,
            "has no header that tells its size, colour filter pattern and levels; convert it to DNG first",
        )
    raise FileError(path, "is neither a raw nor a picture that can be read (PNG, JPEG, TIFF)")


def _read_plugged(plugged: FileFormat, path: Path, *, linear: bool) -> RawFrame | RgbFrame:
    try:
        frame = plugged.read(path, linear=linear)
    except (RclError, OSError):
        raise
    except Exception as error:  # whatever a plugin brings about, it is this file's alone
        raise FileError(path, f"cannot be read as {plugged.name}: {' '.join(str(error).split())}") from error
    if not isinstance(frame, RawFrame | RgbFrame):
        raise FileError(path, f"cannot be read: the format {plugged.name} gave a {type(frame).__name__}, no frame")
    return frame


def _read_raw(path: Path, tags: TiffTags) -> RawFrame | RgbFrame:
    _refuse_cut_dng(path, tags)
    with open_raw(path) as raw:
        if raw.raw_type != rawpy.RawType.Flat:
            return _read_planes(path, raw, tags)
        cfa = _cfa(path, raw)
        mosaic = np.array(raw.raw_image_visible, np.uint16)
        _refuse_zeros(path, mosaic)
        black = _tagged_black_levels(tags, cfa) or _black_levels(raw, cfa)
        if raw.white_level <= max(black):
            raise FileError(path, f"claims a white level of {raw.white_level} at a black level of {max(black):g}")
        white = float(raw.white_level)
        metadata = raw_metadata(path, raw, tags)
        return RawFrame(mosaic, cfa, black, white, metadata, _optical_black(raw, cfa, black, white))


def _optical_black(raw: rawpy.RawPy, cfa: CFA, black: Planes, white: float) -> OpticalBlack | None:
    sizes, whole = raw.sizes, raw.raw_image
    if whole.shape == raw.raw_image_visible.shape:
        return None
    planes = cfa.shifted(-sizes.top_margin, -sizes.left_margin).planes(*whole.shape)
    visible = (sizes.top_margin, sizes.left_margin, sizes.height, sizes.width)
    return measure_optical_black(whole, planes, visible, float(np.mean(black)), white)


def _cfa(path: Path, raw: rawpy.RawPy) -> CFA:
    if raw.num_colors == 1 or raw.raw_pattern is None:
        raise FileError(path, "is a monochrome raw, without colour filters; only Bayer, X-Trans and RGB are supported")
    letters = raw.color_desc.decode()
    period = 6 if raw.raw_pattern.shape[0] == 6 else 2
    window = ["".join(letters[color] for color in row) for row in raw.raw_colors_visible[:_WINDOW, :_WINDOW]]
    repeated = [(window[y % period][:period] * _WINDOW)[:_WINDOW] for y in range(_WINDOW)]
    try:
        if window != repeated:
            raise ValueError("not periodic")
        return CFA(tuple(row[:period] for row in window[:period]))
    except ValueError:
        reason = "has a colour filter pattern other than Bayer or X-Trans, which is not supported"
        raise FileError(path, reason) from None


def _tagged_black_levels(tags: TiffTags, cfa: CFA) -> Planes | None:
    # LibRaw keeps a DNG's black levels of X-Trans in a pattern of its own, which rawpy does not show.
    levels = tags.numbers("BlackLevel") if cfa.period == 6 else np.empty(0)
    if levels.size != 36:
        return None
    planes = cfa.planes(6, 6).ravel()
    red, green, blue = (float(levels[planes == plane].mean()) for plane in (0, 1, 3))
    return red, green, green, blue


def _black_levels(raw: rawpy.RawPy, cfa: CFA) -> Planes:
    # LibRaw numbers colours R, G, B, second G; which of the two greens sits in the red rows depends on the phase.
    levels = raw.black_level_per_channel
    if cfa.period == 6:
        return float(levels[0]), float(levels[1]), float(levels[1]), float(levels[2])
    planes, colors = cfa.planes(2, 2), raw.raw_colors_visible[:2, :2]
    gr, gb = (int(colors[planes == plane][0]) for plane in (1, 2))
    return float(levels[0]), float(levels[gr]), float(levels[gb]), float(levels[2])


def _read_planes(path: Path, raw: rawpy.RawPy, tags: TiffTags) -> RgbFrame:
    if LINEAR_RAW not in tags.photometric or raw.num_colors != 3:
        reason = "holds three layers (Foveon, sRAW or the like), no mosaic and no linear DNG; this is not supported"
        raise FileError(path, reason)
    values = np.array(raw.raw_image_visible[..., :3])
    _refuse_zeros(path, values)
    black = np.asarray(raw.black_level_per_channel[:3], np.float32)
    rgb = (values.astype(np.float32) - black) / (np.float32(raw.white_level) - black)
    return RgbFrame(rgb, "linear", 16, camera_rgb=True, metadata=raw_metadata(path, raw, tags))


def _refuse_cut_dng(path: Path, tags: TiffTags) -> None:
    # LibRaw fills the missing part of a compressed DNG with whatever was in memory, and says nothing.
    if tags.dng and (tags.raw_end > path.stat().st_size or tags.raw_bytes * _MOST_PIXELS_PER_BYTE < tags.raw_pixels):
        raise FileError(path, "is cut short or emptied: pixel data is missing; copy it from the card again")


def _refuse_zeros(path: Path, values: NDArray[np.uint16]) -> None:
    if np.count_nonzero(values) < _LEAST_SIGNAL * values.size:
        raise FileError(path, "decodes to almost nothing but zeros; its pixel data is missing or damaged")
