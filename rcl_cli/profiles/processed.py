"""The noise profile of an RGB file whose noise is not independent from pixel to pixel, as in every JPEG of a camera."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rcl_calibration.processed import ProcessedNoise, processed_noise
from rcl_calibration.profile import SIGMA_X, NoiseProfile
from rcl_cli.profiles.by_iso import VISIBLE, beyond_words, displayed, expected, is_beyond
from rcl_cli.profiles.cautious import MIDTONE
from rcl_cli.raw.frame import RgbFrame
from rcl_cli.raw.srgb import srgb_decode, srgb_encode

CORRELATED = 0.2
"""Correlation of neighbours from which noise counts as processed."""
_DISPLAYED = np.linspace(0.05, 0.95, 19)


def in_flat_blocks(frame: RgbFrame) -> ProcessedNoise | None:
    """The noise in flat blocks of the frame, as displayed; None where there is none to see."""
    found = processed_noise(srgb_encode(frame.rgb).transpose(2, 0, 1))
    return found if found is not None and found.variance.all() else None


def is_white(found: ProcessedNoise) -> bool:
    """Whether it is independent from pixel to pixel, or nearly so."""
    return found.correlation < CORRELATED


def profile_of(found: ProcessedNoise, iso: float | None) -> NoiseProfile:
    """λ of light, for noise that is the same at every displayed brightness, in a picture of this ISO.

    The quality is "weak": the level holds for the whole of the noise, not for what neighbouring pixels differ by. The
    interval of σ(x) goes down to what cannot well be texture: 0 where that would not be seen. A file that says a high
    ISO has noise, unless what is found is more than any camera has at that ISO: so it is where all is text on white.
    """
    level = _level(found)
    beyond = is_beyond(level, iso)
    certain = max(found.certain, 0.0 if beyond else expected(iso))
    certain = certain if certain * level >= VISIBLE else 0.0
    shot, read = noise_of_light()
    red, green, blue = found.variance.tolist()
    planes = np.array([red, green, green, blue])
    sigma = np.sqrt(planes[:, None] * (shot * np.array(SIGMA_X) + read))
    return NoiseProfile(
        tuple((shot * planes).tolist()),
        tuple((read * planes).tolist()),
        method="flat blocks",
        quality="weak",
        reason=_reason(found, level, certain, iso if beyond else None),
        sigma_ci=tuple(tuple((certain * s, s) for s in plane) for plane in sigma.tolist()),
    )


def more_by_iso(usual: NoiseProfile, found: ProcessedNoise) -> bool:
    """Whether flat blocks tell white noise better than the usual estimate, where the ISO says that there is some.

    They do where more than `usual` is surely noise: as in JPEGs, whose colours share noise, which to it is texture.
    """
    level = _level(found)
    if not expected(usual.iso) or is_beyond(level, usual.iso):
        return False
    return found.certain * level > displayed(float(usual.sigma(MIDTONE)))


def is_certain(processed: NoiseProfile) -> bool:
    """Whether all of it must be noise."""
    return _least(processed) >= float(processed.sigma(0.18))


def surer(usual: NoiseProfile, processed: NoiseProfile) -> bool:
    """Whether the usual estimate is certain of more noise in the mid-tones."""
    return _least(usual) > _least(processed)


def _least(profile: NoiseProfile) -> float:
    return profile.sigma_ci[1][SIGMA_X.index(0.18)][0] if profile.sigma_ci else 0.0


def _level(found: ProcessedNoise) -> float:
    """σ, of 255, as displayed."""
    return 255 * float(np.sqrt(np.mean(found.variance)))


def _reason(found: ProcessedNoise, level: float, certain: float, iso: float | None) -> str:
    """`iso`: where noise alone cannot be so strong."""
    spread = "processing has spread its noise over neighbouring pixels; in flat parts it"
    words = f"{'its noise in flat parts' if is_white(found) else spread} is {level:.1f} of 255"
    if certain == 1:
        return words
    known = "" if iso is None else f", {beyond_words(iso)}"
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
