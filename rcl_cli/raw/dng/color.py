"""Colour of a DNG as its specification's chapter 6 has it: matrices of up to three lights, calibration, neutral."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rcl_cli.raw.light import D50_XY, D65_XY, adaptation, temperature, xy_of, xyz_of
from rcl_cli.raw.tags.tiff_tags import TiffTags

Matrix = NDArray[np.float64]

_KELVIN = {
    **dict.fromkeys((1, 4, 9, 18, 20), 5500.0),  # daylight, flash, fine weather, standard light B, D55
    **dict.fromkeys((10, 19, 21), 6500.0),  # cloudy, standard light C, D65
    **dict.fromkeys((11, 22), 7500.0),  # shade, D75
    **dict.fromkeys((3, 17), 2850.0),  # tungsten, standard light A
    **dict.fromkeys((2, 14), 4150.0),  # fluorescent, cool white
    12: 6400.0,  # daylight fluorescent
    13: 5050.0,  # day white fluorescent
    15: 3525.0,  # white fluorescent
    16: 2925.0,  # warm white fluorescent
    23: 5000.0,  # D50
    24: 3200.0,  # studio tungsten
}
"""EXIF LightSource → colour temperature."""
_OTHER_LIGHT = 255
_PASSES = 30
_CLOSE = 1e-7
_D50 = xyz_of(D50_XY)


@dataclass(frozen=True)
class ShotColor:
    """The colour of one shot, in the light that its white balance stands for."""

    gains: tuple[float, float, float] | None
    """Of R, G, B, G = 1, that make grey neutral; None where the file names no white balance."""
    xyz_to_camera: Matrix
    """(3, 3), analog balance and calibration included; for D65 where the light is not known."""
    camera_to_xyz: Matrix | None
    """(3, 3), balanced camera RGB to XYZ (D50); None where the light is not known."""


@dataclass(frozen=True)
class _Light:
    """What the file knows for one calibration illuminant."""

    kelvin: float
    """0 where it is not known."""
    color: Matrix
    calibration: Matrix
    forward: Matrix | None


@dataclass(frozen=True)
class _Camera:
    lights: tuple[_Light, ...]
    """Warm ones first."""
    balance: Matrix
    """(3,), AnalogBalance."""

    def xyz_to_camera(self, xy: ArrayLike) -> Matrix:
        """(3, 3), for a white."""
        light = self._at(xy)
        return np.asarray(self.balance[:, None] * (light.calibration @ light.color))

    def white(self, neutral: Matrix) -> Matrix:
        """(2,) chromaticity of the light that the camera sees as `neutral`."""
        xy = before = np.array(D50_XY)
        for _ in range(_PASSES):
            before, xy = xy, xy_of(np.linalg.solve(self.xyz_to_camera(xy), neutral))
            if np.abs(xy - before).sum() < _CLOSE:
                return xy
        return np.asarray((before + xy) / 2)  # it swings between two

    def camera_to_xyz(self, xy: ArrayLike, neutral: Matrix) -> Matrix:
        """(3, 3), balanced camera RGB to XYZ (D50): equal values become D50's white."""
        light = self._at(xy)
        to_reference = np.linalg.inv(self.balance[:, None] * light.calibration)
        if light.forward is None:
            to_xyz = adaptation(xyz_of(xy), _D50) @ np.linalg.inv(light.color) @ to_reference
        else:
            to_xyz = light.forward @ np.diag(1 / (to_reference @ neutral)) @ to_reference
        balanced = to_xyz * neutral
        return np.asarray(balanced / balanced[1].sum())

    def _at(self, xy: ArrayLike) -> _Light:
        """Between two lights linear in the reciprocal of the temperature, beyond them the nearest one's."""
        first, last = self.lights[0], self.lights[-1]
        if first is last:
            return first
        kelvin = min(max(temperature(xy), first.kelvin), last.kelvin)
        warm, cold = next(pair for pair in pairwise(self.lights) if kelvin <= pair[1].kelvin)
        part = (1 / kelvin - 1 / cold.kelvin) / (1 / warm.kelvin - 1 / cold.kelvin)
        forward = warm.forward if cold.forward is None else cold.forward
        if warm.forward is not None and cold.forward is not None:
            forward = part * warm.forward + (1 - part) * cold.forward
        color = part * warm.color + (1 - part) * cold.color
        return _Light(kelvin, color, part * warm.calibration + (1 - part) * cold.calibration, forward)


