"""`Metadata` of any file, from LibRaw, EXIF and the DNG tags; works where the pixels cannot be decoded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import rawpy
from numpy.typing import NDArray

from rcl_cli.errors import FileError
from rcl_cli.raw.dng.carried_tags import carried_tags, lost_corrections
from rcl_cli.raw.dng.color import as_shot_gains, shot_color
from rcl_cli.raw.dng.noise_tag import noise_profile
from rcl_cli.raw.dng.sensor import pixel_aspect, plausible_aspect
from rcl_cli.raw.frame import Metadata
from rcl_cli.raw.hidden_matrix import hidden_matrix
from rcl_cli.raw.libraw import open_raw
from rcl_cli.raw.sniff import Kind, identify
from rcl_cli.raw.tags.exif import LARGEST_SHORT_ISO, read_exif
from rcl_cli.raw.tags.tiff_tags import TiffTags

# LibRaw's flip: bit 0 mirrors columns, bit 1 rows, bit 2 transposes.
_ORIENTATION_OF_FLIP = {0: 1, 1: 2, 3: 3, 2: 4, 4: 5, 6: 6, 7: 7, 5: 8}
_LARGEST_GAIN = 30.0


def read_metadata(path: Path) -> Metadata:
    """What the file says of the shot, even if its pixels cannot be decoded. Raises FileError if that is nothing."""
    found = identify(path)
    if found.kind is Kind.RAW:
        try:
            with open_raw(path) as raw:
                return raw_metadata(path, raw, found.tags)
        except FileError:
            metadata = tagged_metadata(path, found.tags)
            if not metadata.camera:
                raise
            return metadata
    if found.kind.is_rgb:
        return tagged_metadata(path, found.tags)
    raise FileError(path, "is neither a raw nor a picture that can be read")


def raw_metadata(path: Path, raw: rawpy.RawPy, tags: TiffTags) -> Metadata:
    """The metadata of a raw opened with LibRaw, whose word on ISO, exposure and neutral goes before EXIF's.

    `tags`: the file's, as `identify` read them.
    """
    tagged = tagged_metadata(path, tags)
    other, known_gains = raw.other, plausible_gains(raw.camera_whitebalance)
    return Metadata(
        path=path,
        make=tagged.make,
        model=tagged.model,
        iso=_iso(other.iso_speed, tagged.iso),
        exposure_s=_positive(other.shutter_speed) or tagged.exposure_s,
        # LibRaw scales a DNG's by its levels.
        white_balance=(tagged.white_balance or known_gains) if tags.dng else (known_gains or tagged.white_balance),
        xyz_to_camera=tagged.xyz_to_camera if tagged.xyz_to_camera is not None else _known_matrix(raw, tags, path),
        orientation=_ORIENTATION_OF_FLIP.get(int(raw.sizes.flip), 1),
        noise_profile=tagged.noise_profile,
        camera_to_xyz=tagged.camera_to_xyz,
        pixel_aspect=tagged.pixel_aspect if tags.dng else plausible_aspect(raw.sizes.pixel_aspect),
        dng_tags=tagged.dng_tags,
        lost_corrections=tagged.lost_corrections,
    )


def tagged_metadata(path: Path, tags: TiffTags) -> Metadata:
    """The metadata in the file's EXIF and in its TIFF tags, `tags`, alone. Raises FileError if it cannot be read."""
    try:
        exif = read_exif(path, tags)
        carried = carried_tags(path, tags)
    except OSError as error:
        raise FileError(path, f"cannot be read ({error.strerror})") from error
    named = Metadata(make=exif.make, model=exif.model or tags.text("UniqueCameraModel"))
    color = shot_color(tags) if tags.dng else None
    return Metadata(
        path=path,
        make=named.make,
        model=named.model,
        iso=exif.iso,
        exposure_s=exif.exposure_s,
        white_balance=as_shot_gains(tags) if color is None else color.gains and plausible_gains(color.gains),
        xyz_to_camera=color.xyz_to_camera if color else None,
        camera_to_xyz=color.camera_to_xyz if color else None,
        orientation=exif.orientation,
        resolution=exif.resolution,
        noise_profile=noise_profile(tags, camera=named.camera, iso=exif.iso),
        pixel_aspect=pixel_aspect(tags) if tags.dng else 1.0,
        dng_tags=carried,
        lost_corrections=lost_corrections(tags),
    )


def plausible_gains(multipliers: Any) -> tuple[float, float, float] | None:
    """Gains of R, G, B scaled to G = 1; None where a multiplier is missing or beyond any real light."""
    r, g, b = (float(m) for m in multipliers[:3])
    if min(r, g, b) <= 0 or not np.isfinite([r, g, b]).all():
        return None
    gains = (r / g, 1.0, b / g)
    return gains if 1 / _LARGEST_GAIN < min(gains) <= max(gains) < _LARGEST_GAIN else None


def _known_matrix(raw: rawpy.RawPy, tags: TiffTags, path: Path) -> NDArray[np.float64] | None:
    matrix = np.array(raw.rgb_xyz_matrix[:3], np.float64)
    if matrix.any():
        return matrix
    # All zeros for cameras that LibRaw has no matrix of, or does not tell. A DNG tells its own.
    return None if tags.dng else hidden_matrix(path)


def _iso(decoded: float, tagged: float | None) -> float | None:
    # LibRaw keeps 16 bits of EXIF's, but may know more from the maker's notes.
    known = _positive(decoded)
    if known in (None, LARGEST_SHORT_ISO) or (tagged or 0) > LARGEST_SHORT_ISO:
        return tagged or known
    return known


def _positive(value: float) -> float | None:
    return float(value) if np.isfinite(value) and value > 0 else None
