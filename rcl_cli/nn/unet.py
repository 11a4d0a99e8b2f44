"""The U-Net that carries every task: tensors of any domain in, feature maps of the same size out."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import leaky_relu


@dataclass(frozen=True)
class UNetConfig:
    """Size of a U-Net. Raises ValueError for sizes that cannot be built."""

    channels: int
    """C of the input."""
    width: int = 24
    """Feature channels at full size; doubled at each level down."""
    depth: int = 2
    """Levels below full size, each half the one above."""
    residual: bool = True
    """f(x) = x + last(features), which starts at the noisy input; False: f(x) = last(features), as in the paper."""

    def __post_init__(self) -> None:
        if self.channels < 1 or self.width < 1 or not 0 <= self.depth <= 6:
            raise ValueError("a U-Net needs at least one channel, one feature and a depth of 0 to 6")

    @property
    def multiple(self) -> int:
        """Input height and width must be multiples of this."""
        return 1 << self.depth

    @property
    def radius(self) -> int:
        """Elements around an output that it depends on: two 3×3 convolutions a block, and the 2×2 grids' phases."""
        down = sum(2 << level for level in range(self.depth + 1))
        up = sum(2 << level for level in range(self.depth))
        return down + up + self.multiple - 1


class Block(nn.Module):
    """Two 3×3 convolutions with a shortcut: (N, F, h, w) → (N, F, h, w)."""

    def __init__(self, features: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(features, features, 3, padding=1)
        self.second = nn.Conv2d(features, features, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return leaky_relu(x + self.second(leaky_relu(self.first(x), 0.1)), 0.1)


class UNet(nn.Module):
    """Features of a picture, with the noise level as an optional second input.

    No normalisation layers and no global pooling: a tile sees exactly what the whole picture would show it.
    `sigma` enters through a stem of its own that starts at zero, so a pretrained network is unchanged until
    finetuning turns it on.
    """

    def __init__(self, config: UNetConfig) -> None:
        super().__init__()
        self.config = config
        widths = [config.width << level for level in range(config.depth + 1)]
        self.stem = nn.Conv2d(config.channels, config.width, 1)
        self.sigma_stem = nn.Conv2d(config.channels, config.width, 1, bias=False)
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
        """F of the output."""
        return self.config.width

    def forward(self, x: Tensor, sigma: Tensor | None = None) -> Tensor:
        """(N, C, h, w), optionally with σ(x) of that shape → (N, F, h, w); h and w multiples of `config.multiple`."""
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
