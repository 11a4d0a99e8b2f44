"""The backbone f_θ that pretexts train: a U-Net with a last layer back to the picture."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from rcl_cli.nn.unet import UNet, UNetConfig


class Backbone(nn.Module):
    """f_θ: (N, C, h, w) → (N, C, h, w), h and w multiples of `config.multiple`."""

    def __init__(self, config: UNetConfig) -> None:
        super().__init__()
        self.config = config
        self.unet = UNet(config)
        self.last = nn.Conv2d(config.width, config.channels, 3, padding=1)
        if config.residual:
            # Start close to the identity, yet with a residual that differs from picture to picture.
            with torch.no_grad():
                self.last.weight.mul_(0.1)
                nn.init.zeros_(self.last.bias)  # type: ignore[arg-type]

    @property
    def feature_channels(self) -> int:
        """F of the features."""
        return self.unet.feature_channels

    def features(self, x: Tensor, sigma: Tensor | None = None) -> Tensor:
        """What the last layer works on: (N, F, h, w)."""
        features: Tensor = self.unet(x, sigma)
        return features

    def forward(self, x: Tensor, sigma: Tensor | None = None) -> Tensor:
        """The restored picture; `sigma`, (N, C, h, w), only where a pretext may tell the noise level."""
        features = self.features(x, sigma)
        # In mixed precision too: bfloat16 cannot show a residual of a few DN next to the picture.
        with torch.autocast(x.device.type, enabled=False):
            y: Tensor = self.last(features.float())
        return x + y if self.config.residual else y
