"""The noise profile of an RGB file whose noise is not independent from pixel to pixel, as in every JPEG of a camera."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rcl_calibration.processed import processed_noise
from rcl_calibration.profile import SIGMA_X, NoiseProfile
from rcl_cli.raw.frame import RgbFrame
from rcl_cli.raw.srgb import srgb_decode, srgb_encode

CORRELATED = 0.2
"""Correlation of neighbours from which noise counts as processed."""
_VISIBLE = 0.7
"""Of 255, as displayed: less is not told apart from rounding, and not seen."""
_ISO = (400.0, 1600.0)
"""Up to the first the file's ISO says nothing of whether there is noise; from the second there is."""
_MOST_AT_100 = 4.0
"""Of 255, as displayed: no camera has more noise in its mid-tones at ISO 100, and at others by the root of the ISO. Of
374 cameras that darktable profiled none has a third of it; developing with contrast and white balance adds some."""
_DISPLAYED = np.linspace(0.05, 0.95, 19)


def processed_profile(frame: RgbFrame) -> NoiseProfile | None:
    """λ of light, for noise that is the same at every displayed brightness; None where it is independent, or absent.

    The quality is "weak": the level holds for the whole of the noise, not for what neighbouring pixels differ by. The
    interval of σ(x) goes down to what cannot well be texture: 0 where that would not be seen. A file that says a high
    ISO has noise, unless what is found is more than any camera has at that ISO: so it is where all is text on white.
    """
    displayed = srgb_encode(frame.rgb).transpose(2, 0, 1)
    found = processed_noise(displayed)
    if found is None or found.correlation < CORRELATED or not found.variance.all():
        return None
    level = 255 * float(np.sqrt(np.mean(found.variance)))
    beyond = _is_beyond(level, frame.metadata.iso)
    certain = max(found.certain, 0.0 if beyond else _expected(frame.metadata.iso))
    certain = certain if certain * level >= _VISIBLE else 0.0
    shot, read = noise_of_light()
    red, green, blue = found.variance.tolist()
    planes = np.array([red, green, green, blue])
    sigma = np.sqrt(planes[:, None] * (shot * np.array(SIGMA_X) + read))
    return NoiseProfile(
        tuple((shot * planes).tolist()),
        tuple((read * planes).tolist()),
        method="flat blocks",
        quality="weak",
        reason=_reason(level, certain, frame.metadata.iso if beyond else None),
        sigma_ci=tuple(tuple((certain * s, s) for s in plane) for plane in sigma.tolist()),
    )


def is_certain(processed: NoiseProfile) -> bool:
    """Whether all of it must be noise."""
    return _least(processed) >= float(processed.sigma(0.18))


def surer(usual: NoiseProfile, processed: NoiseProfile) -> bool:
    """Whether the usual estimate is certain of more noise in the mid-tones."""
    return _least(usual) > _least(processed)


def _least(profile: NoiseProfile) -> float:
    return profile.sigma_ci[1][SIGMA_X.index(0.18)][0] if profile.sigma_ci else 0.0


def _expected(iso: float | None) -> float:
    """0…1: how sure it is by the ISO that there is noise."""
    low, high = _ISO
    return float(np.clip(np.log(iso / low) / np.log(high / low), 0, 1)) if iso else 0.0


def _is_beyond(level: float, iso: float | None) -> bool:
    return bool(iso) and level > _MOST_AT_100 * float(np.sqrt((iso or 0.0) / 100))


def _reason(level: float, certain: float, iso: float | None) -> str:
    """`iso`: where noise alone cannot be so strong."""
    words = f"processing has spread its noise over neighbouring pixels; in flat parts it is {level:.1f} of 255"
    if certain == 1:
        return words
    known = "" if iso is None else f", more than noise can be at ISO {iso:g}"
    sure = f"{certain * level:.1f} of it surely noise" if certain else "all of which may be texture"
    return f"{words}{known}, {sure}"


def noise_of_light() -> tuple[float, float]:
    """λ_shot and λ_read of light that come closest, relatively, to variance 1 of displayed values."""
    light: NDArray[np.float64] = srgb_decode(_DISPLAYED).astype(np.float64)
    step = 1e-3
    slope = (srgb_decode(_DISPLAYED + step).astype(np.float64) - srgb_decode(_DISPLAYED - step)) / (2 * step)
    variance = slope**2
    (shot, read), *_ = np.linalg.lstsq(np.stack([light, np.ones_like(light)], 1) / variance[:, None], np.ones(19))
    return float(shot), max(float(read), 0.0)
