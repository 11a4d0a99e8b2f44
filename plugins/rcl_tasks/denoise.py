"""Remove noise; the result keeps the layout of the input, a mosaic stays a mosaic."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn

from rcl_calibration.profile import NoiseProfile
from rcl_cli.domain import Domain
from rcl_cli.network import Network
from rcl_cli.nn.cfa import from_rgb
from rcl_cli.nn.heads import NoiseBoundHead, ResidualHead
from rcl_cli.noise import add_noise
from rcl_cli.plugins.hooks import hookimpl
from rcl_cli.task import Task
from rcl_tasks.shipped import shipped_head


class Denoise(Task):
    """x → the same picture without noise; the head corrects x itself."""

    name = "denoise"
    domains = frozenset(Domain)
    noise_aware = True

    def network(self, domain: Domain) -> str:
        return "restorer"

    def build_head(self, domain: Domain, feature_channels: int) -> nn.Module:
        return ResidualHead(feature_channels, domain.channels)

    def head_on(self, network: Network) -> nn.Module:
        if not network.coded:
            return super().head_on(network)
        return NoiseBoundHead(network.feature_channels, network.domain.channels)

    def degrade(
        self, clean: Tensor, domain: Domain, noise: NoiseProfile, rng: torch.Generator
    ) -> tuple[Tensor, Tensor]:
        target = from_rgb(clean, domain)  # (C, h, w)
        return add_noise(target, noise, domain, rng), target

    def default_head(self, domain: Domain) -> Path | None:
        return shipped_head(self.name, domain)


@hookimpl
def rcl_task() -> type[Task]:
    return Denoise
