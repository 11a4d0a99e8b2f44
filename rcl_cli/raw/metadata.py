"""`Metadata` of any file, from LibRaw, EXIF and the DNG tags; works where the pixels cannot be decoded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import rawpy
from numpy.typing import NDArray

from rcl_calibration.profile import NoiseProfile
from rcl_cli.errors import FileError
from rcl_cli.raw.exif import Exif, read_exif
from rcl_cli.raw.frame import Metadata
from rcl_cli.raw.libraw import open_raw
from rcl_cli.raw.sniff import Kind, sniff
from rcl_cli.raw.tiff_tags import TiffTags, read_tiff_tags

# LibRaw's flip: bit 0 mirrors columns, bit 1 rows, bit 2 transposes.
_ORIENTATION_OF_FLIP = {0: 1, 1: 2, 3: 3, 2: 4, 4: 5, 6: 6, 7: 7, 5: 8}
_LARGEST_GAIN = 30.0


def read_metadata(path: Path) -> Metadata:
    """What the file says of the shot, even if its pixels cannot be decoded. Raises FileError if that is nothing."""
    kind = sniff(path)
    if kind is Kind.RAW:
        try:
            with open_raw(path) as raw:
                return raw_metadata(path, raw)
        except FileError:
            metadata = tagged_metadata(path)
            if not metadata.camera:
                raise
            return metadata
    if kind.is_rgb:
        return tagged_metadata(path)
    raise FileError(path, "is neither a raw nor a picture that can be read")


def raw_metadata(path: Path, raw: rawpy.RawPy) -> Metadata:
    """The metadata of a raw opened with LibRaw, whose word on ISO, exposure and neutral goes before EXIF's."""
    tagged = tagged_metadata(path)
    other = raw.other
    return Metadata(
        path=path,
        make=tagged.make,
        model=tagged.model,
        iso=_positive(other.iso_speed) or tagged.iso,
        exposure_s=_positive(other.shutter_speed) or tagged.exposure_s,
        white_balance=plausible_gains(raw.camera_whitebalance) or tagged.white_balance,
        xyz_to_camera=tagged.xyz_to_camera if tagged.xyz_to_camera is not None else _known_matrix(raw),
        orientation=_ORIENTATION_OF_FLIP.get(int(raw.sizes.flip), 1),
        noise_profile=tagged.noise_profile,
    )


def tagged_metadata(path: Path) -> Metadata:
    """The metadata in the file's EXIF and TIFF tags alone. Raises FileError if the file cannot be read."""
    try:
        exif = read_exif(path)
    except OSError as error:
        raise FileError(path, f"cannot be read ({error.strerror})") from error
    tags = read_tiff_tags(path)
    return Metadata(
        path=path,
        make=exif.make or tags.text("Make"),
        model=exif.model or tags.text("Model") or tags.text("UniqueCameraModel"),
        iso=exif.iso,
        exposure_s=exif.exposure_s,
        white_balance=tags.neutral_gains(),
        xyz_to_camera=tags.color_matrix() if tags.dng else None,
        orientation=exif.orientation,
        noise_profile=_noise_profile(tags, exif),
    )


def plausible_gains(multipliers: Any) -> tuple[float, float, float] | None:
    """Gains of R, G, B scaled to G = 1; None where a multiplier is missing or beyond any real light."""
    r, g, b = (float(m) for m in multipliers[:3])
    if min(r, g, b) <= 0 or not np.isfinite([r, g, b]).all():
        return None
    gains = (r / g, 1.0, b / g)
    return gains if 1 / _LARGEST_GAIN < min(gains) <= max(gains) < _LARGEST_GAIN else None


def _noise_profile(tags: TiffTags, exif: Exif) -> NoiseProfile | None:
    # DNG 1.7, NoiseProfile: one pair (S, O) for all planes or one for each, S = λ_shot and O = λ_read.
    pairs = tags.numbers("NoiseProfile")
    planes = {2: (0, 0, 0, 0), 6: (0, 1, 1, 2), 8: (0, 1, 2, 3)}.get(pairs.size)
    if planes is None or (pairs < 0).any():
        return None
    shot, read = pairs[::2], pairs[1::2]
    metadata = Metadata(make=exif.make, model=exif.model)
    r, gr, gb, b = planes
    return NoiseProfile(
        shot=(float(shot[r]), float(shot[gr]), float(shot[gb]), float(shot[b])),
        read=(float(read[r]), float(read[gr]), float(read[gb]), float(read[b])),
        camera=metadata.camera,
        iso=exif.iso,
        method="DNG NoiseProfile",
    )


def _known_matrix(raw: rawpy.RawPy) -> NDArray[np.float64] | None:
    # All zeros for cameras that LibRaw has no matrix of.
    matrix = np.array(raw.rgb_xyz_matrix[:3], np.float64)
    return matrix if matrix.any() else None


def _positive(value: float) -> float | None:
    return float(value) if np.isfinite(value) and value > 0 else None
