"""Colour filter mosaics as tensors, in the canonical phase (RGGB, `XTRANS_ROWS`)."""

from __future__ import annotations

import sys
from functools import lru_cache

import torch
from torch import Tensor
from torch.nn.functional import pad, pixel_shuffle, pixel_unshuffle

from rcl_cli.domain import Domain
from rcl_cli.raw.cfa import canonical, tent
from rcl_cli.raw.pack import lattices


def from_rgb(rgb: Tensor, domain: Domain) -> Tensor:
    """Sample linear RGB (…, 3, H, W) as the sensor does: (…, C, H/p, W/p), p = `domain.pixels`; RGB stays as it is."""
    return rgb if domain is Domain.RGB else pack(mosaic(rgb, domain), domain)


def mosaic(rgb: Tensor, domain: Domain) -> Tensor:
    """(…, 3, H, W) → (…, H, W): at each pixel the colour of its filter."""
    colors = filter_colors(rgb, domain).long().expand(*rgb.shape[:-3], 1, -1, -1)
    return rgb.gather(-3, colors).squeeze(-3)


def pack(mosaic: Tensor, domain: Domain) -> Tensor:
    """(…, H, W) → (…, C, H/p, W/p), p = `domain.pixels`, of which H and W are multiples."""
    cfa = canonical(domain)
    if _is_exported():
        cells = pixel_unshuffle(mosaic.unsqueeze(-3), cfa.period)[..., _order(domain), :, :]
        return pixel_shuffle(cells, cfa.period // domain.pixels)
    h, w = (side // domain.pixels for side in mosaic.shape[-2:])
    planes = mosaic.new_empty(*mosaic.shape[:-2], domain.channels, h, w)
    for elements, pixels in lattices(domain):
        planes[(..., *elements)] = mosaic[(..., *pixels)]
    return planes


def unpack(planes: Tensor, domain: Domain) -> Tensor:
    """The inverse of `pack`: (…, C, h, w) → (…, h·p, w·p)."""
    cfa = canonical(domain)
    repeats = cfa.period // domain.pixels
    if _is_exported():
        places = sorted(range(cfa.period**2), key=_order(domain).__getitem__)
        cells = pixel_unshuffle(planes, repeats)[..., places, :, :]
        return pixel_shuffle(cells, cfa.period).squeeze(-3)
    height, width = (side * domain.pixels for side in planes.shape[-2:])
    mosaic = planes.new_empty(*planes.shape[:-3], height, width)
    for elements, pixels in lattices(domain):
        mosaic[(..., *pixels)] = planes[(..., *elements)]
    return mosaic


def _is_exported() -> bool:
    # Whoever exports has imported it; to ask it first takes a fifth of a second.
    return "torch.onnx" in sys.modules and torch.onnx.is_in_onnx_export()


@lru_cache
def _order(domain: Domain) -> list[int]:
    """For each element of one period of the pattern, channel by channel and row by row, its pixel in the period.

    Graphs that are exported, whose pictures are whole periods, pack by two shuffles. One copy a lattice is faster in
    torch, but hundreds of nodes there.
    """
    cfa = canonical(domain)
    repeats = cfa.period // domain.pixels
    pixels = {
        (channel * repeats + rows.start) * repeats + columns.start: y.start * cfa.period + x.start
        for (channel, rows, columns), (y, x) in lattices(domain)
    }
    return [pixels[place] for place in range(cfa.period**2)]


def bilinear(x: Tensor, domain: Domain) -> Tensor:
    """Each colour interpolated from its nearest samples: (N, C, h, w) → (N, 3, h·p, w·p); RGB is returned as it is.

    The weights are those of `tent`; samples themselves are kept. `raw.develop.interpolate` is the same for arrays: what
    reads and shows pictures does without torch, and networks need it on their device.
    """
    if domain is Domain.RGB:
        return x
    flat = unpack(x, domain).unsqueeze(1)  # (N, 1, H, W)
    known = measured(flat, domain)  # (3, H, W)
    masks = known.to(x.dtype)
    weights = tent(domain)
    mean = _weighted_sum(flat * masks, weights) / _weighted_sum(masks, weights)
    return torch.where(known, flat, mean)


def measured(image: Tensor, domain: Domain) -> Tensor:
    """(3, H, W): where an image (…, H, W) of a sensor has samples of R, G and B."""
    return filter_colors(image, domain) == torch.arange(3, device=image.device)[:, None, None]


def _weighted_sum(x: Tensor, weights: tuple[float, ...]) -> Tensor:
    """Around every pixel of (…, H, W), 0 outside, by the same weights along both axes.

    Shifts instead of a convolution, which mixed precision and TF32 would round to fewer bits than the picture has.
    """
    radius = len(weights) // 2
    for axis in (-2, -1):
        length = x.shape[axis]
        padded = pad(x, (0, 0, radius, radius) if axis == -2 else (radius, radius))
        x = sum((w * padded.narrow(axis, i, length) for i, w in enumerate(weights)), torch.zeros_like(x))
    return x


def filter_colors(image: Tensor, domain: Domain) -> Tensor:
    """(H, W) filter colours of an image (…, H, W): 0 = R, 1 = G, 2 = B."""
    cfa = canonical(domain)
    pattern = torch.from_numpy(cfa.colors(cfa.period, cfa.period)).to(image.device)
    # By indices, so that a graph that is exported from this holds for every size.
    rows, columns = (torch.arange(side, device=image.device) % cfa.period for side in image.shape[-2:])
    return pattern[rows][:, columns]
