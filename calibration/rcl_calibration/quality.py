"""When a blind estimate must not be trusted, and the words that say why."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rcl_calibration.profile import SIGMA_X, Interval
from rcl_calibration.spectrum import CORRELATED, TEXTURED

LEAST_BLOCKS = 200
BANDING = 0.1
"""Rows' or columns' noise, over that of a pixel in the dark, from which on it shows: lines catch the eye."""
_SPREAD = 0.2
_TEXTURED = 0.1
"""Part of the variance from which on texture cannot be told from noise."""
_TEXTURE_IN_UNEVEN = 25.0
_MOST_SHARED, _SHARED_DOUBT = 0.3, 0.6
"""Part of the variance that lattices share above which noise is not called correlated, and how much more of the middle
frequencies each part is allowed: of 1000 simulated Bayer raws that nothing had processed none had more, up to there."""


@dataclass(frozen=True)
class Evidence:
    """What the verdict rests on."""

    blocks: float
    """Blocks measured."""
    texture: float
    """Part of the variance measured that was texture, and taken off."""
    shared: float
    """The same by what lattices share alone: the spectrum of processed noise looks like texture."""
    correlation: float
    """Variance in the middle frequencies over that in the high ones, 1 for white noise."""
    uneven: float
    """Variance of the noise level from block to block, over that of Gaussian noise of one level, less 1."""
    still: float
    """Part of the blocks without any variation."""
    clipped: float
    """Part of the blocks that run into black or white."""
    rounding: float
    """Part of the variance measured that was rounding."""
    gaps: float
    """Variance of rounding, more than the file's step accounts for, over that of the noise."""
    levels: float
    """Values that the file can tell apart, from black to white."""
    constant: float
    """Part of the variance at the brightest value seen that is surely not shot noise."""
    row_noise: float
    """Standard deviation of the rows' offsets over that of a pixel's noise at x = 0.02."""
    column_noise: float
    """The same of the columns'."""
    x_range: Interval
    sigma_ci: tuple[Interval, ...]


def verdict(evidence: Evidence) -> tuple[str, str]:
    """(quality, reason): "ok" and no reason, or the gravest reasons in words."""
    if evidence.blocks < LEAST_BLOCKS:
        return "unidentifiable", "too few blocks without texture and clipping to measure noise in"
    weak = [reason for present, reason in _weaknesses(evidence) if present]
    if weak:
        return "weak", "; ".join(weak)
    if _spread(evidence, inside=False) > _SPREAD:
        low, high = evidence.x_range
        reason = "too little range of brightness to tell shot from read noise"
        return "unidentifiable", f"{reason}; σ(x) holds for x from {low:.3f} to {high:.3f}"
    return "ok", ""


def _weaknesses(evidence: Evidence) -> list[tuple[bool, str]]:
    # What texture leaves in the ratio of middle to high frequencies can be anything once there is much of it, and is
    # then no sign of what the camera has done. In the unevenness it adds with its square, as it comes in patches.
    textured, blurred = evidence.texture > _TEXTURED, evidence.shared > TEXTURED
    doubt = evidence.shared
    patches = _TEXTURE_IN_UNEVEN * evidence.texture**2
    return [
        (evidence.still > 0.2, "much of the image does not vary at all: denoised, compressed or empty"),
        (
            doubt <= (TEXTURED if textured else _MOST_SHARED)
            and evidence.correlation > CORRELATED + _SHARED_DOUBT * doubt,
            "the noise is correlated: denoised in the camera, resized or compressed",
        ),
        (
            not blurred and evidence.correlation < 0.8 - doubt,
            "the noise is stronger in fine detail than in coarse: sharpened or compressed",
        ),
        (
            evidence.uneven > 0.35 + patches,
            "the noise is uneven from place to place: denoised in the camera or compressed",
        ),
        (evidence.rounding > 0.3, "the noise is smaller than the distance between the file's values"),
        (evidence.gaps > 0.02, "many values never occur: the file was compressed with loss"),
        (evidence.levels < 512 and evidence.constant > 0.9, "the noise does not grow with light: not linear values"),
        (evidence.row_noise > BANDING, "banding: whole rows are offset from one another"),
        (evidence.column_noise > BANDING, "banding: whole columns are offset from one another"),
        (textured, "texture everywhere, noise and texture cannot be told apart well"),
        (evidence.clipped > 0.6, "most of the image is clipped"),
        (_spread(evidence, inside=True) > _SPREAD, "the interval of σ(x) is wide"),
    ]


def _spread(evidence: Evidence, *, inside: bool) -> float:
    """Largest relative half-width of the interval of σ(x), inside the range seen or anywhere."""
    low, high = evidence.x_range
    chosen = [
        (upper - lower) / max(upper + lower, 1e-12)
        for x, (lower, upper) in zip(SIGMA_X, evidence.sigma_ci, strict=True)
        if not inside or low <= x <= high
    ]
    return float(np.max(chosen)) if chosen else 0.0
