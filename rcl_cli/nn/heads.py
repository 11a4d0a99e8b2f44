"""Heads for restoration tasks: what the features correct, added to what interpolation gives already, or all of it."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate, max_pool2d, pixel_shuffle

from rcl_cli.domain import Domain
from rcl_cli.nn.cfa import bilinear, measured, unpack
from rcl_cli.nn.malvar import malvar
from rcl_cli.nn.start import start

_START = 0.02
LIMIT = 4.0
"""Noise is rarely larger than so many σ; what is further away from its surroundings is detail."""
_TINY = 1e-9


class ResidualHead(nn.Module):
    """For results in the layout of the input: x + conv(features), (N, F, h, w), (N, C, h, w) → (N, C, h, w)."""

    def __init__(self, feature_channels: int, channels: int) -> None:
        super().__init__()
        self.last = small_conv(feature_channels, channels)

    def forward(self, features: Tensor, x: Tensor, sigma: Tensor | None = None) -> Tensor:
        correction: Tensor = self.last(features)
        return x + correction


class PlainHead(nn.Module):
    """A last layer alone, which has to make the whole picture from the features: pixel shuffle(conv(features)).

    (N, F, h, w), (N, C, h, w) → (N, C_out, h·U, w·U), U = `factor`. Initialised as PyTorch does.
    """

    def __init__(self, feature_channels: int, channels: int, factor: int = 1) -> None:
        super().__init__()
        self.factor = factor
        self.last = nn.Conv2d(feature_channels, channels * factor**2, 3, padding=1)

    def forward(self, features: Tensor, x: Tensor, sigma: Tensor | None = None) -> Tensor:
        return pixel_shuffle(self.last(features), self.factor)


class UpsamplingHead(nn.Module):
    """For RGB at sensor resolution times `scale`: interpolated x + pixel shuffle(conv(features)).

    (N, F, h, w), (N, C, h, w) → (N, 3, h·U, w·U) with U = domain.pixels · scale. The pixel shuffle is that of Shi et
    al. 2016.
    """

    def __init__(self, feature_channels: int, domain: Domain, scale: int = 1) -> None:
        super().__init__()
        self.domain = domain
        self.scale = scale
        self.factor = domain.pixels * scale
        self.last = small_conv(feature_channels, 3 * self.factor**2)

    def forward(self, features: Tensor, x: Tensor, sigma: Tensor | None = None) -> Tensor:
        correction = pixel_shuffle(self.last(features), self.factor)  # (N, 3, h·U, w·U)
        rgb = malvar(x) if self.domain is Domain.BAYER else bilinear(x, self.domain)
        return enlarged(rgb, self.scale) + correction


class NoiseBoundHead(nn.Module):
    """`ResidualHead` for coded networks: z + conv(features), by no more than `LIMIT` σ around it, where that is told.

    So without noise the picture stays as it is.
    """

    def __init__(self, feature_channels: int, channels: int) -> None:
        super().__init__()
        self.last = small_conv(feature_channels, channels)

    def forward(self, features: Tensor, z: Tensor, sigma: Tensor | None = None) -> Tensor:
        correction: Tensor = self.last(features)
        if sigma is None:
            return z + correction
        # What noise has made bright has a small σ on the curve: that of its neighbours lets it go all the way back.
        return z + within_noise(correction, max_pool2d(sigma, 3, stride=1, padding=1))


class DirectedHead(nn.Module):
    """`UpsamplingHead` for coded networks: it corrects the result of directional demosaicing.

    At the sensor's own resolution, samples are corrected by no more than `LIMIT` σ: without noise they stay. Where the
    noise is told, nothing else is further below black than that.
    """

    def __init__(self, feature_channels: int, domain: Domain, scale: int = 1) -> None:
        super().__init__()
        self.domain = domain
        self.scale = scale
        self.factor = domain.pixels * scale
        self.last = small_conv(feature_channels, 3 * self.factor**2, bias=False)

    def forward(self, features: Tensor, z: Tensor, sigma: Tensor | None = None) -> Tensor:
        correction = pixel_shuffle(self.last(features), self.factor)  # (N, 3, h·U, w·U)
        rgb = enlarged(start(z, self.domain), self.scale)
        result = rgb + correction
        if not self.domain.is_raw:
            return result
        noise = unpack(torch.zeros_like(z) if sigma is None else sigma, self.domain).unsqueeze(1)  # (N, 1, H, W)
        if sigma is not None:
            result = _above_black(result, interpolate(noise, scale_factor=self.scale))
        if self.scale > 1:
            return result
        return torch.where(measured(rgb, self.domain), rgb + within_noise(correction, noise), result)


def _above_black(rgb: Tensor, noise: Tensor) -> Tensor:
    """What is interpolated undershoots beside bright edges; below black is only what noise explains."""
    return torch.maximum(rgb, -LIMIT * noise)


def within_noise(correction: Tensor, sigma: Tensor) -> Tensor:
    """`correction`, softly limited to ±`LIMIT` σ."""
    most = LIMIT * sigma + _TINY
    return most * torch.tanh(correction / most)


def enlarged(rgb: Tensor, scale: int) -> Tensor:
    """Bicubic enlargement: (N, 3, H, W) → (N, 3, H·scale, W·scale); pixel centres are those of area reduction."""
    return rgb if scale == 1 else interpolate(rgb, scale_factor=scale, mode="bicubic")


def small_conv(feature_channels: int, channels: int, *, bias: bool = True) -> nn.Conv2d:
    """A 3×3 convolution so small at the start that a fresh head gives what its skip gives, yet passes gradients on."""
    conv = nn.Conv2d(feature_channels, channels, 3, padding=1, bias=bias)
    nn.init.normal_(conv.weight, std=_START / (9 * feature_channels) ** 0.5)
    if conv.bias is not None:
        nn.init.zeros_(conv.bias)
    return conv
