"""Clean pictures as labels to learn from and as test pictures: values as they are read, noise simulated."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from rcl_cli.data.clean_pictures import CleanReader
from rcl_cli.data.crops import middle_window, random_window
from rcl_cli.data.pairs import Degradation, Pair, crop_multiple, stacked
from rcl_cli.data.seeds import drawn, step_generator
from rcl_cli.errors import FileError, RclError

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
    failures: dict[Path, FileError] = field(default_factory=dict, repr=False)
    """Those of the pictures asked for that cannot be used."""
    _read: dict[Path, Tensor] = field(default_factory=dict, repr=False)

    def __len__(self) -> int:
        return len(self.paths)

    def get(self, index: int) -> Tensor:
        """(3, H, W). Raises FileError where the file cannot be read or is too small."""
        path = self.paths[index]
        if path not in self._read:
            self._read[path] = CleanReader(self.least_side, reduce=1, linear=self.linear)(path).rgb
        return self._read[path].float()

    def usable(self, order: Iterable[int]) -> Iterator[tuple[int, Tensor]]:
        """Numbers and pictures, (3, H, W), in this order, without those that cannot be used.

        Raises FileError where that is none of them.
        """
        done = 0
        for index in order:
            try:
                picture = self.get(index)
            except FileError as error:
                self.failures[self.paths[index]] = error
                continue
            done += 1
            yield index, picture
        if not done and self.failures:
            raise next(iter(self.failures.values()))


def drawn_labels(pictures: PictureFiles, labels: int | None, seed: int) -> list[Tensor]:
    """`labels` of the pictures, chosen by `seed`; None: all. More labels of one seed contain fewer.

    One that cannot be used is replaced by the next. Raises RclError where there are not so many.
    """
    if labels is not None and labels > len(pictures):
        raise RclError(f"--labels {labels} is too many: there are {len(pictures)} clean pictures")
    order = np.random.default_rng(seed).permutation(len(pictures))
    drawn = [picture for _, picture in islice(pictures.usable(order.tolist()), labels)]
    if labels is not None and len(drawn) < labels:
        raise RclError(f"--labels {labels} is too many: {len(drawn)} of {len(pictures)} clean pictures can be used")
    return drawn


def draw_pairs(labels: Sequence[Tensor], degradation: Degradation, side: int, count: int, rng: torch.Generator) -> Pair:
    """`count` random crops, `side` target pixels each way, as one pair of (N, …) tensors; nothing is flipped."""

    def draw() -> Pair:
        picture = drawn(labels, rng)
        return degradation(random_window(picture.shape, side, 1, rng).of(picture), rng)

    return stacked([draw() for _ in range(count)])


def fixed_pairs(pictures: PictureFiles, degradation: Degradation, side: int, multiple: int, seed: int) -> list[Pair]:
    """The middle of every picture, at most `side` pixels each way, each with noise of its own: the same for a seed.

    `multiple`: the network's. Pictures that cannot be used are left out; raises FileError where all are.
    """
    step = crop_multiple(degradation.task, degradation.domain, multiple)
    whole = pictures.usable(range(len(pictures)))
    middles = ((i, middle_window(rgb.shape, side, multiple=step).of(rgb)) for i, rgb in whole)
    return [degradation(rgb, step_generator(seed + _TEST_SEED, i)) for i, rgb in middles]
