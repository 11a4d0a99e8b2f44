"""Noise levels in few words: of a frame, and of the cameras that took some files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rcl_calibration.profile import NoiseProfile
from rcl_cli.errors import FileError
from rcl_cli.profiles.book import blind_estimate
from rcl_cli.profiles.images import calibrate_file
from rcl_cli.profiles.pools import CameraCalibration, Pools
from rcl_cli.raw.folder import search
from rcl_cli.raw.frame import Frame


def estimate_noise(frame: Frame) -> NoiseProfile:
    """λ_shot and λ_read of a frame, measured blind; its `quality` says whether to trust it."""
    return blind_estimate(frame)


def calibrate(paths: Sequence[Path | str] | Path | str, *, linear: bool = False) -> list[CameraCalibration]:
    """The noise of each camera and ISO that took the files, pooled over all its pictures.

    `paths`: files or folders. Files that cannot be read are left out. Raises FileError where none can be.
    """
    given = [Path(paths)] if isinstance(paths, str | Path) else [Path(path) for path in paths]
    found = search(given)
    pools, errors = Pools(), list(found.errors)
    for file in found.files:
        try:
            pools.add(calibrate_file(file.path, linear=linear))
        except FileError as error:
            errors.append(error)
    cameras = pools.cameras(errors)
    if not cameras and errors:
        raise errors[0]
    return cameras
