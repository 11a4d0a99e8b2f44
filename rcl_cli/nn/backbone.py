"""The backbone f_θ that pretexts train: a U-Net with a last layer back to the picture."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from rcl_cli.nn.unet import UNet, UNetConfig


class Backbone(nn.Module):
    """f_θ: (N, C, h, w) → (N, C, h, w), h and w multiples of `config.multiple`. Never sees the noise level."""

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

    def forward(self, x: Tensor) -> Tensor:
        features: Tensor = self.unet(x)
        # In mixed precision too: bfloat16 cannot show a residual of a few DN next to the picture.
        with torch.autocast(x.device.type, enabled=False):
            y: Tensor = self.last(features.float())
        return x + y if self.config.residual else y
