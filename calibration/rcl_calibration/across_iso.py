"""Noise at an ISO that was not measured, from those of the same camera that were."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from rcl_calibration.profile import SIGMA_X, Interval, NoiseProfile

READ_EXPONENT = 1.2
"""λ_read ∝ ISO^1.2 beyond what was measured: the median over 415 published cameras. λ_shot ∝ ISO."""
DROP = 0.8
"""λ_read that falls to less than this from one ISO to a higher one tells a switch of gain between them."""
_SYSTEMATIC = 0.03
_EXTRAPOLATED = 0.15
_LEAST_READ = 1e-14


def gain_switches(profiles: Sequence[NoiseProfile]) -> list[tuple[float, float]]:
    """Neighbouring measured ISOs between which the sensor switches its gain.

    The same read noise in electrons is more of the range at a higher ISO, so that λ_read grows with the ISO; where it
    falls, another circuit reads the pixels.
    """
    return [
        (float(low.iso or 0), float(high.iso or 0)) for low, high in pairwise(_by_iso(profiles)) if _switches(low, high)
    ]


def between(profiles: Sequence[NoiseProfile], iso: float) -> NoiseProfile | None:
    """The profile at `iso` interpolated log-log between the nearest lower and higher ISO; None where it cannot be.

    `profiles`: of one camera and levels. Across a switch of gain nothing is interpolated.
    """
    lower, higher = _around(profiles, iso)
    if lower is None or higher is None or _switches(lower, higher):
        return None
    low, high = float(lower.iso or 0), float(higher.iso or 0)
    part = np.log(iso / low) / np.log(high / low)

    def mix(a: float, b: float) -> float:
        return float(np.exp((1 - part) * np.log(max(a, _LEAST_READ)) + part * np.log(max(b, _LEAST_READ))))

    shot = _planes(lambda plane: mix(lower.shot[plane], higher.shot[plane]))
    read = _planes(lambda plane: mix(lower.read[plane], higher.read[plane]))
    error = max(half_width(lower), half_width(higher)) + _SYSTEMATIC
    quality = "ok" if lower.quality == higher.quality == "ok" else "weak"
    reason = "" if quality == "ok" else "interpolated between weak profiles"
    return _made(lower, iso, shot, read, error, f"interpolated between ISO {low:g} and {high:g}", quality, reason)


def beyond(profiles: Sequence[NoiseProfile], iso: float) -> NoiseProfile | None:
    """The profile at `iso` extrapolated from the nearest measured ISO: "weak", with the reason; None without any."""
    measured = _by_iso(profiles)
    if not measured:
        return None
    nearest = min(measured, key=lambda profile: abs(np.log(iso / (profile.iso or 1.0))))
    ratio = iso / float(nearest.iso or 1.0)
    shot = _planes(lambda plane: nearest.shot[plane] * ratio)
    read = _planes(lambda plane: nearest.read[plane] * ratio**READ_EXPONENT)
    error = half_width(nearest) + _EXTRAPOLATED * abs(float(np.log2(ratio)))
    method = f"extrapolated from ISO {nearest.iso:g}"
    reason = f"{method} to ISO {iso:g}, which was not measured; calibrate it"
    return _made(nearest, iso, shot, read, error, method, "weak", reason)


def _by_iso(profiles: Sequence[NoiseProfile]) -> list[NoiseProfile]:
    return sorted((profile for profile in profiles if profile.iso), key=lambda profile: profile.iso or 0.0)


def _around(profiles: Sequence[NoiseProfile], iso: float) -> tuple[NoiseProfile | None, NoiseProfile | None]:
    measured = _by_iso(profiles)
    below = [profile for profile in measured if (profile.iso or 0) < iso]
    above = [profile for profile in measured if (profile.iso or 0) > iso]
    return (below[-1] if below else None), (above[0] if above else None)


def _switches(low: NoiseProfile, high: NoiseProfile) -> bool:
    return bool(np.mean(high.read) < DROP * np.mean(low.read))


def _planes(value: Callable[[int], float]) -> tuple[float, float, float, float]:
    return value(0), value(1), value(2), value(3)


def half_width(profile: NoiseProfile, x_range: Interval = (0.0, 1.0)) -> float:
    """Widest relative half-width of the interval of σ(x), x in `x_range`; where none of SIGMA_X is, of all."""
    if profile.sigma_ci is None:
        return _SYSTEMATIC
    x = np.array(SIGMA_X)
    inside = (x >= x_range[0]) & (x <= x_range[1])
    intervals = np.array(profile.sigma_ci, dtype=np.float64)[:, inside if inside.any() else slice(None)]
    low, high = intervals.reshape(-1, 2).T
    return float(np.max((high - low) / np.maximum(high + low, 1e-12)))


def _made(
    source: NoiseProfile,
    iso: float,
    shot: tuple[float, float, float, float],
    read: tuple[float, float, float, float],
    error: float,
    method: str,
    quality: str,
    reason: str,
) -> NoiseProfile:
    made = replace(source, iso=iso, shot=shot, read=read, shot_ci=None, read_ci=None, sigma_ci=None)
    intervals: list[tuple[Interval, ...]] = []
    for plane in range(4):
        sigma = made.sigma(np.array(SIGMA_X), plane)
        intervals.append(tuple((float(s * max(1 - error, 0.0)), float(s * (1 + error))) for s in sigma))
    return replace(made, sigma_ci=tuple(intervals), method=method, quality=quality, reason=reason)
