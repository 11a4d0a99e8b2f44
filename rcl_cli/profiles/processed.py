"""The noise profile of an RGB file whose noise is not independent from pixel to pixel, as in every JPEG of a camera."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rcl_calibration.processed import processed_noise
from rcl_calibration.profile import NoiseProfile
from rcl_cli.raw.frame import RgbFrame
from rcl_cli.raw.srgb import srgb_decode, srgb_encode

CORRELATED = 0.2
"""Correlation of neighbours from which noise counts as processed."""
_DISPLAYED = np.linspace(0.05, 0.95, 19)


def processed_profile(frame: RgbFrame) -> NoiseProfile | None:
    """λ of light, for noise that is the same at every displayed brightness; None where it is independent, or absent.

    The quality is "weak": the level holds for the whole of the noise, not for what neighbouring pixels differ by.
    """
    displayed = srgb_encode(frame.rgb).transpose(2, 0, 1)
    found = processed_noise(displayed)
    if found is None or found.correlation < CORRELATED or not found.variance.all():
        return None
    shot, read = noise_of_light()
    red, green, blue = found.variance.tolist()
    planes = np.array([red, green, green, blue])
    level = 255 * float(np.sqrt(np.mean(found.variance)))
    return NoiseProfile(
        tuple((shot * planes).tolist()),
        tuple((read * planes).tolist()),
        method="flat blocks",
        quality="weak",
        reason=f"processing has spread its noise over neighbouring pixels; in flat parts it is {level:.1f} of 255",
    )


def noise_of_light() -> tuple[float, float]:
    """λ_shot and λ_read of light that come closest, relatively, to variance 1 of displayed values."""
    light: NDArray[np.float64] = srgb_decode(_DISPLAYED).astype(np.float64)
    step = 1e-3
    slope = (srgb_decode(_DISPLAYED + step).astype(np.float64) - srgb_decode(_DISPLAYED - step)) / (2 * step)
    variance = slope**2
    (shot, read), *_ = np.linalg.lstsq(np.stack([light, np.ones_like(light)], 1) / variance[:, None], np.ones(19))
    return float(shot), max(float(read), 0.0)
