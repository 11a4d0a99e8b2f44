"""Errors of restored pictures, in units in which all pictures of a batch count alike."""

from __future__ import annotations

from torch import Tensor

DN = 255.0
"""8-bit digital numbers in the normalised range 0…1."""
TYPICAL_NOISE = 8 / DN
"""σ where the host knows none."""
_FLOOR = (1 / DN) ** 2


def picture_sum(values: Tensor) -> Tensor:
    """(N, C, h, w) → scalar: the mean over each picture's elements, summed over the pictures."""
    return values.flatten(1).mean(1).sum()


def precision(sigma: Tensor) -> Tensor:
    """1/(mean variance + 1 DN²) of each picture, (N, 1, 1, 1), from σ, (N, C, h, w).

    Errors are small where noise is. As shares of the noise they count alike, whatever the ISO; the 1 DN² keeps
    pictures that have next to none from counting most.
    """
    return 1 / (sigma.detach().square().mean((1, 2, 3), keepdim=True) + _FLOOR)
