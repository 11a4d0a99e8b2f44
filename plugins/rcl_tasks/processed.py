"""Noise as RGB files have it: spread over neighbouring pixels and channels by demosaicing, and compressed."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import conv2d

NARROWEST, WIDEST = 0.35, 1.0
"""σ of the Gaussian by which noise is spread, in pixels; 0.7 gives the correlation that camera JPEGs show: 0.6 from one
pixel to the next, 0.13 two pixels away."""
MOST_COMMON = 0.6
"""Largest share of the variance that the three channels have in common."""
_REACH = 3


def processed_noise(shape: Sequence[int], rng: torch.Generator) -> Tensor:
    """Noise of variance 1, (3, H, W), correlated over pixels and channels."""
    height, width = shape[-2:]
    spread, common = torch.rand(2, generator=rng).tolist()
    noise = torch.randn(4, height + 2 * _REACH, width + 2 * _REACH, generator=rng)
    share = common * MOST_COMMON
    mixed: Tensor = (1 - share) ** 0.5 * noise[:3] + share**0.5 * noise[3]
    kernel = _gaussian(NARROWEST + spread * (WIDEST - NARROWEST))
    for weights in (kernel[:, None], kernel[None]):
        mixed = conv2d(mixed[:, None], weights[None, None])[:, 0]
    return mixed


def compressed(x: Tensor, quality: int) -> Tensor:
    """(3, H, W) of values for a display through JPEG; what is outside 0…1 is cut off, as every JPEG does."""
    values = (x.clamp(0, 1) * 255).round().to(torch.uint8).permute(1, 2, 0).flip(-1)
    done, encoded = cv2.imencode(".jpg", np.ascontiguousarray(values.numpy()), [cv2.IMWRITE_JPEG_QUALITY, quality])
    assert done
    decoded = cv2.imdecode(encoded, cv2.IMREAD_COLOR)
    assert decoded is not None
    return torch.from_numpy(decoded[..., ::-1].copy()).permute(2, 0, 1).float() / 255


def _gaussian(sigma: float) -> Tensor:
    """Weights whose squares sum to 1, so that white noise keeps its variance."""
    places = torch.arange(-_REACH, _REACH + 1)
    weights = torch.exp(-(places**2) / (2 * sigma**2))
    return weights / weights.square().sum().sqrt()
