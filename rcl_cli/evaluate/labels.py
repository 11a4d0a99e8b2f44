"""Clean pictures as labels to learn from and as test pictures: values as they are read, noise simulated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from rcl_cli.data.clean_pictures import CleanReader
from rcl_cli.data.crops import random_offset
from rcl_cli.data.pairs import Pair, crop_multiple
from rcl_cli.data.seeds import step_generator
from rcl_cli.domain import Domain
from rcl_cli.errors import RclError
from rcl_cli.noise import NoiseSource, sigma_map
from rcl_cli.task import Task

_TEST_SEED = 7_919
"""Keeps the test noise apart from that of any trial."""


@dataclass(frozen=True)
class PictureFiles:
    """Clean pictures, each read once and when it is first asked for."""

    paths: Sequence[Path]
    least_side: int
    """Pixels that a picture must have each way."""
    linear: bool = False
    """Keep the values of RGB files as they are, instead of decoding them by the sRGB curve."""
    _read: dict[Path, Tensor] = field(default_factory=dict, repr=False)

    def __len__(self) -> int:
        return len(self.paths)

    def get(self, index: int) -> Tensor:
        """(3, H, W). Raises FileError where the file cannot be read or is too small."""
        path = self.paths[index]
        if path not in self._read:
            self._read[path] = CleanReader(self.least_side, reduce=1, linear=self.linear)(path).rgb
        return self._read[path].float()


@dataclass(frozen=True)
class Degradation:
    """What a task makes of clean pictures, with what noise."""

    task: Task
    domain: Domain
    noise: NoiseSource

    def __call__(self, rgb: Tensor, rng: torch.Generator) -> Pair:
        """A pair from (3, H, W); its noise level and its noise are drawn anew."""
        profile = self.noise.draw(rng)
        x, target = self.task.degrade(rgb, self.domain, profile, rng)
        return Pair(x, sigma_map(x, profile, self.domain), target)


def drawn_labels(pictures: PictureFiles, labels: int | None, seed: int) -> list[Tensor]:
    """`labels` of the pictures, chosen by `seed`; None: all. More labels of one seed contain fewer.

    Raises RclError where there are not so many.
    """
    if labels is not None and labels > len(pictures):
        raise RclError(f"--labels {labels} is too many: there are {len(pictures)} clean pictures")
    order = np.random.default_rng(seed).permutation(len(pictures))
    return [pictures.get(int(i)) for i in order[:labels]]


def draw_pairs(labels: Sequence[Tensor], degradation: Degradation, side: int, count: int, rng: torch.Generator) -> Pair:
    """`count` random crops, `side` target pixels each way, as one pair of (N, …) tensors; nothing is flipped."""
    pairs = [degradation(_random_crop(labels, side, rng), rng) for _ in range(count)]
    return Pair(*(torch.stack([getattr(pair, name) for pair in pairs]) for name in ("x", "sigma", "target")))


def fixed_pairs(pictures: PictureFiles, degradation: Degradation, side: int, multiple: int, seed: int) -> list[Pair]:
    """The middle of every picture, at most `side` pixels each way, each with noise of its own: the same for a seed.

    `multiple`: the network's. Raises FileError for pictures that cannot be read.
    """
    step = crop_multiple(degradation.task, degradation.domain, multiple)
    return [
        degradation(_middle(pictures.get(i), side, step), step_generator(seed + _TEST_SEED, i))
        for i in range(len(pictures))
    ]


def _random_crop(labels: Sequence[Tensor], side: int, rng: torch.Generator) -> Tensor:
    picture = labels[int(torch.randint(len(labels), (), generator=rng))]
    top, left = (random_offset(length - side, 1, rng) for length in picture.shape[-2:])
    return picture[:, top : top + side, left : left + side]


def _middle(picture: Tensor, side: int, step: int) -> Tensor:
    height, width = (min(length, side) // step * step for length in picture.shape[-2:])
    top, left = ((length - kept) // 2 for length, kept in zip(picture.shape[-2:], (height, width), strict=True))
    return picture[:, top : top + height, left : left + width]
