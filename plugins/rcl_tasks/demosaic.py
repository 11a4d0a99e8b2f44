"""Turn a colour filter mosaic into RGB at full resolution, its noise removed on the way."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn

from rcl_calibration.profile import NoiseProfile
from rcl_cli.domain import Domain
from rcl_cli.network import Network
from rcl_cli.nn.cfa import from_rgb
from rcl_cli.nn.heads import DirectedHead, UpsamplingHead
from rcl_cli.noise import add_noise
from rcl_cli.plugins.hooks import hookimpl
from rcl_cli.task import Task
from rcl_tasks.shipped import shipped_head


class Demosaic(Task):
    """Mosaic → RGB; the head corrects a linear interpolation.

    Every raw is noisy, and interpolation would smear its noise into blotches that no later step can tell from
    detail. So the mosaic is noisy in training, the target is not, and σ(x) tells the network how much to remove.
    """

    name = "demosaic"
    domains = frozenset({Domain.BAYER, Domain.XTRANS})
    noise_aware = True

    def output(self, domain: Domain) -> Domain:
        return Domain.RGB

    def network(self, domain: Domain) -> str:
        return "restorer"

    def build_head(self, domain: Domain, feature_channels: int) -> nn.Module:
        return UpsamplingHead(feature_channels, domain)

    def head_on(self, network: Network) -> nn.Module:
        if not network.coded:
            return super().head_on(network)
        return DirectedHead(network.feature_channels, network.domain)

    def degrade(
        self, clean: Tensor, domain: Domain, noise: NoiseProfile, rng: torch.Generator
    ) -> tuple[Tensor, Tensor]:
        return add_noise(from_rgb(clean, domain), noise, domain, rng), clean  # (C, h, w), (3, H, W)

    def default_head(self, domain: Domain) -> Path | None:
        return shipped_head(self.name, domain)


@hookimpl
def rcl_task() -> type[Task]:
    return Demosaic
