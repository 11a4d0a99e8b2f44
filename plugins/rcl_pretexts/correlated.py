"""Noise of a measured covariance."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import conv2d

from rcl_calibration.correlation import noise_kernel
from rcl_calibration.profile import Covariance, NoiseProfile


def correlated_noise(side: int, noise: Sequence[NoiseProfile], rng: torch.Generator) -> Tensor:
    """(N, C, side, side) Gaussian noise, each picture's with the covariance of its own profile, which it must have."""
    kernels = torch.stack([torch.from_numpy(_kernel(profile.covariance)) for profile in noise])  # (N, C, C, k, k)
    pictures, channels, _, lags, _ = kernels.shape
    white = torch.randn((1, pictures * channels, side + lags - 1, side + lags - 1), generator=rng)
    drawn = conv2d(white, kernels.reshape(-1, channels, lags, lags), groups=pictures)
    return drawn.reshape(pictures, channels, side, side)


@lru_cache(maxsize=4096)
def _kernel(covariance: Covariance | None) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    if covariance is None:
        raise ValueError("the profile has no covariance")
    return noise_kernel(np.array(covariance)).astype(np.float32)
