"""Crops that keep the phase of the colour filter array, and batches of them from cached regions.

No crop is flipped or turned: a mirrored mosaic has another phase, and nothing here may change the noise.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from rcl_calibration.profile import NoiseProfile
from rcl_cli.data.seeds import drawn
from rcl_cli.domain import Domain
from rcl_cli.pretext import Batch

Image = TypeVar("Image", Tensor, NDArray[np.float32])


class Window(NamedTuple):
    """Rows `top` … `top + height` and columns `left` … `left + width` of an image."""

    top: int
    left: int
    height: int
    width: int

    def of(self, image: Image, scale: int = 1) -> Image:
        """The window of an image (…, H, W), or of the same image `scale` times larger, as a view."""
        top, left, height, width = (scale * side for side in self)
        return image[..., top : top + height, left : left + width]


def phase_step(domain: Domain) -> int:
    """Crops start at multiples of this many elements: 2 for X-Trans, whose elements alternate; else 1."""
    return 2 if domain is Domain.XTRANS else 1


def random_offset(space: int, step: int, rng: torch.Generator) -> int:
    """A multiple of `step` in 0…space, uniform."""
    return step * int(torch.randint(space // step + 1, (), generator=rng))


def random_window(size: Sequence[int], side: int, step: int, rng: torch.Generator) -> Window:
    """A square of `side` at a random place of an image of `size`, (…, H, W), whose offsets are multiples of `step`."""
    top, left = (random_offset(length - side, step, rng) for length in size[-2:])
    return Window(top, left, side, side)


def middle_window(size: Sequence[int], most: int, *, multiple: int = 1, step: int = 1) -> Window:
    """The middle of an image of `size`, (…, H, W): at most `most` each way, in multiples of `multiple`.

    Its offsets are multiples of `step`.

    >>> middle_window((3, 20, 9), 8, step=2)
    Window(top=6, left=0, height=8, width=8)
    """
    height, width = (min(length, most) // multiple * multiple for length in size[-2:])
    top, left = ((length - kept) // 2 // step * step for length, kept in zip(size[-2:], (height, width), strict=True))
    return Window(top, left, height, width)


def placed_crops(batch: Tensor, side: int, domain: Domain, rng: torch.Generator) -> tuple[Tensor, Tensor]:
    """One random crop of each picture of (N, C, H, W): (N, C, side, side) and its top left corners, (N, 2).

    H and W are at least `side`.
    """
    windows = [random_window(picture.shape, side, phase_step(domain), rng) for picture in batch]
    crops = torch.stack([window.of(picture) for window, picture in zip(windows, batch, strict=True)])
    return crops, torch.tensor([window[:2] for window in windows])


def random_crops(batch: Tensor, side: int, domain: Domain, rng: torch.Generator) -> Tensor:
    """(N, C, H, W) → (N, C, side, side): one crop of each image at a place of its own. H and W are at least `side`."""
    return placed_crops(batch, side, domain, rng)[0]


class Picture(Protocol):
    """What crops are cut from."""

    @property
    def regions(self) -> NDArray[np.float32]:
        """(K, C, h, w); h and w at least the side of the crops asked for."""


class RegionSource:
    """Batches from the regions of many pictures."""

    def __init__(self, pictures: Sequence[Picture], domain: Domain, noise: Sequence[NoiseProfile] = ()) -> None:
        """`noise`: a profile for each picture, or none at all."""
        self.pictures = pictures
        self.domain = domain
        self.noise = noise

    def __len__(self) -> int:
        return len(self.pictures)

    def batch(self, count: int, side: int, rng: torch.Generator) -> Tensor:
        """(count, C, side, side): a random crop of each of `count` different pictures, count ≤ len(self)."""
        return self.sample(count, side, rng).pictures

    def sample(self, count: int, side: int, rng: torch.Generator) -> Batch:
        """As `batch`, with the profiles and the numbers of the pictures drawn."""
        indices = torch.randperm(len(self), generator=rng)[:count].tolist()
        noise = tuple(self.noise[i] for i in indices) if self.noise else ()
        return Batch(self.batch_of(indices, side, rng), noise, tuple(indices))

    def batch_of(self, indices: Sequence[int], side: int, rng: torch.Generator) -> Tensor:
        """As `batch`, from the pictures at `indices`."""
        return torch.stack([self._crop(self.pictures[i].regions, side, rng) for i in indices])

    def _crop(self, regions: NDArray[np.float32], side: int, rng: torch.Generator) -> Tensor:
        region = drawn(regions, rng)
        window = random_window(region.shape, side, phase_step(self.domain), rng)
        return torch.from_numpy(np.array(window.of(region)))
