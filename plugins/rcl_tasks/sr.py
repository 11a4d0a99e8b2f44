"""Double the resolution along each axis and give RGB; noise is kept as it is."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, interpolate

from rcl_calibration.profile import NoiseProfile
from rcl_cli.domain import Domain
from rcl_cli.network import Network
from rcl_cli.nn.cfa import from_rgb
from rcl_cli.nn.curve import REST, Code
from rcl_cli.nn.heads import DirectedHead, UpsamplingHead
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

    def network(self, domain: Domain) -> str:
        return "restorer"

    def build_head(self, domain: Domain, feature_channels: int) -> nn.Module:
        return UpsamplingHead(feature_channels, domain, self.scale)

    def head_on(self, network: Network) -> nn.Module:
        if not network.coded:
            return super().head_on(network)
        return DirectedHead(network.feature_channels, network.domain, self.scale)

    def degrade(
        self, clean: Tensor, domain: Domain, noise: NoiseProfile, rng: torch.Generator
    ) -> tuple[Tensor, Tensor]:
        return from_rgb(reduced(clean, self.scale, domain, rng), domain), clean

    def default_head(self, domain: Domain) -> Path | None:
        return shipped_head(self.name, domain)


def reduced(clean: Tensor, scale: int, domain: Domain, rng: torch.Generator) -> Tensor:
    """What a sensor or a program makes of (3, H, W) at the size H/scale × W/scale.

    A large pixel of a sensor gathers the light of the small ones that it covers. RGB files have been reduced by
    programs: as many by bicubic interpolation of light, or of values for a display.
    """
    way = 0 if domain.is_raw else int(torch.randint(3, (), generator=rng))
    if way == 0:
        return avg_pool2d(clean, scale)
    code = Code.of(REST, coded=way == 2)
    values = code.encode(clean[None])
    small = interpolate(values, scale_factor=1 / scale, mode="bicubic", antialias=True)
    return code.decode(small)[0]


@hookimpl
def rcl_task() -> type[Task]:
    return SuperResolution