def shot_color(tags: TiffTags) -> ShotColor | None:
    """What a DNG's tags say; None where they hold no usable colour matrix for three colours."""
    try:
        with np.errstate(divide="raise", invalid="raise"):
            camera = _camera(tags)
            return None if camera is None else _shot_color(camera, tags)
    except (np.linalg.LinAlgError, FloatingPointError):
        return None


def as_shot_gains(tags: TiffTags) -> tuple[float, float, float] | None:
    """Gains of R, G, B, G = 1, from AsShotNeutral alone; None if there is none."""
    neutral = tags.numbers("AsShotNeutral")
    return _gains(neutral) if _positive(neutral, 3) else None


def _shot_color(camera: _Camera, tags: TiffTags) -> ShotColor:
    neutral, xy = tags.numbers("AsShotNeutral"), tags.numbers("AsShotWhiteXY")
    if _positive(neutral, 3):
        xy = camera.white(neutral)
    elif _chromatic(xy):
        neutral = camera.xyz_to_camera(xy) @ xyz_of(xy)
    gains = _gains(neutral) if _positive(neutral, 3) else None
    if gains is None or not _chromatic(xy):
        return ShotColor(gains, camera.xyz_to_camera(D65_XY), None)
    return ShotColor(gains, camera.xyz_to_camera(xy), camera.camera_to_xyz(xy, neutral))


def _gains(neutral: Matrix) -> tuple[float, float, float]:
    r, g, b = neutral
    return float(g / r), 1.0, float(g / b)


def _positive(values: Matrix, count: int) -> bool:
    return values.size == count and bool((np.isfinite(values) & (values > 0)).all())


def _chromatic(xy: Matrix) -> bool:
    return _positive(xy, 2) and float(xy.sum()) < 1


def _camera(tags: TiffTags) -> _Camera | None:
    # Calibration is against a reference camera; it must be the profile's.
    calibrated = tags.text("CameraCalibrationSignature") == tags.text("ProfileCalibrationSignature")
    lights = [light for number in (1, 2, 3) if (light := _light(tags, number, calibrated)) is not None]
    if not lights:
        return None
    by_kelvin = {light.kelvin: light for light in reversed(lights)}
    if 0 in by_kelvin:
        by_kelvin = {lights[0].kelvin: lights[0]}  # no telling what lies between them
    balance = tags.numbers("AnalogBalance")
    usable = _positive(balance, 3)
    return _Camera(tuple(by_kelvin[kelvin] for kelvin in sorted(by_kelvin)), balance if usable else np.ones(3))


def _light(tags: TiffTags, number: int, calibrated: bool) -> _Light | None:
    color, forward = _matrix(tags, f"ColorMatrix{number}"), _matrix(tags, f"ForwardMatrix{number}")
    if color is None:
        return None
    calibration = _matrix(tags, f"CameraCalibration{number}") if calibrated else None
    if forward is not None:
        forward = forward * (_D50 / forward.sum(axis=1))[:, None]
    return _Light(_kelvin(tags, number), color, np.eye(3) if calibration is None else calibration, forward)


def _matrix(tags: TiffTags, name: str) -> Matrix | None:
    values = tags.numbers(name)
    return values.reshape(3, 3) if values.size == 9 and np.isfinite(values).all() and values.any() else None


def _kelvin(tags: TiffTags, number: int) -> float:
    said = next(iter(tags.numbers(f"CalibrationIlluminant{number}")), 0.0)
    code = int(said) if np.isfinite(said) else 0
    data = tags.values.get(f"IlluminantData{number}")
    if code != _OTHER_LIGHT or not isinstance(data, bytes) or len(data) < 18 or data[:2] != b"\0\0":
        return _KELVIN.get(code, 0.0)
    # Two fractions in the file's byte order, of which only one makes them a chromaticity.
    for order in "<>":
        x, x_unit, y, y_unit = struct.unpack_from(f"{order}4I", data, 2)
        if 0 < x < x_unit and 0 < y < y_unit and x / x_unit + y / y_unit < 1:
            return temperature((x / x_unit, y / y_unit))
    return 0.0
