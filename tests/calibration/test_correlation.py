from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter1d
from scipy.signal import correlate

from rcl_calibration.correlation import REACH, noise_covariance, noise_kernel

MIX = np.array([[1.0, 0.3, 0.0], [0.2, 0.8, 0.0], [0.0, 0.5, 1.2]]) * 4 / 255


def correlated(seed: int, side: int) -> np.ndarray:
    """Noise blurred along y by 0.9 pixels, along x by 0.6, and mixed over the channels."""
    white = np.random.default_rng(seed).standard_normal((3, side, side))
    blurred = gaussian_filter1d(gaussian_filter1d(white, 0.9, axis=1, mode="wrap"), 0.6, axis=2, mode="wrap")
    return np.einsum("cd,dij->cij", MIX, blurred)


def known_covariance() -> np.ndarray:
    impulse = np.zeros(33)
    impulse[16] = 1
    down, right = (gaussian_filter1d(impulse, blur) for blur in (0.9, 0.6))
    window = slice(32 - REACH, 33 + REACH)
    space = np.outer(correlate(down, down)[window], correlate(right, right)[window])
    return (MIX @ MIX.T)[:, :, None, None] * space


@pytest.mark.slow
def test_covariance_of_simulated_noise_on_a_picture_half_of_which_is_textured() -> None:
    side = 512
    rows, columns = np.mgrid[:side, :side] / side
    texture = 0.2 * np.sin(columns * 300) * np.sin(rows * 250) * (columns > 0.5)
    picture = 0.3 + 0.3 * rows + texture + correlated(0, side)
    truth = known_covariance()
    variance = truth[range(3), range(3), REACH, REACH]
    scale = np.sqrt(np.outer(variance, variance))[:, :, None, None]
    # 15 % low by the choice of the flattest blocks and the fitted plane, and the scatter of some 500 blocks.
    assert np.abs((noise_covariance(picture) - truth) / scale).max() < 0.2


def test_lags_are_told_apart_by_sign() -> None:
    white = np.random.default_rng(1).standard_normal((1, 256, 256)) / 50
    picture = 0.5 + np.concatenate([white, np.roll(white, (1, 2), (1, 2))])
    cross = noise_covariance(picture)[0, 1] * 2500
    assert cross[REACH + 1, REACH + 2] > 0.8
    assert abs(cross[REACH - 1, REACH - 2]) < 0.1


def test_kernel_gives_white_noise_the_covariance() -> None:
    truth = known_covariance()
    kernel = noise_kernel(truth)
    made = np.zeros_like(truth)
    for c in range(3):
        for d in range(3):
            full = sum(correlate(kernel[c, e], kernel[d, e]) for e in range(3))
            # correlate(a, b) at lag q is Σ a(p + q)·b(p), which is the covariance at −q for a filter on w(p + q).
            middle = 2 * REACH
            made[c, d] = full[middle - REACH : middle + REACH + 1, middle - REACH : middle + REACH + 1]
    variance = truth[range(3), range(3), REACH, REACH]
    np.testing.assert_allclose(made[range(3), range(3), REACH, REACH], variance)
    # The taper takes 6 % at a lag of 1 and more beyond, where little is left.
    assert np.abs(made - truth).max() < 0.1 * variance.max()


def test_too_small_a_picture() -> None:
    with pytest.raises(ValueError, match="smaller than"):
        noise_covariance(np.zeros((3, 8, 40)))
