"""f_θ as a pretext sees it."""

from __future__ import annotations

import torch
from torch import Tensor

from rcl_cli.models.backbone import Backbone
from rcl_cli.train.device import autocast


class MixedPrecision:
    """The network in mixed precision where that is safe, its results in float32; counts the pictures that pass."""

    def __init__(self, backbone: Backbone, device: torch.device) -> None:
        self._backbone = backbone
        self._device = device
        self.pictures = 0

    @property
    def feature_channels(self) -> int:
        """F of the features."""
        return self._backbone.feature_channels

    def __call__(self, x: Tensor, sigma: Tensor | None = None) -> Tensor:
        """(N, C, h, w) → (N, C, h, w)."""
        self.pictures += len(x)
        with autocast(self._device):
            restored: Tensor = self._backbone(x, sigma)
        return restored.float()

    def features(self, x: Tensor, sigma: Tensor | None = None) -> Tensor:
        """(N, C, h, w) → (N, F, h, w)."""
        self.pictures += len(x)
        with autocast(self._device):
            return self._backbone.features(x, sigma).float()
