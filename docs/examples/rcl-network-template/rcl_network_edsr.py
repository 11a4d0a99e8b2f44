"""Residual blocks at full size, without batch normalisation (EDSR, Lim et al. 2017)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

from rcl_cli.domain import Domain
from rcl_cli.network import Network
from rcl_cli.plugins.hooks import hookimpl
from rcl_cli.plugins.options import option


class EDSR(Network):
    """(N, C, h, w) → (N, width, h, w). `sigma` has a stem of its own, zero until training turns it on."""

    name = "edsr"

    @dataclass(frozen=True)
    class Options:
        width: int = option(32, "Feature channels.", least=1)
        blocks: int = option(4, "Residual blocks, of two 3×3 convolutions each.", least=0)

    options: Options

    def __init__(self, domain: Domain, options: Mapping[str, Any] | None = None) -> None:
        super().__init__(domain, options)
        width = self.options.width
        self.stem = nn.Conv2d(domain.channels, width, 3, padding=1)
        self.sigma_stem = nn.Conv2d(domain.channels, width, 1, bias=False)
        nn.init.zeros_(self.sigma_stem.weight)
        self.blocks = nn.ModuleList(
            nn.Sequential(nn.Conv2d(width, width, 3, padding=1), nn.ReLU(), nn.Conv2d(width, width, 3, padding=1))
            for _ in range(self.options.blocks)
        )

    @property
    def feature_channels(self) -> int:
        return self.options.width

    def radius(self) -> int:
        return 1 + 2 * self.options.blocks

    def features(self, x: Tensor, sigma: Tensor | None = None) -> Tensor:
        y: Tensor = self.stem(x) if sigma is None else self.stem(x) + self.sigma_stem(sigma.sqrt())
        for block in self.blocks:
            y = y + block(y)
        return y


@hookimpl
def rcl_network() -> type[Network]:
    return EDSR
