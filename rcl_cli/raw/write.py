"""Write a result in the format that the file's name asks for."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import numpy as np

from rcl_cli.disk.write import ExistsError, atomic_path, write_bytes
from rcl_cli.errors import FileError
from rcl_cli.raw.dng.entries import lost_corrections
from rcl_cli.raw.dng.write import write_picture_dng
from rcl_cli.raw.format import get_format
from rcl_cli.raw.frame import Frame, RawFrame, RgbFrame
from rcl_cli.raw.picture import Picture
from rcl_cli.raw.pictures.coded import coded
from rcl_cli.raw.pictures.encode import encode_jpeg, png_chunks, write_tiff
from rcl_cli.raw.pictures.exr_content import exr_content
from rcl_cli.raw.pictures.openexr import encode_exr
from rcl_cli.raw.pictures.png import encode_png, metadata_chunks
from rcl_cli.raw.pictures.stored import PREMULTIPLIED, STRAIGHT, UNSPECIFIED
from rcl_cli.raw.record import sidecar
from rcl_cli.raw.tags.copy import copy_metadata
from rcl_cli.raw.tags.sidecars import carry_sidecars
from rcl_cli.raw.tags.xmp import EXR_ATTRIBUTE
from rcl_cli.raw.unread import say_unread


def write_picture(path: Path, picture: Picture, *, overwrite: bool = False) -> None:
    """Write `picture` to `path`, whole or not at all, its format told by the suffix.

    | suffix           | holds |
    |------------------|-------|
    | .dng             | the mosaic (CFA DNG) or linear RGB (linear DNG), with levels, matrix, neutral, orientation |
    | .npy, .exr       | float32, exactly the linear pixels, (H, W) or (H, W, 3), 0 = black level, 1 = white level |
    | .tif, .png, .jpg | of a raw: developed, cropped as it asks, with square pixels and upright, 16 bits (JPEG: 8); |
    |                  | of an RGB picture: stored as the source was, by its tone curve, with its profile, grey or in |
    |                  | colour, in 8, 16 or 32 (TIFF) bits, with its transparency, resolution and orientation tag |

    A format that has no room for how the picture was made, .npy or a plugin's, gets that in a sidecar `NAME.npy.xmp`.
    The rest of the source's metadata comes along where exiftool is installed, and XMP sidecars of the source do. Raises
    FileError if the suffix is unknown, the format cannot hold the source's transparency, the file cannot be written,
    or it exists and not `overwrite`.
    """
    put = _WRITERS.get(path.suffix.lower())
    beside = put is None or put is _write_npy
    if put is None:
        plugged = get_format(path.suffix.lower()[1:])
        if plugged is None:
            raise FileError(path, f"has a suffix that cannot be written; use one of {', '.join(SUFFIXES)}")
        put = plugged.write
    _refuse_lost_alpha(path, picture)
    source = picture.metadata.path
    with atomic_path(path, overwrite=overwrite) as temporary:
        put(temporary, picture)
        if not overwrite and os.path.lexists(path):
            raise ExistsError(path)
        # What stands beside it comes first: where the picture is, all of it is.
        if beside and picture.record is not None:
            write_bytes(sidecar(path), picture.record.packet(), overwrite=True)
        if not beside and source is not None:
            developed = picture.camera_rgb and put is not _write_dng
            carry_sidecars(source, path, developed=developed, denoised=picture.denoised, overwrite=overwrite)
    if source is not None:
        _say_lost(source, picture, dng=put is _write_dng)


def _say_lost(source: Path, picture: Picture, *, dng: bool) -> None:
    if lost := ", ".join(lost_corrections(picture, dng=dng)):
        more = "do not hold for the result" if dng else "are not applied; results in DNG carry on what holds for them"
        say_unread(source, f"its corrections {lost} {more}")


class _HasPicture(Protocol):
    @property
    def picture(self) -> Picture: ...


def write(path: Path | str, picture: Picture | Frame | _HasPicture, *, overwrite: bool = False) -> None:
    """Write a picture, the result of a model, or a frame as it is, to `path`, whole or not at all.

    The suffix tells the format: .dng, .tif, .png, .jpg, .npy, .exr or that of a plugin; see `write_picture`. Raises
    FileError if it is unknown, the file cannot be written, or it exists and not `overwrite`.
    """
    if isinstance(picture, RawFrame | RgbFrame):
        picture = Picture.from_frame(
            picture, picture.normalized(), cfa=picture.cfa, noise_profile=picture.metadata.noise_profile
        )
    elif not isinstance(picture, Picture):
        picture = picture.picture
    write_picture(Path(path), picture, overwrite=overwrite)


def _write_npy(path: Path, picture: Picture) -> None:
    np.save(path, picture.pixels.astype(np.float32, copy=False))


def _write_exr(path: Path, picture: Picture) -> None:
    channels, attributes = exr_content(picture)
    if picture.record is not None:
        attributes[EXR_ATTRIBUTE] = picture.record.packet().decode()
    path.write_bytes(encode_exr(channels, attributes))


def _write_dng(path: Path, picture: Picture) -> None:
    write_picture_dng(path, picture)
    _copy_the_rest(path, picture)


def _write_tiff(path: Path, picture: Picture) -> None:
    write_tiff(path, coded(picture, 32), picture.metadata, picture.record)
    _copy_the_rest(path, picture)


def _write_jpeg(path: Path, picture: Picture) -> None:
    path.write_bytes(encode_jpeg(coded(picture, 8, alpha=False), picture.metadata, picture.record))
    _copy_the_rest(path, picture)


def _write_png(path: Path, picture: Picture) -> None:
    # exiftool takes long to rewrite a large PNG, so it gets one of a single pixel, whose chunks are then taken over.
    whole = coded(picture, 16)
    path.write_bytes(encode_png(whole.values[:1, :1], *png_chunks(whole, picture.metadata, picture.record)))
    _copy_the_rest(path, picture)
    path.write_bytes(encode_png(whole.values, *metadata_chunks(path)))


def _copy_the_rest(path: Path, picture: Picture) -> None:
    if picture.metadata.path is not None:
        copy_metadata(picture.metadata.path, path)


def _refuse_lost_alpha(path: Path, picture: Picture) -> None:
    alpha, held = picture.stored.alpha, _ALPHA.get(path.suffix.lower(), set())
    if alpha is None or alpha.meaning in held or alpha.opaque or path.suffix.lower() not in _WRITERS:
        return
    kind = {UNSPECIFIED: "fourth channel", PREMULTIPLIED: "transparency (premultiplied)"}.get(
        alpha.meaning, "transparency"
    )
    raise FileError(path, f"cannot hold the {kind} of its source; choose TIFF, or the source's own format")


_ALPHA = {
    ".tif": {UNSPECIFIED, PREMULTIPLIED, STRAIGHT},
    ".tiff": {UNSPECIFIED, PREMULTIPLIED, STRAIGHT},
    ".png": {STRAIGHT},
    ".exr": {PREMULTIPLIED},
}
"""What a fourth channel can mean in files that have one."""
_WRITERS: dict[str, Callable[[Path, Picture], None]] = {
    ".dng": _write_dng,
    ".tif": _write_tiff,
    ".png": _write_png,
    ".jpg": _write_jpeg,
    ".npy": _write_npy,
    ".exr": _write_exr,
    ".tiff": _write_tiff,
    ".jpeg": _write_jpeg,
}
SUFFIXES = tuple(_WRITERS)
"""What can be written."""
