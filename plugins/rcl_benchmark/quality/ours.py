"""rcl's own heads, used as its Python interface and `rcl apply` use them."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np

import rcl_cli as rcl
from rcl_benchmark.quality.inputs import Noisy
from rcl_benchmark.quality.mosaics import Mosaic
from rcl_benchmark.quality.pictures import Float
from rcl_calibration.profile import NoiseProfile
from rcl_cli.domain import Domain
from rcl_cli.inference.model import Model, Noise
from rcl_cli.inference.noise import NoiseOfFiles
from rcl_cli.raw.frame import Frame, RgbFrame
from rcl_cli.raw.srgb import srgb_decode, srgb_encode


@lru_cache(maxsize=16)
def head(task: str, domain: Domain, device: str) -> Model:
    """The newest of the store, else the one that comes with the task."""
    return rcl.load(task, domain, device=device)


def demosaic(mosaic: Mosaic, device: str) -> Float:
    """RGB (H, W, 3) in the mosaic's values, the noise told."""
    return head("demosaic", mosaic.cfa.domain, device)(mosaic.frame, mosaic.noise).pixels


def denoise(mosaic: Mosaic, device: str, *, blind: bool = False) -> Float:
    """(H, W), the noise told, or `blind`: as `rcl apply` takes it from the picture."""
    frame = mosaic.frame
    noise = _blind(frame) if blind else mosaic.noise
    return head("denoise", mosaic.cfa.domain, device)(frame, noise).pixels


def denoise_values(noisy: Noisy, device: str) -> Float:
    """(H, W, 3), values given as they are, their σ told."""
    noise = NoiseProfile.uniform(0.0, noisy.sigma**2)
    return head("denoise", Domain.RGB, device)(_frame(noisy.values), noise).pixels


def denoise_file(frame: Frame, device: str) -> Float:
    """sRGB-coded (H, W, 3), of a frame as read, its noise estimated: `rcl apply --task denoise`."""
    return srgb_encode(head("denoise", Domain.RGB, device)(frame, _blind(frame)).pixels)


def enlarge(rgb: Float, device: str, *, linear: bool = False) -> Float:
    """Coded values (h, w, 3) → (2h, 2w, 3), decoded on the way; `linear`: taken as they are, as by --linear."""
    model = head("sr", Domain.RGB, device)
    if linear:
        return model(_frame(rgb)).pixels
    return srgb_encode(model(_frame(srgb_decode(rgb))).pixels)


def denoise_and_enlarge(mosaic: Mosaic, device: str) -> Float:
    """A linear mosaic (h, w) → coded RGB (2h, 2w, 3), the noise told."""
    return srgb_encode(head("jdensr", mosaic.cfa.domain, device)(mosaic.frame, mosaic.noise).pixels)


def _blind(frame: Frame) -> Noise:
    return NoiseOfFiles(store=Path("no-store")).of(frame)


def _frame(values: Float) -> RgbFrame:
    return RgbFrame(np.asarray(values, np.float32), transfer="linear", bits=32)
