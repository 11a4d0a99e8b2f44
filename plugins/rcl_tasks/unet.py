"""A U-Net with the noise level as a second input; it carries every task."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import leaky_relu

from rcl_cli.domain import Domain
from rcl_cli.network import Network
from rcl_cli.plugins.hooks import hookimpl
from rcl_cli.plugins.options import option


class Block(nn.Module):
    """Two 3×3 convolutions with a shortcut: (N, F, h, w) → (N, F, h, w)."""

    def __init__(self, features: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(features, features, 3, padding=1)
        self.second = nn.Conv2d(features, features, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return leaky_relu(x + self.second(leaky_relu(self.first(x), 0.1)), 0.1)


class UNet(Network):
    """Features of a picture, with the noise level as an optional second input.

    No normalisation layers and no global pooling: a tile sees exactly what the whole picture would show it.
    `sigma` enters through a stem of its own that starts at zero, so a pretrained network is unchanged until
    finetuning turns it on.
    """

    name = "unet"

    @dataclass(frozen=True)
    class Options:
        """Its size."""

        width: int = option(24, "Feature channels at full size; doubled at each level down.", least=1)
        depth: int = option(2, "Levels below full size, each half the one above.", least=0, most=6)

    options: Options

    def __init__(self, domain: Domain, options: Mapping[str, Any] | None = None) -> None:
        super().__init__(domain, options)
        channels, width = domain.channels, self.options.width
        widths = [width << level for level in range(self.options.depth + 1)]
        self.stem = nn.Conv2d(channels, width, 1)
        self.sigma_stem = nn.Conv2d(channels, width, 1, bias=False)
        nn.init.zeros_(self.sigma_stem.weight)
        self.encoder = nn.ModuleList(Block(w) for w in widths)
        self.down = nn.ModuleList(nn.Conv2d(w, 2 * w, 2, stride=2) for w in widths[:-1])
        self.up = nn.ModuleList(nn.Conv2d(2 * w, 4 * w, 1) for w in widths[:-1])
        self.decoder = nn.ModuleList(Block(w) for w in widths[:-1])
        # Random biases would be larger than the detail of a dark picture. Without them the features of a fresh network
        # scale with its input, and training starts to learn at once instead of after hundreds of steps.
        for module in self.modules():
            if isinstance(module, nn.Conv2d) and module.bias is not None:
                nn.init.zeros_(module.bias)

    @property
    def feature_channels(self) -> int:
        """The features at full size."""
        return self.options.width

    @property
    def multiple(self) -> int:
        """Each level halves the sides."""
        return 1 << self.options.depth

    def radius(self) -> int:
        """Two 3×3 convolutions a block, and the 2×2 grids' phases."""
        down = sum(2 << level for level in range(self.options.depth + 1))
        up = sum(2 << level for level in range(self.options.depth))
        return down + up + self.multiple - 1

    def features(self, x: Tensor, sigma: Tensor | None = None) -> Tensor:
        """(N, C, h, w), optionally with σ(x) of that shape → (N, F, h, w); h and w multiples of `multiple`."""
        y: Tensor = self.stem(x)
        if sigma is not None:
            # σ spans 0.002…0.2; its square root spreads the small values that most pictures have.
            y = y + self.sigma_stem(torch.sqrt(sigma))
        skips: list[Tensor] = []
        for block, down in zip(self.encoder[:-1], self.down, strict=True):
            y = block(y)
            skips.append(y)  # (N, W·2^level, h/2^level, w/2^level)
            y = down(y)
        y = self.encoder[-1](y)
        for block, up in zip(reversed(self.decoder), reversed(self.up), strict=True):
            y = block(skips.pop() + nn.functional.pixel_shuffle(up(y), 2))
        return y


@hookimpl
def rcl_network() -> type[Network]:
    """Registers `--network unet`."""
    return UNet
