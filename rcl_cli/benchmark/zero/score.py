"""PSNR and SSIM of the comparison, on whole test pictures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import fmean

import numpy as np
import torch
from torch import Tensor

from rcl_calibration.profile import NoiseProfile
from rcl_cli.benchmark.zero.block_matching import bm3d
from rcl_cli.benchmark.zero.data import NoisyPicture
from rcl_cli.device import placed
from rcl_cli.domain import Domain
from rcl_cli.evaluate.metrics import psnr_db, ssim
from rcl_cli.inference.turned import packed, upright
from rcl_cli.nn.backbone import Backbone
from rcl_cli.nn.cfa import canonical, unpack
from rcl_cli.noise import sigma_map
from rcl_cli.raw.pack import Float
from rcl_cli.raw.turn import ALL_TURNS

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
    """A trained network, averaged over the eight ways to turn a picture, as `rcl apply --ensemble` does.

    `told`: with σ by the picture's noise and the noisy values.
    """
    multiple = backbone.config.multiple

    @torch.no_grad()
    def restored(planes: Float, noise: NoiseProfile) -> Float:
        x = placed(torch.from_numpy(planes)[None], device)
        result: Tensor = backbone(x, sigma_map(x, noise, domain) if told else None)
        return result[0].cpu().numpy()

    def restore(picture: NoisyPicture) -> Tensor:
        raw = domain.is_raw
        pixels = (unpack(picture.noisy, domain) if raw else picture.noisy.permute(1, 2, 0)).numpy()
        cfa = canonical(domain) if raw else None
        seen = []
        for turn in ALL_TURNS:
            planes, placement = packed(pixels, cfa, turn, multiple)
            result = restored(planes, turn.profile(picture.noise) if raw else picture.noise)
            seen.append(upright(result, placement, turn, domain))
        return torch.from_numpy(packed(np.mean(seen, axis=0), cfa, ALL_TURNS[0], 1)[0])

    return restore
