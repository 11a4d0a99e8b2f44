"""f_θ as a pretext sees it."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from rcl_cli.models.backbone import Backbone
from rcl_cli.train.device import autocast
from rcl_cli.train.processes import ALONE, Processes


class MixedPrecision:
    """The network in mixed precision where that is safe, its results in float32; counts the pictures that pass.

    Several processes divide the pictures.
    """

    def __init__(self, backbone: Backbone, device: torch.device, team: Processes = ALONE) -> None:
        """Raises RclError for a network that cannot be divided."""
        self._backbone = backbone
        self._device = device
        self._team = team
        team.share(backbone)
        self.pictures = 0

    @property
    def feature_channels(self) -> int:
        """F of the features."""
        return self._backbone.feature_channels

    def __call__(self, x: Tensor, sigma: Tensor | None = None) -> Tensor:
        """(N, C, h, w) → (N, C, h, w)."""
        return self._passed(self._backbone, x, sigma)

    def features(self, x: Tensor, sigma: Tensor | None = None) -> Tensor:
        """(N, C, h, w) → (N, F, h, w)."""
        return self._passed(self._backbone.features, x, sigma)

    def _passed(self, network: Callable[..., Tensor], x: Tensor, sigma: Tensor | None) -> Tensor:
        def precisely(x: Tensor, sigma: Tensor | None) -> Tensor:
            with autocast(self._device):
                result = network(x, sigma)
            return result.float()

        self.pictures += len(x)
        return self._team.divided(precisely, x, sigma)
