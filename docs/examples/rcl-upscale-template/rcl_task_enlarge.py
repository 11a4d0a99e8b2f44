"""Double the pixels along each axis and remove the noise."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d

from rcl_cli import Domain, NoiseProfile, Task, UpsamplingHead, add_noise, from_rgb, hookimpl


class Enlarge(Task):
    """A picture or mosaic of (H, W) sensor pixels → RGB of (2 H, 2 W)."""

    name = "enlarge"
    domains = frozenset(Domain)
    scale = 2  # `degrade` is given clean crops of twice the size of its input
    noise_aware = True

    def output(self, domain: Domain) -> Domain:
        return Domain.RGB

    def build_head(self, domain: Domain, feature_channels: int) -> nn.Module:
        # (N, F, h, w), (N, C, h, w) → (N, 3, h·U, w·U): U = domain.pixels · scale, as a mosaic's planes are packed.
        return UpsamplingHead(feature_channels, domain, self.scale)

    def degrade(
        self, clean: Tensor, domain: Domain, noise: NoiseProfile, rng: torch.Generator
    ) -> tuple[Tensor, Tensor]:
        # A large pixel gathers the light of the four small ones that it covers: (3, 2 H, 2 W) → (3, H, W).
        small = avg_pool2d(clean, self.scale)
        return add_noise(from_rgb(small, domain), noise, domain, rng), clean


@hookimpl
def rcl_task() -> type[Task]:
    return Enlarge
