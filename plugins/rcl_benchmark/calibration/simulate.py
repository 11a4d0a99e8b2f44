"""A sensor of exactly known noise: from a clean picture to the DN of a raw frame."""

from __future__ import annotations

import math

import numpy as np

from rcl_benchmark.calibration.draws import Exposure
from rcl_benchmark.calibration.pictures import Picture
from rcl_cli.raw.cfa import CFA, mosaic
from rcl_cli.raw.frame import Metadata, RawFrame
from rcl_cli.samples.camera import Camera

_SQUARE = 12
_METADATA = Metadata(make="rcl", model="benchmark")


def clean_mosaic(picture: Picture, exposure: Exposure) -> Picture:
    """(H, W) normalised light at each pixel of the sensor; above 1 where the exposure blows highlights."""
    camera = Camera(white_balance=exposure.white_balance)
    return exposure.gain * mosaic(camera.camera_rgb(picture), CFA.named(exposure.phase))


def expose(clean: Picture, exposure: Exposure, rng: np.random.Generator) -> RawFrame:
    """Add the noise, round to DN and cut off at 0 and the white level.

    Noise has the exposure's λ_shot and λ_read before rounding, which adds 1/12 DN².
    """
    shot, read = exposure.noise.shot, exposure.noise.read
    if exposure.poisson:
        noisy = shot * rng.poisson(clean / shot) + math.sqrt(read) * rng.standard_normal(clean.shape, np.float32)
    else:
        noisy = clean + np.sqrt(shot * clean + read) * rng.standard_normal(clean.shape, np.float32)
    span = exposure.white_level - exposure.black_level
    dn = np.clip(np.rint(exposure.black_level + span * noisy.astype(np.float32)), 0, exposure.white_level).astype(
        np.uint16
    )
    black = float(exposure.black_level)
    return RawFrame(dn, CFA.named(exposure.phase), (black,) * 4, float(exposure.white_level), _METADATA)


def texture(picture: Picture) -> float:
    """How much detail a picture has where it is rather flat: the differences of neighbours but one, over brightness.

    The 20th percentile, over squares of _SQUARE pixels, of their root mean square over the mean.
    """
    green = picture[..., 1].astype(np.float64)
    detail = np.square(
        green[1:-1, 1:-1] * 2 - green[:-2, 1:-1] / 2 - green[2:, 1:-1] / 2 - green[1:-1, :-2] / 2 - green[1:-1, 2:] / 2
    )
    rows, columns = (side // _SQUARE for side in detail.shape)
    squares, means = (
        values[: rows * _SQUARE, : columns * _SQUARE].reshape(rows, _SQUARE, columns, _SQUARE).mean(axis=(1, 3))
        for values in (detail, green[1:-1, 1:-1])
    )
    return float(np.quantile(np.sqrt(squares) / np.maximum(means, 0.01), 0.2)) if squares.size else 0.0
