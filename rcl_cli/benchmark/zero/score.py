"""PSNR and SSIM of the comparison, on whole test pictures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import fmean

import torch
from torch import Tensor

from rcl_cli.benchmark.zero.block_matching import bm3d
from rcl_cli.benchmark.zero.data import NoisyPicture
from rcl_cli.domain import Domain
from rcl_cli.evaluate.metrics import psnr_db, ssim
from rcl_cli.nn.backbone import Backbone
from rcl_cli.noise import sigma_map

Denoiser = Callable[[NoisyPicture], Tensor]
"""A noisy picture → (C, h, w)."""


def score(denoiser: Denoiser, pictures: Sequence[NoisyPicture]) -> tuple[float, float]:
    """Mean PSNR in dB and SSIM over the pictures, linear values as they are, peak 1; mosaics in packed planes."""
    restored = [(denoiser(picture), picture.clean) for picture in pictures]
    return fmean(psnr_db(*pair) for pair in restored), fmean(ssim(*pair) for pair in restored)


def noisy_input(picture: NoisyPicture) -> Tensor:
    """The picture as it is."""
    return picture.noisy


def peer(domain: Domain) -> Denoiser:
    """BM3D, told the true noise."""
    return lambda picture: torch.from_numpy(bm3d(picture.noisy.numpy(), picture.noise, domain))


def network(backbone: Backbone, domain: Domain, device: torch.device, *, told: bool) -> Denoiser:
    """A trained network; `told`: with σ by the picture's noise and the noisy values, as in `rcl apply`."""

    @torch.no_grad()
    def restore(picture: NoisyPicture) -> Tensor:
        x = picture.noisy[None].to(device)
        restored: Tensor = backbone(x, sigma_map(x, picture.noise, domain) if told else None)
        return restored[0].cpu()

    return restore
