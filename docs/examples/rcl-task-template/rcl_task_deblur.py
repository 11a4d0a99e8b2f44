"""Sharpen pictures that are slightly out of focus, their noise removed on the way."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, pad

from rcl_calibration.profile import NoiseProfile
from rcl_cli.domain import Domain
from rcl_cli.nn.cfa import from_rgb
from rcl_cli.nn.heads import ResidualHead
from rcl_cli.noise import add_noise
from rcl_cli.plugins.hooks import hookimpl
from rcl_cli.task import Task

RADIUS = 4


class Deblur(Task):
    """x → the same picture, in focus; a mosaic stays a mosaic."""

    name = "deblur"
    domains = frozenset(Domain)
    noise_aware = True

    def build_head(self, domain: Domain, feature_channels: int) -> nn.Module:
        return ResidualHead(feature_channels, domain.channels)

    def degrade(
        self, clean: Tensor, domain: Domain, noise: NoiseProfile, rng: torch.Generator
    ) -> tuple[Tensor, Tensor]:
        sigma = 0.5 + float(torch.rand((), generator=rng))  # of the blur, in sensor pixels
        x = from_rgb(blurred(clean, sigma), domain)  # (C, h, w)
        return add_noise(x, noise, domain, rng), from_rgb(clean, domain)


def blurred(rgb: Tensor, sigma: float) -> Tensor:
    """(3, H, W) convolved with a Gaussian of standard deviation `sigma` pixels, cut off at RADIUS."""
    kernel = torch.exp(-0.5 * (torch.arange(-RADIUS, RADIUS + 1, device=rgb.device) / sigma) ** 2)
    kernel = kernel / kernel.sum()
    padded = pad(rgb.unsqueeze(1), [RADIUS] * 4, mode="reflect")  # (3, 1, H + 8, W + 8)
    return conv2d(conv2d(padded, kernel.view(1, 1, 1, -1)), kernel.view(1, 1, -1, 1)).squeeze(1)


@hookimpl
def rcl_task() -> type[Task]:
    return Deblur
