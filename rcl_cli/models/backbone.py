"""The backbone f_θ that pretexts train: a network with a last layer back to the picture; to and from model files."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn

from rcl_cli.domain import Domain
from rcl_cli.models.checkpoint import load_checkpoint
from rcl_cli.models.header import Header
from rcl_cli.models.modules import built, expect, fill, save_module
from rcl_cli.network import Network
from rcl_cli.nn.curve import Code


class Backbone(nn.Module):
    """f_θ: (N, C, h, w) → (N, C, h, w), h and w multiples of `network.multiple`."""

    def __init__(self, network: Network, *, skip: bool = True) -> None:
        """`skip`: f(x) = x + last(features), which starts at the noisy input; else last(features), as in the paper."""
        super().__init__()
        self.network = network
        self.skip = skip
        self.last = nn.Conv2d(network.feature_channels, network.domain.channels, 3, padding=1)
        if skip:
            # Start close to the identity, yet with a residual that differs from picture to picture.
            with torch.no_grad():
                self.last.weight.mul_(0.1)
                nn.init.zeros_(self.last.bias)  # type: ignore[arg-type]

    @property
    def feature_channels(self) -> int:
        """F of the features."""
        return self.network.feature_channels

    def features(self, x: Tensor, sigma: Tensor | None = None) -> Tensor:
        """What the last layer works on: (N, F, h, w)."""
        code = Code.of(None, coded=self.network.coded)
        features: Tensor = self.network(code.encode(x), code.sigma(sigma, x))
        return features

    def forward(self, x: Tensor, sigma: Tensor | None = None) -> Tensor:
        """The restored picture; `sigma`, (N, C, h, w), only where a pretext may tell the noise level."""
        features = self.features(x, sigma)
        # In mixed precision too: bfloat16 cannot show a residual of a few 1/255 next to the picture.
        with torch.autocast(x.device.type, enabled=False):
            y: Tensor = self.last(features.float())
        code = Code.of(None, coded=self.network.coded)
        return code.decode(code.encode(x) + y if self.skip else y)


def save_backbone(path: Path, backbone: Backbone, header: Header) -> None:
    """Write `backbone` to a model file; what the header says of its network is filled in."""
    save_module(path, backbone, backbone.network, header, skip=backbone.skip)


def load_backbone(path: Path, domain: Domain) -> tuple[Backbone, Header]:
    """The backbone in a model file.

    Raises CheckpointError if it is damaged, not a backbone, or of another domain, PluginError where its network's
    plugin is missing.
    """
    checkpoint = load_checkpoint(path)
    expect(path, checkpoint.header, "backbone", domain)
    backbone = built(path, checkpoint, lambda network: Backbone(network, skip=checkpoint.header.skip))
    fill(path, backbone, checkpoint)
    return backbone, checkpoint.header
