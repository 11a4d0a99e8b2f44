"""The network of the shipped heads: residual blocks over a demosaiced start, on the curve of `rcl_cli.nn.curve`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn, relu_
from torch.nn.functional import avg_pool2d, interpolate, pixel_shuffle, pixel_unshuffle

from rcl_cli.domain import Domain
from rcl_cli.network import Network
from rcl_cli.nn.cfa import measured
from rcl_cli.nn.start import START_RADIUS, start
from rcl_cli.plugins.hooks import hookimpl
from rcl_cli.plugins.options import option

_AROUND = 8
"""Elements around its own of whose mean each one is told its difference."""
_FULL = 12
"""Features of a full-size RGB pixel: blocks work on 2×2 of them together."""


def _conv(inputs: int, outputs: int, gain: float = 1.0) -> nn.Conv2d:
    """3×3 without bias. Without biases a darker picture with less noise gives the same features, only smaller ones."""
    conv = nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)
    nn.init.kaiming_normal_(conv.weight, nonlinearity="relu")
    with torch.no_grad():
        conv.weight.mul_(gain)
    return conv


class Block(nn.Module):
    """x + conv(relu(conv(x))): (N, F, h, w) → (N, F, h, w)."""

    def __init__(self, features: int) -> None:
        super().__init__()
        self.first = _conv(features, features)
        self.second = _conv(features, features, 0.2)

    def forward(self, x: Tensor) -> Tensor:
        # In place, which neither convolution's gradient minds: a fifth faster.
        y: Tensor = self.second(relu_(self.first(x))).add_(x)
        return y


class Level(nn.Module):
    """Blocks before and after a level of half the size: (N, F, h, w) → (N, F, h, w)."""

    def __init__(self, widths: list[int], before: int, after: int) -> None:
        super().__init__()
        width, *below = widths
        self.before = nn.Sequential(*(Block(width) for _ in range(before)))
        self.after = nn.Sequential(*(Block(width) for _ in range(after)))
        self.below = None
        if below:
            self.down = nn.Conv2d(width, below[0], 2, stride=2, bias=False)
            self.below = Level(below, 1, 1)
            self.up = nn.Conv2d(below[0], 4 * width, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        x = self.before(x)
        if self.below is not None:
            x = pixel_shuffle(self.up(self.below(self.down(x))), 2).add_(x)
        y: Tensor = self.after(x)
        return y


class Restorer(Network):
    """Features of packed pixels: 2×2 (Bayer and RGB) or 3×3 (X-Trans) of them are one element of its blocks.

    It sees the mosaic demosaiced by a classical method, less its local mean, and the noise. Where a picture is flat
    there is nothing to see, and no bias to make something of it: its colours stay, and no lattice can show.
    """

    name = "restorer"
    coded = True

    @dataclass(frozen=True)
    class Options:
        """Its size."""

        width: int = option(32, "Feature channels of a packed element.", least=1)
        blocks: int = option(5, "Residual blocks of two convolutions at full size.", least=1, most=256)
        depth: int = option(2, "Levels below full size, each half the one above, of two blocks.", least=0, most=4)

    options: Options

    def __init__(self, domain: Domain, options: Mapping[str, Any] | None = None) -> None:
        super().__init__(domain, options)
        width, blocks = self.options.width, self.options.blocks
        widths = [width * (level + 1) for level in range(self.options.depth + 1)]
        before = blocks // 2 if self.options.depth else 0
        self.stem = _conv(self._seen_channels, width)
        self.body = Level(widths, before, blocks - before)
        self.full = None if domain.is_raw else nn.Conv2d(width, 4 * _FULL, 1, bias=False)

    @property
    def feature_channels(self) -> int:
        """Of an element."""
        return self.options.width if self.domain.is_raw else _FULL

    @property
    def multiple(self) -> int:
        """Each level halves the sides; RGB is packed first, and X-Trans alternates from element to element."""
        return (1 if self.domain is Domain.BAYER else 2) << self.options.depth

    def radius(self) -> int:
        """Elements of the start, the stem and the blocks, and the grids' phases."""
        depth, packed = self.options.depth, 1 if self.domain.is_raw else 2
        blocks = 2 * self.options.blocks + sum(4 << level for level in range(1, depth + 1))
        grids = packed * (1 << depth) - 1
        return packed * (1 + blocks + _AROUND) + grids + START_RADIUS[self.domain]

    def features(self, x: Tensor, sigma: Tensor | None = None) -> Tensor:
        """(N, C, h, w), and σ of that shape where it is told, both on the curve → (N, F, h, w)."""
        # In mixed precision too: bfloat16 is too coarse for the detail of a picture, not for what is made of it here.
        with torch.autocast(x.device.type, enabled=False):
            y: Tensor = self.stem(self._seen(x, torch.zeros_like(x) if sigma is None else sigma))
        y = self.body(y)
        return y if self.full is None else pixel_shuffle(self.full(y), 2)

    @property
    def _seen_channels(self) -> int:
        return {Domain.BAYER: 12 + 4, Domain.XTRANS: 27 + 27 + 9, Domain.RGB: 12 + 12}[self.domain]

    @property
    def _packed(self) -> int:
        """Pixels that are one element of the blocks, each way."""
        return 3 if self.domain is Domain.XTRANS else 2

    def _seen(self, x: Tensor, sigma: Tensor) -> Tensor:
        """(N, C', h, w) packed: what the start and, for X-Trans, the samples differ from their surroundings, and σ."""
        rgb = start(x, self.domain)
        detail = rgb - interpolate(_surroundings(avg_pool2d(rgb, self._packed)), scale_factor=self._packed)
        parts = [pixel_unshuffle(detail, self._packed)]
        if self.domain is Domain.XTRANS:
            # Samples change places from element to element: they have to be told from what is interpolated.
            parts.append(pixel_unshuffle(detail * measured(detail, self.domain), self._packed))
        parts.append(sigma if self.domain.is_raw else pixel_unshuffle(sigma, self._packed))
        return torch.cat(parts, 1)


def _surroundings(elements: Tensor) -> Tensor:
    """The mean of each element's surroundings: (N, 3, h, w) → (N, 3, h, w)."""
    for size in ((2 * _AROUND + 1, 1), (1, 2 * _AROUND + 1)):
        around = (size[0] // 2, size[1] // 2)
        elements = avg_pool2d(elements, size, 1, around, count_include_pad=False)
    return elements


@hookimpl
def rcl_network() -> type[Network]:
    """Registers `--network restorer`."""
    return Restorer
