"""How much of the fine texture a denoiser keeps, whatever noise it leaves."""

from __future__ import annotations

import cv2
import numpy as np

from rcl_benchmark.quality.pictures import Float

BLOCK = 8
"""Side of a block in elements of a packed plane."""
_WINDOW = 5
_FLAT = 1e-10
"""Mean square of fine detail below which a block has none that a result could keep."""


def kept_texture(result: Float, truth: Float) -> float | None:
    """Part of the truth's fine detail that a result has, (C, h, w) both; 1: all. None where there is no texture.

    Fine detail is the difference to a Gaussian blur of 5×5 (σ = 1.1, OpenCV's for this window). In each block the
    result's is projected on the truth's: ⟨r, t⟩ / ⟨t, t⟩. Noise is not correlated with the truth, so it does not count.
    The mean over the blocks in which the truth's gradient energy is above its median over all blocks of the plane.
    """
    parts = [_parts(a, b) for a, b in zip(result, truth, strict=True)]
    kept = np.concatenate(parts)
    return float(kept.mean()) if kept.size else None


def _parts(result: Float, truth: Float) -> Float:
    fine_result, fine_truth = _fine(result), _fine(truth)
    energy = _by_blocks(fine_truth**2)
    gradient = _by_blocks(sum(np.square(part) for part in np.gradient(truth)))
    textured = (gradient > np.median(gradient)) & (energy > _FLAT)
    projected: Float = _by_blocks(fine_result * fine_truth)[textured] / energy[textured]
    return projected


def _fine(plane: Float) -> Float:
    return np.asarray(plane - cv2.GaussianBlur(plane, (_WINDOW, _WINDOW), 0), np.float64)


def _by_blocks(values: Float) -> Float:
    """(h, w) → mean of each whole block, flat."""
    height, width = (length // BLOCK for length in values.shape)
    cut = values[: height * BLOCK, : width * BLOCK]
    return np.asarray(cut.reshape(height, BLOCK, width, BLOCK).mean((1, 3)).ravel())
