"""Crops of noisy and clean files as training pairs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch

from rcl_cli.data.crops import Window, middle_window, phase_step, random_window
from rcl_cli.data.file_pairs import LoadedPair
from rcl_cli.data.pairs import VALIDATION_SIDE, Pair, crop_multiple, crop_side
from rcl_cli.data.seeds import drawn
from rcl_cli.domain import Domain
from rcl_cli.errors import FileError
from rcl_cli.nn.curve import bend_for
from rcl_cli.noise import sigma_map
from rcl_cli.task import Task

_BYTES = 4


@dataclass(frozen=True)
class PairedCrops:
    """A source of pairs; nothing is flipped or brightened, since the noise is in the files already."""

    task: Task
    domain: Domain
    train: Sequence[LoadedPair]
    held_out: Sequence[LoadedPair]
    multiple: int
    """The network's, in elements."""
    crop: int = 128
    """Side of training crops in target pixels, to be rounded up."""

    def draw(self, rng: torch.Generator) -> Pair:
        pair = drawn(self.train, rng)
        return self._cut(pair, random_window(pair.x.shape, self._elements(self.crop), phase_step(self.domain), rng))

    def validation(self) -> Sequence[Pair]:
        return [self._middle(pair) for pair in self.held_out]

    def describe(self) -> dict[str, Any]:
        noise = {"kind": "pairs", "profiles": [_brief(pair) for pair in self.train[:8]]}
        return {"noise": noise, "labels": len(self.train), "validation": len(self.held_out)}

    def _middle(self, pair: LoadedPair) -> Pair:
        step = crop_multiple(self.task, self.domain, self.multiple) // self._pixels
        most = self._elements(max(self.crop, VALIDATION_SIDE))
        return self._cut(pair, middle_window(pair.x.shape, most, multiple=step, step=phase_step(self.domain)))

    def _cut(self, pair: LoadedPair, window: Window) -> Pair:
        x, target = window.of(pair.x), window.of(pair.target, self.task.upsample(self.domain))
        return Pair(x, sigma_map(x, pair.noise, self.domain), target, torch.tensor(bend_for(pair.noise)))

    @property
    def _pixels(self) -> int:
        return self.domain.pixels * self.task.scale

    def _elements(self, pixels: int) -> int:
        return crop_side(pixels, self.task, self.domain, self.multiple) // self._pixels


def within(pair: LoadedPair, least: int, share: int) -> LoadedPair:
    """The middle of a pair, no larger than `share` bytes, at least `least` elements each way.

    Raises FileError for one that is smaller than `least` to begin with.
    """
    _, height, width = pair.x.shape
    up = pair.target.shape[-1] // width
    if min(height, width) < least:
        raise FileError(
            pair.files.noisy, f"is too small: {width}×{height} elements, {least} are needed; use a smaller --crop"
        )
    element = _BYTES * (len(pair.x) + len(pair.target) * up * up)
    side = max(least, math.isqrt(share // element)) // 2 * 2
    # Even offsets keep every CFA phase.
    window = middle_window(pair.x.shape, side, step=2)
    return replace(pair, x=window.of(pair.x).clone(), target=window.of(pair.target, up).clone())


def _brief(pair: LoadedPair) -> dict[str, Any]:
    return {"camera": pair.noise.camera, "iso": pair.noise.iso, "shot": pair.noise.shot, "read": pair.noise.read}
