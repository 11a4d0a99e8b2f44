"""DNG files: a mosaic or linear RGB with the levels, colours and shot that any raw developer needs.

Tags as in Adobe's DNG specification 1.4. Directory 0 holds a new preview, its SubIFD the raw as one uncompressed strip.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from rcl_calibration.profile import NoiseProfile
from rcl_cli.files import atomic_path
from rcl_cli.raw.cfa import CFA
from rcl_cli.raw.develop import preview
from rcl_cli.raw.exif_block import naming_entries, shot_block
from rcl_cli.raw.frame import Metadata, RawFrame
from rcl_cli.raw.ifd import (
    HEADER,
    Entry,
    directory,
    longs,
    octets,
    packet,
    rationals,
    shorts,
    signed_rationals,
    text,
    undefined,
)
from rcl_cli.raw.noise_tag import noise_entry
from rcl_cli.raw.picture import Picture
from rcl_cli.raw.srgb import XYZ_TO_SRGB
from rcl_cli.raw.tiff_tags import CFA as CFA_PHOTOMETRIC
from rcl_cli.raw.tiff_tags import LINEAR_RAW
from rcl_cli.raw.xmp import XMP_TAG

Planes = tuple[float, float, float, float]

LEAST_BLACK = 4096.0
"""DN. The black level of results whose source has none, so that noise below black survives."""

_D65 = 21
_SUB_IFDS = 330
_STRIP_OFFSETS = 273


@dataclass(frozen=True)
class _Raw:
    pixels: NDArray[np.uint16]
    """(H, W) with `cfa`, or (H, W, 3)."""
    cfa: CFA | None
    black: Planes
    white: float


def write_dng(path: Path, frame: RawFrame, *, note: str = "", overwrite: bool = False) -> None:
    """Write a mosaic with its exact DN, its levels and metadata, noise profile included.

    Raises FileError if it cannot be written, or exists and not `overwrite`.
    """
    raw = _Raw(frame.mosaic, frame.cfa, frame.black_level, frame.white_level)
    shot = [*_colour_entries(frame.metadata), *naming_entries(frame.metadata, note)]
    more = [*_noise_entries(frame.metadata.noise_profile), *_shown_entries(frame.metadata, frame.size)]
    with atomic_path(path, overwrite=overwrite) as temporary:
        _write(temporary, raw, _preview(frame), shot, frame.metadata, more)


def write_picture_dng(path: Path, picture: Picture) -> None:
    """Write a result, a mosaic as CFA DNG or RGB as linear DNG, straight to `path` (not atomically)."""
    black, white = stored_levels(picture)
    raw = _Raw(_to_dn(picture.pixels, picture.cfa, black, white), picture.cfa, black, white)
    metadata = picture.metadata
    if not picture.camera_rgb:
        metadata = replace(metadata, xyz_to_camera=picture.xyz_to_rgb, white_balance=None)
    shot = [*_colour_entries(metadata), *naming_entries(metadata, picture.note)]
    if picture.record is not None:
        shot.append(packet(XMP_TAG, picture.record.packet()))
    if picture.denoised:
        shot.append(rationals(50935, [1.0]))  # NoiseReductionApplied, from 0 to 1
    more = [*_lens_corrections(picture), *_noise_entries(picture.noise_profile)]
    more += _shown_entries(metadata, (picture.pixels.shape[0], picture.pixels.shape[1]), picture.scale)
    _write(path, raw, _preview(picture), shot, metadata, more)


def stored_levels(picture: Picture) -> tuple[Planes, float]:
    """Black levels (R, Gr, Gb, B) and white level of the result's file, DN.

    Those of the source, multiplied as far as 16 bits go, so that a clean result is not cut into the source's steps.
    """
    if picture.cfa is None or min(picture.black_level) <= 0 or picture.white_level > 65535:
        return (LEAST_BLACK,) * 4, 65535.0
    factor = 65535 // int(np.ceil(picture.white_level))
    r, gr, gb, b = (float(round(level * factor)) for level in picture.black_level)
    return (r, gr, gb, b), float(round(picture.white_level * factor))


def _to_dn(pixels: NDArray[np.float32], cfa: CFA | None, black: Planes, white: float) -> NDArray[np.uint16]:
    levels = np.float32(black[0]) if cfa is None else np.asarray(black, np.float32)[cfa.planes(*pixels.shape)]
    dn = pixels * (np.float32(white) - levels) + levels
    return np.clip(np.rint(dn), 0, 65535).astype(np.uint16)


def _write(
    path: Path, raw: _Raw, shown: NDArray[np.uint8], shot: list[Entry], metadata: Metadata, more: list[Entry]
) -> None:
    jpeg = _jpeg(shown)
    first = [*_preview_entries(shown, len(jpeg)), *shot]

    def first_directory(raw_at: int, exif_at: int, preview_at: int) -> bytes:
        pointers = [longs(_SUB_IFDS, raw_at), longs(_STRIP_OFFSETS, preview_at), *shot_block(metadata, exif_at)[0]]
        return directory([*first, *pointers], len(HEADER))

    raw_entries = [*_raw_entries(raw), *more]
    raw_at = len(HEADER) + len(first_directory(0, 0, 0))
    exif_at = raw_at + len(directory([*raw_entries, longs(_STRIP_OFFSETS, 0)], raw_at))
    exif = shot_block(metadata, exif_at)[1]
    preview_at = exif_at + len(exif)
    pixels_at = preview_at + len(jpeg) + len(jpeg) % 2
    with path.open("wb") as file:
        file.write(HEADER + first_directory(raw_at, exif_at, preview_at))
        file.write(directory([*raw_entries, longs(_STRIP_OFFSETS, pixels_at)], raw_at))
        file.write(exif + jpeg + b"\0" * (len(jpeg) % 2))
        np.ascontiguousarray(raw.pixels, "<u2").tofile(file)


def _preview(source: Picture | RawFrame) -> NDArray[np.uint8]:
    # The file's orientation holds for the preview too, so it must lie as the raw does.
    return preview(replace(source, metadata=replace(source.metadata, orientation=1)))


def _jpeg(shown: NDArray[np.uint8]) -> bytes:
    options = [cv2.IMWRITE_JPEG_QUALITY, 90, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444]
    return cv2.imencode(".jpg", np.ascontiguousarray(shown[..., ::-1]), options)[1].tobytes()


def _preview_entries(shown: NDArray[np.uint8], size: int) -> list[Entry]:
    height, width = shown.shape[:2]
    return [
        longs(254, 1),  # NewSubfileType: reduced
        longs(256, width),
        longs(257, height),
        shorts(258, 8, 8, 8),  # BitsPerSample
        shorts(259, 7),  # Compression: JPEG
        shorts(262, 6),  # PhotometricInterpretation: YCbCr
        shorts(277, 3),  # SamplesPerPixel
        longs(278, height),  # RowsPerStrip
        longs(279, size),  # StripByteCounts
        shorts(284, 1),  # PlanarConfiguration: chunky
        shorts(530, 1, 1),  # YCbCrSubSampling
        rationals(532, [0, 255, 128, 255, 128, 255]),  # ReferenceBlackWhite
        octets(50706, 1, 4, 0, 0),  # DNGVersion
        octets(50707, 1, 1, 0, 0),  # DNGBackwardVersion
    ]


def _colour_entries(metadata: Metadata) -> list[Entry]:
    matrix = XYZ_TO_SRGB if metadata.xyz_to_camera is None else metadata.xyz_to_camera
    entries = [
        shorts(274, metadata.orientation),
        text(50708, metadata.camera or "Unknown camera"),  # UniqueCameraModel
        signed_rationals(50721, [float(value) for value in matrix.ravel()]),  # ColorMatrix1
        shorts(50778, _D65),  # CalibrationIlluminant1
    ]
    if metadata.white_balance is not None:
        entries.append(rationals(50728, [1 / gain for gain in metadata.white_balance]))  # AsShotNeutral
    return entries


def _noise_entries(profile: NoiseProfile | None) -> list[Entry]:
    return [] if profile is None else [noise_entry(profile)]


def _shown_entries(metadata: Metadata, size: tuple[int, int], scale: int = 1) -> list[Entry]:
    """What of the pixels is to be shown, and how wide they are."""
    crop = None if metadata.default_crop is None else [scale * value for value in metadata.default_crop]
    top, left, height, width = crop or (0, 0, *size)
    entries = [rationals(50719, [left, top]), rationals(50720, [width, height])]  # DefaultCropOrigin, DefaultCropSize
    aspect = metadata.pixel_aspect
    return (
        entries if aspect == 1 else [*entries, rationals(50718, [max(aspect, 1), max(1 / aspect, 1)])]
    )  # DefaultScale


def _raw_entries(raw: _Raw) -> list[Entry]:
    height, width = raw.pixels.shape[:2]
    samples = 3 if raw.cfa is None else 1
    entries = [
        longs(254, 0),  # NewSubfileType: full resolution
        longs(256, width),
        longs(257, height),
        shorts(258, *[16] * samples),  # BitsPerSample
        shorts(259, 1),  # Compression: none
        shorts(262, LINEAR_RAW if raw.cfa is None else CFA_PHOTOMETRIC),
        shorts(277, samples),
        longs(278, height),  # RowsPerStrip
        longs(279, raw.pixels.size * 2),  # StripByteCounts
        shorts(284, 1),  # PlanarConfiguration: chunky
        longs(50717, *[round(raw.white)] * samples),  # WhiteLevel
    ]
    if raw.cfa is None:
        return [*entries, *_black_entries((1, 1), [raw.black[plane] for plane in (0, 1, 3)])]
    period = raw.cfa.period
    entries += [
        shorts(33421, period, period),  # CFARepeatPatternDim
        octets(33422, *raw.cfa.colors(period, period).ravel().tolist()),  # CFAPattern
        octets(50710, 0, 1, 2),  # CFAPlaneColor
        shorts(50711, 1),  # CFALayout: rectangular
    ]
    if len(set(raw.black)) == 1:
        return [*entries, *_black_entries((1, 1), raw.black[:1])]
    pattern = [raw.black[plane] for plane in raw.cfa.planes(period, period).ravel()]
    return [*entries, *_black_entries((period, period), pattern)]


def _lens_corrections(picture: Picture) -> list[Entry]:
    # OpcodeList3 is applied after demosaicing, so it is as true of the result as it was of the source.
    opcodes = picture.metadata.lens_corrections
    return [undefined(51022, opcodes)] if opcodes and picture.scale == 1 else []


def _black_entries(repeat: tuple[int, int], levels: list[float] | tuple[float, ...]) -> list[Entry]:
    return [shorts(50713, *repeat), rationals(50714, levels)]  # BlackLevelRepeatDim, BlackLevel
