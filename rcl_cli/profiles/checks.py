"""Independent evidence against a noise profile: dark pixels, whose black level and read noise need no model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from rcl_calibration.fixed_pattern import black_level_warning
from rcl_calibration.profile import NoiseProfile, Planes
from rcl_cli.raw.optical_black import OpticalBlack

SHADOWS = 0.02
READ_TOLERANCE = 0.1
"""σ(SHADOWS) may differ by this part from what the border's read noise makes it."""


def checked_by_border(profile: NoiseProfile, border: OpticalBlack) -> NoiseProfile:
    """Weak, with the reason, where the border's black level or read noise is not the profile's."""
    profile = checked_by_black(profile, border.mean, border.sigma)
    off = shadows_off(profile, border)
    if off is None or abs(off) <= READ_TOLERANCE or profile.quality != "ok":
        return profile
    reason = f"σ({SHADOWS:g}) is {100 * off:+.0f} % from what the read noise of the shielded border makes it"
    return _doubted(profile, reason)


def shadows_off(profile: NoiseProfile, border: OpticalBlack) -> float | None:
    """By how much σ(SHADOWS) is larger than λ_shot with the border's read noise makes it, as a part, mean of planes."""
    if profile.black_level is None or profile.white_level is None or not any(profile.shot):
        return None
    read = border.read(profile.black_level, profile.white_level)
    parts = [
        float(profile.sigma(SHADOWS, plane)) / np.sqrt(profile.shot[plane] * SHADOWS + read[plane]) - 1
        for plane in range(4)
    ]
    return float(np.mean(parts))


def checked_by_black(profile: NoiseProfile, black: Planes, sigma: Sequence[float] | None = None) -> NoiseProfile:
    """Weak where the measured black level is not the file's: x, and σ in the shadows, is off by as much.

    black, sigma: mean and standard deviation of dark pixels, DN per plane; the profile's read noise if not given.
    """
    if profile.black_level is None or profile.white_level is None:
        return profile
    spans = profile.white_level - np.array(profile.black_level)
    spread = list(np.sqrt(profile.read) * spans) if sigma is None else sigma
    warning = black_level_warning(black, profile.black_level, spread)
    return _doubted(profile, warning) if warning else profile


def mean_border(borders: Sequence[OpticalBlack]) -> OpticalBlack:
    """The borders of several frames of one camera as one."""
    mean = np.mean([border.mean for border in borders], axis=0)
    sigma = np.sqrt(np.mean(np.square([border.sigma for border in borders]), axis=0))
    r, gr, gb, b = map(float, mean)
    sr, sgr, sgb, sb = map(float, sigma)
    return OpticalBlack((r, gr, gb, b), (sr, sgr, sgb, sb), sum(border.pixels for border in borders))


def _doubted(profile: NoiseProfile, doubt: str) -> NoiseProfile:
    reason = f"{profile.reason}; {doubt}" if profile.reason else doubt
    return replace(profile, quality="weak" if profile.quality == "ok" else profile.quality, reason=reason)
