"""Write a result in the format that the file's name asks for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from rcl_cli.errors import FileError
from rcl_cli.files import atomic_path, write_bytes
from rcl_cli.raw.copy_metadata import copy_metadata
from rcl_cli.raw.develop import develop
from rcl_cli.raw.dng import write_picture_dng
from rcl_cli.raw.encode import encode_jpeg, write_tiff
from rcl_cli.raw.exif_block import exif_block
from rcl_cli.raw.format import get_format
from rcl_cli.raw.frame import Frame, RawFrame, RgbFrame
from rcl_cli.raw.openexr import encode_exr
from rcl_cli.raw.picture import Picture
from rcl_cli.raw.png import encode_png, exif_chunk, metadata_chunks, text_chunk
from rcl_cli.raw.record import sidecar
from rcl_cli.raw.srgb import srgb_encode
from rcl_cli.raw.xmp import EXR_ATTRIBUTE, PNG_KEYWORD


def write_picture(path: Path, picture: Picture, *, overwrite: bool = False) -> None:
    """Write `picture` to `path`, whole or not at all, its format told by the suffix.

    | suffix           | holds |
    |------------------|-------|
    | .dng             | the mosaic (CFA DNG) or linear RGB (linear DNG), with levels, matrix, neutral, orientation |
    | .npy, .exr       | float32, exactly the linear pixels, (H, W) or (H, W, 3), 0 = black level, 1 = white level |
    | .tif, .png, .jpg | of a raw: developed, cropped as it asks, with square pixels and upright, 16 bits (JPEG: 8); |
    |                  | of an RGB picture: stored as the source was, by its transfer, its bits as far as the    |
    |                  | format has them, and its orientation tag |

    A format that has no room for how the picture was made, .npy or a plugin's, gets that in a sidecar `NAME.npy.xmp`.
    The rest of the source's metadata comes along where exiftool is installed. Raises FileError if the suffix is
    unknown, the file cannot be written, or it exists and not `overwrite`.
    """
    put = _WRITERS.get(path.suffix.lower())
    beside = put is None or put is _write_npy
    if put is None:
        plugged = get_format(path.suffix.lower()[1:])
        if plugged is None:
            raise FileError(path, f"has a suffix that cannot be written; use one of {', '.join(SUFFIXES)}")
        put = plugged.write
    with atomic_path(path, overwrite=overwrite) as temporary:
        put(temporary, picture)
    if beside and picture.record is not None:
        write_bytes(sidecar(path), picture.record.packet(), overwrite=True)


class _HasPicture(Protocol):
    @property
    def picture(self) -> Picture: ...


def write(path: Path | str, picture: Picture | Frame | _HasPicture, *, overwrite: bool = False) -> None:
    """Write a picture, the result of a model, or a frame as it is; format and errors as of `write_picture`."""
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
    path.write_bytes(encode_exr(picture.pixels, {EXR_ATTRIBUTE: picture.record.packet()} if picture.record else {}))


def _write_dng(path: Path, picture: Picture) -> None:
    write_picture_dng(path, picture)
    _copy_the_rest(path, picture, color_profile=False)


def _write_tiff(path: Path, picture: Picture) -> None:
    write_tiff(path, stored_values(picture, picture.bits), picture.metadata, _orientation(picture), picture.record)
    _copy_the_rest(path, picture, color_profile=not picture.camera_rgb)


def _write_jpeg(path: Path, picture: Picture) -> None:
    path.write_bytes(encode_jpeg(stored_values(picture, 8), picture.metadata, _orientation(picture), picture.record))
    _copy_the_rest(path, picture, color_profile=not picture.camera_rgb)


def _write_png(path: Path, picture: Picture) -> None:
    # exiftool takes long to rewrite a large PNG, so it gets one of a single pixel, whose chunks are then taken over.
    values = stored_values(picture, min(picture.bits, 16))
    exif = exif_block(picture.metadata, _orientation(picture), picture.note)
    own = [exif_chunk(exif), *([text_chunk(PNG_KEYWORD, picture.record.packet())] if picture.record else [])]
    path.write_bytes(encode_png(values[:1, :1], *own))
    _copy_the_rest(path, picture, color_profile=not picture.camera_rgb)
    path.write_bytes(encode_png(values, *metadata_chunks(path)))


def _copy_the_rest(path: Path, picture: Picture, *, color_profile: bool) -> None:
    if picture.metadata.path is not None:
        copy_metadata(picture.metadata.path, path, color_profile=color_profile)


def stored_values(picture: Picture, bits: int) -> NDArray[Any]:
    """(H, W, 3) as a TIFF, PNG or JPEG holds it: uint8, uint16 or, with 32 bits, float32.

    A raw is developed; RGB is encoded by the source's transfer, floating-point sources by sRGB unless kept in 32 bits.
    """
    if picture.camera_rgb:
        return quantize(develop(picture), bits)
    if bits == 32:
        return picture.pixels
    kept_linear = picture.transfer == "linear" and picture.bits != 32
    return quantize(picture.pixels if kept_linear else srgb_encode(picture.pixels), bits)


def quantize(values: NDArray[np.float32], bits: int) -> NDArray[Any]:
    """[0, 1] → uint8 or uint16, rounded; what lies outside is clipped."""
    largest = np.float32(2**bits - 1)
    whole: NDArray[Any] = np.clip(np.rint(values * largest), 0, largest).astype(f"uint{bits}")
    return whole


def _orientation(picture: Picture) -> int:
    return 1 if picture.camera_rgb else picture.metadata.orientation


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
