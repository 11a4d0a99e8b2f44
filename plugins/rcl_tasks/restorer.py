"""The network of the shipped heads: residual blocks over a demosaiced start, on the curve of `rcl_cli.nn.curve`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, interpolate, pixel_shuffle, pixel_unshuffle

from rcl_cli.domain import Domain
from rcl_cli.network import Network
from rcl_cli.nn.box import surrounding_mean
from rcl_cli.nn.cfa import measured
from rcl_cli.nn.fused import conv_add, conv_relu
from rcl_cli.nn.start import START_RADIUS, start
from rcl_cli.part import Part, grown, outer, wanted, within
from rcl_cli.plugins.hooks import hookimpl
from rcl_cli.plugins.options import option

_AROUND = 8
"""Elements around its own of whose mean each one is told its difference."""
_ROWS = 64
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
        return conv_add(self.second, conv_relu(self.first, x), x)


class Level(nn.Module):
    """Blocks before and after a level of half the size: (N, F, h, w) → (N, F, h, w).

    Where only a part of the result is asked for, that is all there is of it.
    """

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

    def reach(self) -> int:
        """Elements around its own on which one of the result depends, but for the grids' phases."""
        below = 0 if self.below is None else 2 * self.below.reach()
        return 2 * (len(self.before) + len(self.after)) + below

    def forward(self, x: Tensor, part: Part | None = None) -> Tensor:
        x = self.before(x)
        if part is None:
            return self._rest(x)
        if self.below is None:
            return self._rest(x)[..., part[0], part[1]]
        seen, seen_below = self._seen(part, *x.shape[-2:])
        x = _cut(x, seen_below)
        around = pixel_shuffle(self.up(self.below(self.down(x))), 2)
        inner = within(seen, seen_below)
        x, around = _cut(x, inner), _cut(around, inner)
        found: Tensor = self.after(around.add_(x))
        rows, columns = within(part, seen)
        return found[..., rows, columns]

    def asked_of(self, part: Part, height: int, width: int) -> Part:
        """What a part of the result depends on, of an input (height, width)."""
        seen = part if self.below is None else self._seen(part, height, width)[1]
        blocks = len(self.before) + (0 if self.below else len(self.after))
        return grown(seen, 2 * blocks, 1 << self.levels, height, width)

    def _seen(self, part: Part, height: int, width: int) -> tuple[Part, Part]:
        """What the blocks after the level below see, and what goes down to it."""
        assert self.below is not None
        grid = 1 << self.levels
        seen = grown(part, 2 * len(self.after), grid, height, width)
        return seen, grown(seen, 2 * self.below.reach(), grid, height, width)

    @property
    def levels(self) -> int:
        """Below this one."""
        return 0 if self.below is None else 1 + self.below.levels

    def _rest(self, x: Tensor) -> Tensor:
        if self.below is not None:
            x = pixel_shuffle(self.up(self.below(self.down(x))), 2).add_(x)
        y: Tensor = self.after(x)
        return y


def _divided(part: Part, packed: int) -> Part:
    rows, columns = (slice(side.start // packed, side.stop // packed) for side in part)
    return rows, columns


def _in_bands(conv: nn.Conv2d, x: Tensor, kind: torch.dtype) -> Tensor:
    """conv(x), 3×3, in another type: some rows at a time, whose float32 takes less memory than that of all."""
    height, width = x.shape[-2:]
    y = torch.empty(len(x), conv.out_channels, height, width, dtype=kind, memory_format=torch.channels_last)
    for top in range(0, height, _ROWS):
        first, stop = max(top - 1, 0), min(top + _ROWS, height)
        band: Tensor = conv(x[..., first : stop + 1, :])
        y[..., top:stop, :] = band[..., top - first : stop - first, :]
    return y


def _cut(x: Tensor, part: Part) -> Tensor:
    return x[..., part[0], part[1]].contiguous(memory_format=torch.channels_last)


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
        """(N, C, h, w), and σ of that shape where it is told, both on the curve → (N, F, h, w).

        Or of the part alone that is `wanted`.
        """
        sigma = torch.zeros_like(x) if sigma is None else sigma
        asked, packed = wanted(), 1 if self.domain.is_raw else 2
        if asked is None:
            return self._unpacked(self.body(self._stem(x, sigma)))
        size = (x.shape[-2] // packed, x.shape[-1] // packed)
        even = grown(asked, 0, packed, *x.shape[-2:])
        part = _divided(even, packed)
        # One more around what the body needs, for the stem.
        needed = grown(self.body.asked_of(part, *size), 1, self.multiple // packed, *size)
        y = self._unpacked(self.body(self._stem(x, sigma, needed), within(part, needed)))
        return y[..., *within(asked, even)]

    def _unpacked(self, y: Tensor) -> Tensor:
        return y if self.full is None else pixel_shuffle(self.full(y), 2)

    def _stem(self, x: Tensor, sigma: Tensor, part: Part | None = None) -> Tensor:
        # In mixed precision too: bfloat16 is too coarse for the detail of a picture, not for what is made of it here.
        kind = x.device.type
        half = torch.get_autocast_dtype(kind) if torch.is_autocast_enabled(kind) else None
        with torch.autocast(kind, enabled=False):
            seen = self._seen(x, sigma, part)
            if half is None or kind != "cpu" or torch.is_grad_enabled():
                y: Tensor = self.stem(seen)
                # At once: adding float32 to half precision, as the first block would, takes ten times as long.
                return y if half is None else y.to(half)
            return _in_bands(self.stem, seen, half)

    @property
    def _seen_channels(self) -> int:
        return {Domain.BAYER: 12 + 4, Domain.XTRANS: 27 + 27 + 9, Domain.RGB: 12 + 12}[self.domain]

    @property
    def _packed(self) -> int:
        """Pixels that are one element of the blocks, each way."""
        return 3 if self.domain is Domain.XTRANS else 2

    def _seen(self, x: Tensor, sigma: Tensor, part: Part | None) -> Tensor:
        """(N, C', h, w) packed: what the start and, for X-Trans, the samples differ from their surroundings, and σ.

        Of `part` of the elements, or of all.
        """
        p, packed = self._packed, 1 if self.domain.is_raw else 2
        rgb = start(x, self.domain)
        around = surrounding_mean(avg_pool2d(rgb, p), _AROUND)
        if part is not None:
            around, rgb = around[..., *part], rgb[..., *outer(part, p)]
            sigma = sigma[..., *outer(part, packed)]
        detail = rgb - interpolate(around, scale_factor=p)
        parts = [pixel_unshuffle(detail, p)]
        if self.domain is Domain.XTRANS:
            # Samples change places from element to element: they have to be told from what is interpolated.
            parts.append(pixel_unshuffle(detail * measured(detail, self.domain), p))
        parts.append(sigma if self.domain.is_raw else pixel_unshuffle(sigma, packed))
        return torch.cat(parts, 1)


@hookimpl
def rcl_network() -> type[Network]:
    """Registers `--network restorer`."""
    return Restorer
