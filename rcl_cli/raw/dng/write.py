"""DNG files: a mosaic or linear RGB with the levels, colours and shot that any raw developer needs.

Tags as in Adobe's DNG specification 1.4. Directory 0 holds a new preview, its SubIFD the raw as lossless JPEG in tiles.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from rcl_cli.disk.write import atomic_path
from rcl_cli.errors import FileError
from rcl_cli.raw.cfa import CFA
from rcl_cli.raw.develop import preview, square_size
from rcl_cli.raw.dng.entries import first_entries, raw_entries
from rcl_cli.raw.dng.tiles import Tiles, lossless_tiles
from rcl_cli.raw.dng.values import Rows, stored_levels, stored_rows
from rcl_cli.raw.frame import RawFrame
from rcl_cli.raw.levels import Planes
from rcl_cli.raw.picture import Picture
from rcl_cli.raw.tags.exif_block import shot_block
from rcl_cli.raw.tags.ifd import HEADER, Entry, directory, longs, octets, rationals, shorts
from rcl_cli.raw.tags.tiff_tags import CFA as CFA_PHOTOMETRIC
from rcl_cli.raw.tags.tiff_tags import LINEAR_RAW

_SUB_IFDS = 330
_STRIP_OFFSETS, _TILE_OFFSETS = 273, 324
_LARGEST = 2**32 - 1


@dataclass(frozen=True)
class _Raw:
    shape: tuple[int, ...]
    """(H, W) with `cfa`, or (H, W, 3)."""
    rows: Rows
    cfa: CFA | None
    black: Planes
    white: float


def write_dng(path: Path, frame: RawFrame, *, note: str = "", overwrite: bool = False) -> None:
    """Write a mosaic with its exact DN, its levels and metadata, noise profile included.

    Raises FileError if it cannot be written, or exists and not `overwrite`.
    """
    mosaic = frame.mosaic
    raw = _Raw(mosaic.shape, lambda start, stop, _: mosaic[start:stop], frame.cfa, frame.black_level, frame.white_level)
    profile = frame.metadata.noise_profile
    picture = Picture.from_frame(frame, frame.normalized(), cfa=frame.cfa, noise_profile=profile)
    with atomic_path(path, overwrite=overwrite) as temporary:
        _write(temporary, raw, picture, note)


def write_picture_dng(path: Path, picture: Picture) -> None:
    """Write a result, a mosaic as CFA DNG or RGB as linear DNG, straight to `path` (not atomically).

    Raises FileError if it is too large for a DNG.
    """
    picture = _square(picture)
    black, white = stored_levels(picture)
    raw = _Raw(picture.pixels.shape, stored_rows(picture, black, white), picture.cfa, black, white)
    _write(path, raw, picture, picture.note)


def _write(path: Path, raw: _Raw, picture: Picture, note: str) -> None:
    shown = _preview(picture)
    jpeg = _jpeg(shown)
    tiles = lossless_tiles(raw.shape, raw.rows, raw.cfa.period if raw.cfa else 1)
    sizes = [len(tile) for tile in tiles.data]
    first = [*_preview_entries(shown, len(jpeg)), *first_entries(picture, note)]

    def first_directory(raw_at: int, exif_at: int, preview_at: int) -> bytes:
        pointers = [
            longs(_SUB_IFDS, raw_at),
            longs(_STRIP_OFFSETS, preview_at),
            *shot_block(picture.metadata, exif_at)[0],
        ]
        return directory([*first, *pointers], len(HEADER))

    def raw_directory(raw_at: int, pixels_at: int) -> bytes:
        offsets = np.cumsum([pixels_at, *sizes[:-1]]).tolist()
        return directory([*_raw_entries(raw, tiles), *raw_entries(picture), longs(_TILE_OFFSETS, *offsets)], raw_at)

    raw_at = len(HEADER) + len(first_directory(0, 0, 0))
    exif_at = raw_at + len(raw_directory(raw_at, 0))
    exif = shot_block(picture.metadata, exif_at)[1]
    preview_at = exif_at + len(exif)
    pixels_at = preview_at + len(jpeg) + len(jpeg) % 2
    if pixels_at + sum(sizes) > _LARGEST:
        raise FileError(path, "would be larger than 4 GiB, the most of a DNG; choose another format")
    with path.open("wb") as file:
        file.write(HEADER + first_directory(raw_at, exif_at, preview_at))
        file.write(raw_directory(raw_at, pixels_at))
        file.write(exif + jpeg + b"\0" * (len(jpeg) % 2))
        file.writelines(tiles.data)


def _square(picture: Picture) -> Picture:
    """Linear RGB of oblong pixels with square ones: darktable and RawTherapee heed DefaultScale in mosaics alone."""
    if picture.cfa is not None or picture.metadata.pixel_aspect == 1:
        return picture
    height, width = square_size(picture.pixels, picture.metadata)
    down, across = height / picture.pixels.shape[0], width / picture.pixels.shape[1]
    pixels = cv2.resize(picture.pixels, (width, height), interpolation=cv2.INTER_CUBIC).astype(np.float32)
    crop = picture.metadata.default_crop
    if crop is not None:
        crop = (crop[0] * down, crop[1] * across, crop[2] * down, crop[3] * across)
    return replace(picture, pixels=pixels, metadata=replace(picture.metadata, pixel_aspect=1.0, default_crop=crop))


def _preview(picture: Picture) -> NDArray[np.uint8]:
    # The file's orientation holds for the preview too, so it must lie as the raw does.
    return preview(replace(picture, metadata=replace(picture.metadata, orientation=1)))


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
    ]


def _raw_entries(raw: _Raw, tiles: Tiles) -> list[Entry]:
    height, width = raw.shape[:2]
    samples = 3 if raw.cfa is None else 1
    entries = [
        longs(254, 0),  # NewSubfileType: full resolution
        longs(256, width),
        longs(257, height),
        shorts(258, *[16] * samples),  # BitsPerSample
        shorts(259, 7),  # Compression: JPEG, here lossless
        shorts(262, LINEAR_RAW if raw.cfa is None else CFA_PHOTOMETRIC),
        shorts(277, samples),
        shorts(284, 1),  # PlanarConfiguration: chunky
        longs(322, tiles.width),  # TileWidth
        longs(323, tiles.height),  # TileLength
        longs(325, *map(len, tiles.data)),  # TileByteCounts
        longs(50717, *[round(raw.white)] * samples),  # WhiteLevel
    ]
    if raw.cfa is None:
        # Black is 0, which is also what the absence of the tag says, and what nobody misreads.
        return entries
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


def _black_entries(repeat: tuple[int, int], levels: list[float] | tuple[float, ...]) -> list[Entry]:
    return [shorts(50713, *repeat), rationals(50714, levels)]  # BlackLevelRepeatDim, BlackLevel
