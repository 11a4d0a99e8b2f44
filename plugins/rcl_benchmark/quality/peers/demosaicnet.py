"""The network of Gharbi, Chaurasia, Paris and Durand 2016, "Deep joint demosaicking and denoising", as released.

Its weights are those of mgharbi/demosaicnet. The released Bayer network differs from the paper in its last layer, half
of whose features multiply the other half.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import relu

from rcl_benchmark.quality.mosaics import Mosaic
from rcl_benchmark.quality.peers.phases import continued
from rcl_benchmark.quality.pictures import Float
from rcl_cli.domain import Domain
from rcl_cli.raw.cfa import CFA

_WIDTH = 64
_MARGIN = 36
"""Pixels continued beyond each border, more than the network takes away: 31 (Bayer) and 12 (X-Trans); of both periods a
multiple."""


class Convolutions(nn.Module):
    """3×3, without padding, each followed by a ReLU: conv1, conv2, …; before them, for Bayer, 2×2 to one."""

    def __init__(self, channels: int, depth: int, last: int, *, packs: bool = False) -> None:
        super().__init__()
        self.depth = depth
        self.pack_mosaic = nn.Conv2d(3, channels, 2, stride=2) if packs else nn.Identity()
        for number in range(1, depth + 1):
            width = last if number == depth else _WIDTH
            self.add_module(f"conv{number}", nn.Conv2d(channels if number == 1 else _WIDTH, width, 3))

    def forward(self, x: Tensor) -> Tensor:
        x = self.pack_mosaic(x)
        for number in range(1, self.depth + 1):
            x = relu(self.get_submodule(f"conv{number}")(x))
        return x


class FullResolution(nn.Module):
    """The mosaic beside the features of each pixel → RGB."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.post_conv = nn.Conv2d(channels, _WIDTH, 3)
        self.output = nn.Conv2d(_WIDTH, 3, 1)

    def forward(self, x: Tensor) -> Tensor:
        rgb: Tensor = self.output(relu(self.post_conv(x)))
        return rgb


class BayerNet(nn.Module):
    """Samples in place (N, 3, H, W), GRBG, even sides → (N, 3, H − 62, W − 62)."""

    pattern = CFA.bayer("GRBG")

    def __init__(self) -> None:
        super().__init__()
        self.main_processor = Convolutions(4, 15, 2 * _WIDTH, packs=True)
        self.residual_predictor = nn.Conv2d(_WIDTH, 12, 1)
        self.upsampler = nn.ConvTranspose2d(12, 3, 2, stride=2, groups=3)
        self.fullres_processor = FullResolution(6)

    def forward(self, mosaic: Tensor) -> Tensor:
        values, masks = self.main_processor(mosaic).split(_WIDTH, dim=1)
        enlarged = self.upsampler(self.residual_predictor(values * masks))
        rgb: Tensor = self.fullres_processor(torch.cat([_middle(mosaic, enlarged), enlarged], 1))
        return rgb


class XTransNet(nn.Module):
    """Samples in place (N, 3, H, W), the canonical X-Trans → (N, 3, H − 24, W − 24)."""

    pattern = CFA.xtrans()

    def __init__(self) -> None:
        super().__init__()
        self.main_processor = Convolutions(3, 11, _WIDTH)
        self.fullres_processor = FullResolution(3 + _WIDTH)

    def forward(self, mosaic: Tensor) -> Tensor:
        features = self.main_processor(mosaic)
        rgb: Tensor = self.fullres_processor(torch.cat([_middle(mosaic, features), features], 1))
        return rgb


def weights_file(data: Path, domain: Domain) -> Path:
    """Where the weights lie in a folder of data; they need not be there."""
    return data / "reference" / "demosaicnet" / f"{domain.value}.safetensors"


@lru_cache
def digest_of(path: Path) -> str:
    """Names the weights."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]


def demosaicnet(mosaic: Mosaic, weights: Path) -> Float:
    """RGB (H, W, 3), for an sRGB-coded mosaic in canonical phase; its sides are even."""
    network = _network(weights, mosaic.cfa.domain)
    # One column more at the left makes GRBG of RGGB.
    shift = 1 if mosaic.cfa.domain is Domain.BAYER else 0
    grown = continued(mosaic.values, mosaic.cfa.period, _MARGIN + shift, (_MARGIN + shift, _MARGIN + shift))
    grown = grown[shift:, :] if shift else grown
    height, width = mosaic.values.shape
    with torch.inference_mode():
        rgb = network(_in_place(grown, network.pattern)[None])[0].numpy()
    top, left = (_MARGIN - _lost(network), _MARGIN + shift - _lost(network))
    return np.ascontiguousarray(rgb[:, top : top + height, left : left + width].transpose(1, 2, 0))


def _lost(network: BayerNet | XTransNet) -> int:
    return 31 if isinstance(network, BayerNet) else 12


def _in_place(mosaic: Float, pattern: CFA) -> Tensor:
    """(H, W) → (3, H, W): each sample in its colour, 0 elsewhere; an odd last row or column is left out."""
    height, width = (length // 2 * 2 for length in mosaic.shape)
    colors = pattern.colors(height, width)
    return torch.from_numpy(np.where(colors == np.arange(3)[:, None, None], mosaic[:height, :width], 0)).float()


def _middle(picture: Tensor, like: Tensor) -> Tensor:
    rows, columns = _inner(picture.shape[-2:], like.shape[-2:])
    return picture[..., rows, columns]


def _inner(outer: torch.Size, inner: torch.Size) -> Iterator[slice]:
    for length, kept in zip(outer, inner, strict=True):
        start = (length - kept) // 2
        yield slice(start, start + kept)


@lru_cache(maxsize=2)
def _network(weights: Path, domain: Domain) -> BayerNet | XTransNet:
    from safetensors.torch import load_file

    network = BayerNet() if domain is Domain.BAYER else XTransNet()
    network.load_state_dict(load_file(weights))
    return network.eval()
