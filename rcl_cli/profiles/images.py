"""Calibrating files, one by one."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from rcl_calibration.exchange import Key, key_of
from rcl_calibration.profile import NoiseProfile
from rcl_calibration.single_image import Measurement, measure, profile_of
from rcl_cli.errors import blamed_on
from rcl_cli.profiles.checks import checked_by_border
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
    measurement: Measurement | None
    """None where it is not held any more; `Pools` has it then."""
    optical_black: OpticalBlack | None = None

    @property
    def key(self) -> tuple[Key, str]:
        """Files with the same key are pooled: camera, ISO, levels and colour filters."""
        return key_of(self.profile), self.cfa


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
