"""Double the resolution along each axis and give RGB; noise is kept as it is."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d

from rcl_calibration.profile import NoiseProfile
from rcl_cli.domain import Domain
from rcl_cli.nn.cfa import from_rgb
from rcl_cli.nn.heads import UpsamplingHead
from rcl_cli.plugins.hooks import hookimpl
from rcl_cli.task import Task
from rcl_tasks.shipped import shipped_head


class SuperResolution(Task):
    """Picture or mosaic → RGB with twice the pixels along each axis; the head corrects bicubic enlargement."""

    name = "sr"
    domains = frozenset(Domain)
    scale = 2

    def output(self, domain: Domain) -> Domain:
        return Domain.RGB

    def build_head(self, domain: Domain, feature_channels: int) -> nn.Module:
        return UpsamplingHead(feature_channels, domain, self.scale)

    def degrade(
        self, clean: Tensor, domain: Domain, noise: NoiseProfile, rng: torch.Generator
    ) -> tuple[Tensor, Tensor]:
        # A large pixel gathers the light of the small ones that it covers.
        reduced = avg_pool2d(clean, self.scale)  # (3, H/scale, W/scale)
        return from_rgb(reduced, domain), clean

    def default_head(self, domain: Domain) -> Path | None:
        return shipped_head(self.name, domain)


@hookimpl
def rcl_task() -> type[Task]:
    return SuperResolution
