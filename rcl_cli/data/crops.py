"""Crops that keep the phase of the colour filter array, and batches of them from cached regions.

No crop is flipped or turned: a mirrored mosaic has another phase, and nothing here may change the noise.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from rcl_calibration.profile import NoiseProfile
from rcl_cli.domain import Domain
from rcl_cli.pretext import Batch


def phase_step(domain: Domain) -> int:
    """Crops start at multiples of this many elements: 2 for X-Trans, whose elements alternate; else 1."""
    return 2 if domain is Domain.XTRANS else 1


def random_offset(space: int, step: int, rng: torch.Generator) -> int:
    """A multiple of `step` in 0…space, uniform."""
    return step * int(torch.randint(space // step + 1, (), generator=rng))


def random_crops(batch: Tensor, side: int, domain: Domain, rng: torch.Generator) -> Tensor:
    """(N, C, H, W) → (N, C, side, side): one crop of each image at a place of its own. H and W are at least `side`."""
    return torch.stack([_random_crop(image, side, domain, rng) for image in batch])


def _random_crop(image: Tensor, side: int, domain: Domain, rng: torch.Generator) -> Tensor:
    step = phase_step(domain)
    top, left = (random_offset(length - side, step, rng) for length in image.shape[-2:])
    return image[..., top : top + side, left : left + side]


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
        region = regions[int(torch.randint(len(regions), (), generator=rng))]
        step = phase_step(self.domain)
        top, left = (random_offset(length - side, step, rng) for length in region.shape[-2:])
        return torch.from_numpy(np.array(region[:, top : top + side, left : left + side]))
