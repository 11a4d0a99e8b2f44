"""TIFF pictures: which of a file's pages is the picture, and its values (TIFF 6.0; Adobe's technical notes)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray
from tifffile import COMPRESSION, PHOTOMETRIC, TiffPage

from rcl_cli.errors import FileError
from rcl_cli.raw.pictures.claims import MOST_DEFLATED, refuse_oversize, refuse_unheld
from rcl_cli.raw.pictures.cmyk import cmyk_to_rgb
from rcl_cli.raw.pictures.decoded import Decoded, per_inch
from rcl_cli.raw.pictures.jpeg_damage import frame_size
from rcl_cli.raw.pictures.stored import UNSPECIFIED, Alpha
from rcl_cli.raw.tags.tiff_tags import directories
from rcl_cli.raw.unread import others_unread

_MOST_VALUES_PER_BYTE = 100_000
"""More than a blank picture has in any compression."""
_MOST_UNPACKED: dict[int, int] = {
    COMPRESSION.NONE: 1,
    COMPRESSION.PACKBITS: 64,
    COMPRESSION.LZW: 2731,
    **dict.fromkeys((COMPRESSION.DEFLATE, COMPRESSION.ADOBE_DEFLATE), MOST_DEFLATED),
}
"""Bytes that one stands for at most, where the method sets a limit."""

_COLORS = {
    PHOTOMETRIC.MINISWHITE: 1,
    PHOTOMETRIC.MINISBLACK: 1,
    PHOTOMETRIC.PALETTE: 1,
    PHOTOMETRIC.RGB: 3,
    PHOTOMETRIC.YCBCR: 3,
    PHOTOMETRIC.SEPARATED: 4,
}
"""Kinds that are read, and their samples a pixel, without transparency."""
_JPEGS = frozenset([COMPRESSION.OJPEG, COMPRESSION.JPEG, COMPRESSION.ALT_JPEG])
_JPEG_HEADER = 1 << 16
_BLOCKS = 32
"""Pixels that a JPEG may be larger, rounded up to whole blocks."""
_REDUCED, _MASK = 1, 4
_PROFILE_TAG, _INK_SET_TAG, _CMYK_INKS = 34675, 332, 1
_INCHES = {2: 1.0, 3: 1 / 2.54}
"""ResolutionUnit → inches."""
_WHOLE, _FLOATING = (1, 4), 3
"""SampleFormat: unsigned or not said; floating-point."""


def decode_tiff(path: Path) -> Decoded:
    """The values of a TIFF's largest picture at full size, the first of equals; CMYK becomes sRGB.

    Raises FileError if it is cut short or of a kind that is not read, the errors of tifffile and its codecs if it is
    damaged.
    """
    with tifffile.TiffFile(path) as tiff:
        page, unread = _picture(tiff)
        _refuse_other_kinds(path, page)
        _refuse_cut(path, page)
        _refuse_odd_jpegs(path, page)
        return replace(_decode(page), unread=unread)


def _picture(tiff: tifffile.TiffFile) -> tuple[TiffPage, str]:
    pages = [page for page in directories(tiff) if page.imagewidth and page.imagelength]
    whole = [page for page in pages if not page.subfiletype & (_REDUCED | _MASK)] or pages
    if not whole:
        raise ValueError("no picture")
    sizes = [page.imagewidth * page.imagelength for page in whole]
    largest = whole[sizes.index(max(sizes))]
    return largest, others_unread(len(whole), "pictures", "the first" if len(set(sizes)) == 1 else "the largest")


def _refuse_other_kinds(path: Path, page: TiffPage) -> None:
    kind = PHOTOMETRIC(page.photometric)
    if kind not in _COLORS or (kind is PHOTOMETRIC.SEPARATED and _tag(page, _INK_SET_TAG, _CMYK_INKS) != _CMYK_INKS):
        raise FileError(path, f"is a TIFF of kind {kind.name}; use a grey, RGB or CMYK one")
    if page.imagedepth != 1:
        raise FileError(path, "is a TIFF with depth; use one of a flat picture")
    bits = page.bitspersample
    if not (page.sampleformat in _WHOLE and bits <= 16) and page.sampleformat != _FLOATING:
        name = page.dtype.name if page.dtype is not None else f"{bits} bit"
        raise FileError(path, f"holds {name} values; use unsigned ones of at most 16 bits, or floating-point ones")
    extra = page.samplesperpixel - _COLORS[kind]
    if extra not in (0, 1):
        raise FileError(path, f"has {page.samplesperpixel} channels a pixel, which is no picture of kind {kind.name}")
    if kind is PHOTOMETRIC.SEPARATED and extra:
        raise FileError(path, "is a CMYK picture with transparency; flatten it, or make it RGB")


def _refuse_cut(path: Path, page: TiffPage) -> None:
    end = max((at + size for at, size in zip(page.dataoffsets, page.databytecounts, strict=True)), default=0)
    if end > path.stat().st_size or not any(page.databytecounts):
        raise FileError(path, "is a TIFF that is cut short: pixel data is missing; copy it from the card again")
    width, height, samples, bits = page.imagewidth, page.imagelength, page.samplesperpixel, page.bitspersample
    # A tile is decoded in full, however little of it is in the picture.
    width, height = max(width, page.tilewidth), max(height, page.tilelength)
    refuse_oversize(path, width, height, samples * -(-bits // 8))
    # Of colours at half the size there are fewer values.
    subsampled = page.photometric == PHOTOMETRIC.YCBCR
    held, densest = sum(page.databytecounts), None if subsampled else _MOST_UNPACKED.get(page.compression)
    values = samples * page.imagewidth * page.imagelength
    least = values * bits / 8 / densest if densest else values / _MOST_VALUES_PER_BYTE
    refuse_unheld(path, page.imagewidth, page.imagelength, int(least), held)


def _refuse_odd_jpegs(path: Path, page: TiffPage) -> None:
    """Raises FileError where a JPEG in the file says that it is larger than the strip or tile that it fills."""
    if page.compression not in _JPEGS:
        return
    width = page.tilewidth if page.is_tiled else page.imagewidth
    height = page.tilelength if page.is_tiled else page.imagelength
    with path.open("rb") as file:
        for at, size in zip(page.dataoffsets, page.databytecounts, strict=True):
            file.seek(at)
            across, down = frame_size(file.read(min(size, _JPEG_HEADER)))
            if across > width + _BLOCKS or down > height + _BLOCKS:
                raise FileError(
                    path, f"holds a JPEG of {across} by {down} pixels where {width} by {height} fit; it is damaged"
                )


def _decode(page: TiffPage) -> Decoded:
    kind, bits = PHOTOMETRIC(page.photometric), page.bitspersample
    pixels = _samples(page)
    colors = _COLORS[kind]
    if page.sampleformat == _FLOATING:
        with np.errstate(over="ignore"):  # of 64 bits; what becomes infinite is refused
            pixels, bits = pixels.astype(np.float32), 32
    elif pixels.dtype == np.bool_:
        pixels = pixels.astype(np.uint8)
    values, alpha = pixels[..., :colors], None
    if pixels.shape[2] > colors:
        extra = pixels[..., colors].astype(np.float32)
        meaning = int(next(iter(page.extrasamples), UNSPECIFIED))
        alpha = Alpha(extra if bits == 32 else extra / np.float32(2**bits - 1), meaning)
    profile = bytes(_tag(page, _PROFILE_TAG, b""))
    match kind:
        case PHOTOMETRIC.MINISWHITE:
            values = (1 if bits == 32 else 2**bits - 1) - values
        case PHOTOMETRIC.PALETTE:
            values, bits = _looked_up(page, values[..., 0])
        case PHOTOMETRIC.YCBCR if page.compression in (COMPRESSION.NONE, COMPRESSION.LZW, COMPRESSION.ADOBE_DEFLATE):
            values = _from_ycbcr(values, bits)
        case PHOTOMETRIC.SEPARATED:
            values, profile = cmyk_to_rgb(values, bits, profile), b""
    orientation = _tag(page, 274, None)
    orientation = orientation if orientation in range(1, 9) else None
    return Decoded(values, bits, alpha, profile, _resolution(page), orientation)


def _samples(page: TiffPage) -> NDArray[Any]:
    """(H, W, samples), in the order of the file."""
    height, width, samples = page.imagelength, page.imagewidth, page.samplesperpixel
    words = 2 * height * width * samples
    if 8 < page.bitspersample < 16 and page.compression == 1 and sum(page.databytecounts) >= words:
        page.bitspersample = 16  # not packed, as the specification has it, but in words
    pixels = page.asarray()
    if page.planarconfig == tifffile.PLANARCONFIG.SEPARATE and samples > 1:
        pixels = np.moveaxis(pixels.reshape(samples, height, width), 0, -1)
    return pixels.reshape(height, width, samples)


def _looked_up(page: TiffPage, indices: NDArray[Any]) -> tuple[NDArray[Any], int]:
    table = np.asarray(page.colormap).reshape(3, -1)
    if table.max() < 256:
        return table.astype(np.uint8).T[indices], 8  # as some programs write it
    for stretched in (256, 257):  # 8 bits as programs put them into 16
        if not (table % stretched).any():
            return (table // stretched).astype(np.uint8).T[indices], 8
    return table.astype(np.uint16).T[indices], 16


def _from_ycbcr(values: NDArray[Any], bits: int) -> NDArray[Any]:
    middle, full = 1 << (bits - 1), 2**bits - 1
    luma, blue, red = (values[..., plane].astype(np.float32) for plane in range(3))
    blue, red = blue - middle, red - middle
    rgb = np.stack([luma + 1.402 * red, luma - 0.344136 * blue - 0.714136 * red, luma + 1.772 * blue], axis=-1)
    whole: NDArray[Any] = np.clip(np.rint(rgb), 0, full).astype(values.dtype)
    return whole


def _resolution(page: TiffPage) -> tuple[float, float] | None:
    inches = _INCHES.get(int(_tag(page, 296, 2)))
    across, down = (_tag(page, code, None) for code in (282, 283))
    match inches, across, down:
        case float(), (int(a), int(b)), (int(c), int(d)) if b and d:
            return per_inch(a / b, c / d, inches)
    return None


def _tag(page: TiffPage, code: int, default: Any) -> Any:
    return page.tags[code].value if code in page.tags else default
