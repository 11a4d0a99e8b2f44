"""`Task`: a head on the pretrained backbone, how to train it and how to judge it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import ClassVar

import torch
from torch import Tensor, nn

from rcl_calibration.profile import NoiseProfile
from rcl_cli.domain import Domain
from rcl_cli.evaluate.metrics import psnr_db, ssim


class Task(ABC):
    """A head on the pretrained backbone, and how to train and judge it.

    h × w: input size in tensor elements. U: `upsample(domain)`. Tensors are linear float32, 0.0 = black level,
    1.0 = white level; noise takes values below 0.0. A working plugin:

        class Denoise(Task):
            name = "denoise"
            domains = frozenset(Domain)
            noise_aware = True

            def build_head(self, domain, feature_channels):
                return ResidualHead(feature_channels, domain.channels)      # head(features, x)

            def degrade(self, clean, domain, noise, rng):
                target = from_rgb(clean, domain)
                return add_noise(target, noise, domain, rng), target

        @hookimpl
        def rcl_task():
            return Denoise
    """

    name: ClassVar[str]
    """For `--task NAME`; also the entry point's name."""
    domains: ClassVar[frozenset[Domain]]
    """The backbones that it can sit on."""
    scale: ClassVar[int] = 1
    """Output sensor pixels per input sensor pixel, along each axis."""
    noise_aware: ClassVar[bool] = False
    """The host passes σ(x), the calibrated noise level of each element, to the backbone."""

    def output(self, domain: Domain) -> Domain:
        """The domain of the prediction; RGB where a mosaic is turned into a picture. Default: that of the input."""
        return domain

    def upsample(self, domain: Domain) -> int:
        """U, output elements per input element along each axis; follows from `output` and `scale`."""
        return self.scale * domain.pixels // self.output(domain).pixels

    @abstractmethod
    def build_head(self, domain: Domain, feature_channels: int) -> nn.Module:
        """The new last layer, called as `head(features, x)`: (N, F, h, w), (N, C, h, w) → (N, C_out, h·U, w·U)."""

    @abstractmethod
    def degrade(
        self, clean: Tensor, domain: Domain, noise: NoiseProfile, rng: torch.Generator
    ) -> tuple[Tensor, Tensor]:
        """One training pair (x, target) from one clean crop of linear RGB, (3, H, W), H and W multiples of 12·scale.

        x: (C, h, w) in `domain`; target: (C_out, h·U, w·U) in `output(domain)`. All randomness comes from `rng`.
        """

    def loss(self, prediction: Tensor, target: Tensor) -> Tensor:
        """Training loss, a scalar. Default: mean absolute error (the paper's L1, section 4)."""
        return (prediction - target).abs().mean()

    def metrics(self, prediction: Tensor, target: Tensor) -> dict[str, float]:
        """Figures of merit of (C_out, H, W) tensors by name. Default: `psnr_db` and `ssim` at a peak of 1."""
        return {"psnr_db": psnr_db(prediction, target), "ssim": ssim(prediction, target)}

    def finish(self, prediction: Tensor, x: Tensor) -> Tensor:
        """A last touch on the whole (C_out, H, W) prediction, just before it is written. Default: none."""
        return prediction

    def default_head(self, domain: Domain) -> Path | None:
        """The head this plugin ships for `domain`, used until the user has one of their own. Default: none."""
        return None
