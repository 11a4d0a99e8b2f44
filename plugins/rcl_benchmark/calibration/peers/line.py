"""What the peers share: the planes of a raw, blocks of them, and a line through (mean, variance)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from rcl_calibration.fit import fit_line
from rcl_calibration.model import Noise
from rcl_cli.raw.frame import RawFrame

Array = NDArray[np.float64]


def planes(frame: RawFrame) -> list[NDArray[np.float32]]:
    """The four (h, w) planes of a Bayer raw, normalised."""
    x = frame.normalized()
    return [x[i::2, j::2] for i in (0, 1) for j in (0, 1)]


def rounding(frame: RawFrame) -> float:
    """Variance that rounding to DN adds, normalised."""
    return 1 / (12 * (frame.white_level - frame.black_level[0]) ** 2)


def blocks(plane: NDArray[np.float32], size: int, step: int) -> NDArray[np.float32]:
    """(B, size, size) blocks every `step` pixels."""
    windows = sliding_window_view(plane, (size, size))[::step, ::step]
    return windows.reshape(-1, size, size)


def clipping_limits(frame: RawFrame) -> tuple[float, float]:
    """Normalised values between DN 0 and 1, and between the white level and the DN below it."""
    span = frame.white_level - frame.black_level[0]
    return (0.5 - frame.black_level[0]) / span, 1 - 0.5 / span


def unclipped(block_array: NDArray[np.float32], frame: RawFrame) -> NDArray[np.bool_]:
    """(B,) blocks without a value at DN 0 or at the white level."""
    lowest, highest = clipping_limits(frame)
    flat = block_array.reshape(len(block_array), -1)
    return np.asarray((flat.min(axis=1) > lowest) & (flat.max(axis=1) < highest))


def least_absolute_line(mean: Array, variance: Array, *, rounds: int = 30) -> Noise | None:
    """λ_shot, λ_read ≥ 0 with the least sum of relative absolute deviations; None where nothing was measured."""
    if mean.size < 2:
        return None
    x = np.maximum(mean, 0.0)
    noise = Noise(0.0, float(np.median(variance)))
    trust = np.ones_like(variance)
    for _ in range(rounds):
        model = np.maximum(noise.variance(x), 1e-12)
        shot, read = fit_line(x, variance, trust / model**2)
        noise = Noise(float(shot), float(read))
        # Weighted by their inverse, squared deviations are absolute ones.
        model = np.maximum(noise.variance(x), 1e-12)
        trust = 1 / np.maximum(np.abs(variance - model) / model, 1e-3)
    return noise


def mean_noise(noises: Sequence[Noise | None], less: float = 0.0) -> Noise | None:
    """The mean of the planes that could be measured, `less` a variance that is not the sensor's; None if none could."""
    found = [noise for noise in noises if noise is not None]
    if not found:
        return None
    read = float(np.mean([noise.read for noise in found])) - less
    return Noise(float(np.mean([noise.shot for noise in found])), max(read, 0.0))
