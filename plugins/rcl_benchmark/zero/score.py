"""PSNR and SSIM of the comparison, on whole test pictures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import fmean

import numpy as np
import torch
from torch import Tensor

from rcl_benchmark.zero.block_matching import bm3d
from rcl_benchmark.zero.data import NoisyPicture
from rcl_calibration.profile import NoiseProfile
from rcl_cli.domain import Domain
from rcl_cli.inference.restore import Restoration
from rcl_cli.inference.torch_engine import prepare
from rcl_cli.inference.turned import packed, upright
from rcl_cli.measure.metrics import psnr_db, ssim
from rcl_cli.models.backbone import Backbone
from rcl_cli.models.task_model import denoiser
from rcl_cli.nn.cfa import unpack
from rcl_cli.raw.cfa import canonical
from rcl_cli.raw.pack import Float
from rcl_cli.raw.turn import ALL_TURNS, Turn
from rcl_cli.task import get_task

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
    """A trained network as `rcl apply --task denoise --ensemble` uses it.

    `told`: it is told σ, by the picture's noise and the noisy values, and with `--strength auto`.
    """
    task = get_task("denoise")
    ready = prepare(denoiser(backbone), task, domain, device)
    restoration = Restoration(task, domain, None if told else 1.0)
    cfa = canonical(domain) if domain.is_raw else None

    def seen(pixels: Float, noise: NoiseProfile, turn: Turn) -> Float:
        planes, placement = packed(pixels, cfa, turn, ready.tiling.multiple)
        noise = turn.profile(noise) if cfa else noise
        result = restoration.run(planes, placement, ready, noise if told else None)
        return upright(result.pixels, placement, turn, domain)

    def restore(picture: NoisyPicture) -> Tensor:
        noisy = unpack(picture.noisy, domain) if domain.is_raw else picture.noisy.permute(1, 2, 0)
        mean = np.mean([seen(noisy.numpy(), picture.noise, turn) for turn in ALL_TURNS], axis=0)
        return torch.from_numpy(packed(mean, cfa, ALL_TURNS[0], 1)[0])

    return restore
