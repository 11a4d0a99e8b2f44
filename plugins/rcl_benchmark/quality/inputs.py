"""What every method of a setting is given, and the truth that its result is compared with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from rcl_benchmark.quality.mosaics import CLEAN_LEVELS, NO_NOISE, Mosaic, exposed, noise_of, sensor_noise
from rcl_benchmark.quality.names import AREA, CODED, DEMOSAIC, DENOISE_RAW, DENOISE_RGB, JDENSR, REAL, SR
from rcl_benchmark.quality.peers.classical import soft_directional
from rcl_benchmark.quality.pictures import Float, Picture, frame_of, stored
from rcl_benchmark.quality.resize import as_stored, half_area, half_bicubic
from rcl_benchmark.quality.settings import Setting
from rcl_cli.domain import Domain
from rcl_cli.errors import FileError
from rcl_cli.raw.cfa import CFA, canonical, mosaic
from rcl_cli.raw.frame import RgbFrame
from rcl_cli.raw.srgb import srgb_decode, srgb_encode


@dataclass(frozen=True)
class Noisy:
    """An RGB picture with noise."""

    values: Float
    """(H, W, 3) as stored, not clipped."""
    sigma: float
    """Of the noise; 0 where nobody knows it."""
    frame: RgbFrame | None = None
    """Of a file: as rcl reads it."""


@dataclass(frozen=True)
class Sample:
    """One input."""

    given: Any
    """`Mosaic`, `Noisy`, or for super-resolution coded values (h, w, 3)."""
    truth: Float
    """sRGB-coded (H, W, 3); for denoising of raws the linear mosaic (H, W)."""


def sample(setting: Setting, picture: Picture, crop: int | None) -> Sample:
    """The input that a picture gives. Raises FileError where it cannot be read or is too small."""
    if setting.protocol == REAL:
        return _real(picture, crop)
    v, rng = stored(picture.path, crop), noise_of(picture.name, setting.level)
    if setting.protocol == DENOISE_RGB:
        sigma = setting.level / 255
        return Sample(Noisy((v + sigma * rng.standard_normal(v.shape)).astype(np.float32), sigma), v)
    if setting.protocol == SR:
        reduced = srgb_encode(half_area(srgb_decode(v))) if setting.variant == AREA else half_bicubic(v)
        return Sample(as_stored(reduced), v)
    return _raw(setting, v, rng)


def shown(setting: Setting, result: Float) -> Float:
    """A result as one looks at it: (H, W, 3) coded, in [0, 1]; mosaics demosaiced by `soft_directional`."""
    if setting.protocol == DENOISE_RAW:
        coded = Mosaic(srgb_encode(result), _cfa(setting), NO_NOISE, CLEAN_LEVELS, coded=True)
        return np.clip(soft_directional(coded), 0, 1)
    return np.clip(result, 0, 1)


def _real(picture: Picture, crop: int | None) -> Sample:
    assert picture.clean is not None  # `find_pairs` made it
    values, truth = stored(picture.path, crop), stored(picture.clean, crop)
    if values.shape != truth.shape:
        raise FileError(picture.clean, f"has another size than {picture.path.name}")
    return Sample(Noisy(values, 0.0, frame_of(picture.path, crop)), truth)


def _raw(setting: Setting, v: Float, rng: np.random.Generator) -> Sample:
    coded = setting.protocol == DEMOSAIC and setting.variant == CODED
    light = v if coded else srgb_decode(v)
    if setting.protocol == JDENSR:
        light = half_area(light)
    cfa = _cfa(setting)
    clean = mosaic(light, cfa)
    noise = sensor_noise(setting.level) if setting.level else NO_NOISE
    return Sample(exposed(clean, cfa, noise, rng, coded=coded), clean if setting.protocol == DENOISE_RAW else v)


def _cfa(setting: Setting) -> CFA:
    return canonical(Domain(setting.domain))
