"""Clean pictures as labels to learn from and as test pictures: values as they are read, noise simulated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from rcl_cli.data.clean_pictures import CleanReader
from rcl_cli.data.crops import middle_window, random_window
from rcl_cli.data.pairs import Degradation, Pair, crop_multiple, stacked
from rcl_cli.data.seeds import drawn, step_generator
from rcl_cli.errors import RclError

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

    def draw() -> Pair:
        picture = drawn(labels, rng)
        return degradation(random_window(picture.shape, side, 1, rng).of(picture), rng)

    return stacked([draw() for _ in range(count)])


def fixed_pairs(pictures: PictureFiles, degradation: Degradation, side: int, multiple: int, seed: int) -> list[Pair]:
    """The middle of every picture, at most `side` pixels each way, each with noise of its own: the same for a seed.

    `multiple`: the network's. Raises FileError for pictures that cannot be read.
    """
    step = crop_multiple(degradation.task, degradation.domain, multiple)
    whole = map(pictures.get, range(len(pictures)))
    middles = (middle_window(rgb.shape, side, multiple=step).of(rgb) for rgb in whole)
    return [degradation(rgb, step_generator(seed + _TEST_SEED, i)) for i, rgb in enumerate(middles)]
