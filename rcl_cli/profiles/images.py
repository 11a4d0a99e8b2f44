"""Calibrating files: one decoded and measured at a time, then pooled by camera, ISO and levels."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from rcl_calibration.camera import pool
from rcl_calibration.exchange import Key, key_of
from rcl_calibration.points import Points, points_of_images
from rcl_calibration.profile import NoiseProfile
from rcl_calibration.single_image import Measurement, measure, profile_of
from rcl_cli.errors import FileError, blamed_on
from rcl_cli.profiles.checks import checked_by_border, mean_border
from rcl_cli.profiles.lattices import close_lattices, labels
from rcl_cli.raw.guarded import read_frame
from rcl_cli.raw.optical_black import OpticalBlack


@dataclass(frozen=True)
class ImageCalibration:
    """What one file tells of its camera's noise."""

    path: Path
    profile: NoiseProfile
    cfa: str
    """"RGGB", …, "X-Trans" or "RGB"."""
    seconds: float
    """Decoding and measuring."""
    measurement: Measurement
    optical_black: OpticalBlack | None = None

    @property
    def key(self) -> tuple[Key, str]:
        """Files with the same key are pooled: camera, ISO, levels and colour filters."""
        return key_of(self.profile), self.cfa


@dataclass(frozen=True)
class CameraCalibration:
    """What all files of a camera, ISO and levels tell together."""

    profile: NoiseProfile
    cfa: str
    seconds: float
    images: tuple[Path, ...]
    """Those used."""
    dropped: tuple[tuple[Path, str], ...]
    """Those left out, each with its reason."""
    disagreement: float
    """Largest over smallest noise level σ of the images used, less 1."""
    optical_black: OpticalBlack | None = None
    """Of all images used, where they have one."""
    measurements: tuple[Measurement, ...] = ()
    """Of the images used."""
    groups: tuple[tuple[Path, ...], ...] = ()
    """Images that agree with one another, where not all do: the profile is then weak, and no camera's."""

    def points(self) -> Points:
        """What the profile was fitted to."""
        return points_of_images(self.measurements)


def calibrate_file(path: Path, *, linear: bool = False) -> ImageCalibration:
    """Measure one file's noise. `linear` as in `read_frame`. Raises FileError if it cannot be read or measured."""
    begun = time.perf_counter()
    with blamed_on(path):
        frame = read_frame(path, linear=linear)
        measurement = measure(close_lattices(frame))
        profile = profile_of(measurement, **labels(frame))
        border = frame.optical_black
        if border is not None:
            profile = checked_by_border(profile, border)
        return ImageCalibration(path, profile, frame.layout, time.perf_counter() - begun, measurement, border)


def pool_cameras(images: Iterable[ImageCalibration], failures: list[FileError]) -> list[CameraCalibration]:
    """One calibration for each camera, ISO, levels and colour filters, by camera and ISO.

    A camera on which something fails that nobody foresaw costs its first file's name in `failures`, and itself.
    """
    groups: dict[tuple[Key, str], list[ImageCalibration]] = {}
    for image in images:
        groups.setdefault(image.key, []).append(image)
    cameras = []
    for group in groups.values():
        try:
            with blamed_on(group[0].path):
                cameras.append(_pool_group(group))
        except FileError as error:
            failures.append(error)
    return sorted(cameras, key=lambda one: (one.profile.camera, one.profile.iso or 0.0))


def _pool_group(group: Sequence[ImageCalibration]) -> CameraCalibration:
    begun = time.perf_counter()
    first = group[0].profile
    pooled = pool(
        [image.measurement for image in group],
        [image.profile for image in group],
        camera=first.camera,
        iso=first.iso,
        black_level=first.black_level,
        white_level=first.white_level,
    )
    borders = [border for i in pooled.used if (border := group[i].optical_black) is not None]
    border = mean_border(borders) if borders else None
    # What the border says against single images is in their verdicts already.
    heard = len(pooled.used) < 2 or pooled.profile.quality == "weak"
    profile = pooled.profile if border is None or heard else checked_by_border(pooled.profile, border)
    return CameraCalibration(
        profile,
        group[0].cfa,
        time.perf_counter() - begun + sum(image.seconds for image in group),
        tuple(group[i].path for i in pooled.used),
        tuple((group[i].path, reason) for i, reason in pooled.dropped),
        pooled.disagreement,
        border,
        tuple(group[i].measurement for i in pooled.used),
        tuple(tuple(group[i].path for i in some) for some in pooled.groups),
    )
