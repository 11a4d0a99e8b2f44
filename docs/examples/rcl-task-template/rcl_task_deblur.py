"""Sharpen pictures that are slightly out of focus and remove their noise."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, pad

from rcl_cli import Domain, NoiseProfile, ResidualHead, Task, add_noise, from_rgb, hookimpl, option


class Deblur(Task):
    """x → the same picture in focus; a mosaic stays a mosaic."""

    name = "deblur"
    domains = frozenset(Domain)
    noise_aware = True

    @dataclass(frozen=True)
    class Options:
        blur: float = option(1.5, "Largest standard deviation of the blur, in sensor pixels.", above=0, most=4)

    def build_head(self, domain: Domain, feature_channels: int) -> nn.Module:
        return ResidualHead(feature_channels, domain.channels)

    def degrade(
        self, clean: Tensor, domain: Domain, noise: NoiseProfile, rng: torch.Generator
    ) -> tuple[Tensor, Tensor]:
        sigma = self.options.blur * (1 - float(torch.rand((), generator=rng)))  # 0 < sigma ≤ blur
        x = from_rgb(blurred(clean, sigma), domain)  # (C, h, w)
        return add_noise(x, noise, domain, rng), from_rgb(clean, domain)


def blurred(rgb: Tensor, sigma: float) -> Tensor:
    """(3, H, W) convolved with a Gaussian of standard deviation `sigma` pixels, cut off at 3 `sigma`."""
    radius = max(1, round(3 * sigma))
    kernel = torch.exp(-0.5 * (torch.arange(-radius, radius + 1, device=rgb.device) / sigma) ** 2)
    kernel = kernel / kernel.sum()
    padded = pad(rgb.unsqueeze(1), [radius] * 4, mode="reflect")  # (3, 1, H + 2·radius, W + 2·radius)
    return conv2d(conv2d(padded, kernel.view(1, 1, 1, -1)), kernel.view(1, 1, -1, 1)).squeeze(1)


@hookimpl
def rcl_task() -> type[Task]:
    return Deblur
