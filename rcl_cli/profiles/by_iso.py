"""What the ISO of an RGB picture says of its noise: whether there is some, and how much there can be."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from rcl_calibration.profile import SIGMA_X, NoiseProfile
from rcl_cli.profiles.cautious import MIDTONE
from rcl_cli.raw.srgb import srgb_encode

VISIBLE = 0.7
"""Of 255, as displayed: less is not told apart from rounding, and not seen."""
_ISO = (400.0, 1600.0)
"""Up to the first the file's ISO says nothing of whether there is noise; from the second there is."""
_MOST_AT_100 = 4.0
"""Of 255, as displayed: no camera has more noise in its mid-tones at ISO 100, and at others by the root of the ISO. Of
374 cameras that darktable profiled none has a third of it; developing with contrast and white balance adds some."""


def expected(iso: float | None) -> float:
    """0…1: how sure it is by the ISO that there is noise."""
    low, high = _ISO
    return float(np.clip(np.log(iso / low) / np.log(high / low), 0, 1)) if iso else 0.0


def is_beyond(level: float, iso: float | None) -> bool:
    """Whether it is more than any camera has. `level`: σ in the mid-tones, of 255, as displayed."""
    return bool(iso) and level > _MOST_AT_100 * float(np.sqrt((iso or 0.0) / 100))


def beyond_words(iso: float) -> str:
    """What is said of a picture where `is_beyond`."""
    return f"more than noise can be at ISO {iso:g}"


def surer_by_iso(profile: NoiseProfile) -> NoiseProfile:
    """A blind estimate whose interval of σ(x) begins no lower than the profile's ISO makes noise likely.

    Never above the estimate. The same where that would not be seen, or where the estimate is more than any camera has.
    """
    level, part = displayed(float(profile.sigma(MIDTONE))), expected(profile.iso)
    if profile.sigma_ci is None or profile.iso is None or part * level < VISIBLE:
        return profile
    if is_beyond(level, profile.iso):
        return replace(profile, reason="; ".join(filter(None, (profile.reason, beyond_words(profile.iso)))))
    lifted = (
        tuple((max(low, part * float(sigma)), high) for (low, high), sigma in zip(plane, sigmas, strict=True))
        for plane, sigmas in zip(profile.sigma_ci, (profile.sigma(np.array(SIGMA_X), p) for p in range(4)), strict=True)
    )
    return replace(profile, sigma_ci=tuple(lifted))


def displayed(sigma: float) -> float:
    """σ in the mid-tones, of light, as displayed, of 255."""
    step = 0.01
    below, above = srgb_encode(np.array([MIDTONE - step, MIDTONE + step])).tolist()
    return float(255 * sigma * (above - below) / (2 * step))
