"""Pairs made from clean pictures: a crop, made camera-like and degraded by the task."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from rcl_cli.data.clean_pictures import CleanPicture
from rcl_cli.data.crops import middle_window, random_window
from rcl_cli.data.pairs import VALIDATION_SIDE, Degradation, Pair, crop_multiple, crop_side, hold_out
from rcl_cli.data.seeds import drawn, step_generator
from rcl_cli.domain import Domain
from rcl_cli.nn.balance import Balance
from rcl_cli.noise import NoiseSource
from rcl_cli.task import Task

DARKEST = 0.25
"""Exposure is log-uniform from this factor to 1."""
RED_GAINS, BLUE_GAINS = (1.0, 2.6), (1.0, 2.2)
"""White balance gains that cameras apply, 1 included so that balanced pictures are not strangers."""


@dataclass(frozen=True)
class CleanPairs:
    """A source of pairs for `task` on `domain`; all its crops are in the canonical CFA phase."""

    task: Task
    domain: Domain
    train: Sequence[CleanPicture]
    held_out: Sequence[CleanPicture]
    noise: NoiseSource
    side: int
    """Of training crops, in target pixels."""
    step: int
    """Sides are multiples of this."""
    seed: int = 0
    coded: bool = False
    """The network's: it sees balanced values."""

    @classmethod
    def split(
        cls,
        task: Task,
        domain: Domain,
        pictures: Sequence[CleanPicture],
        noise: NoiseSource,
        *,
        multiple: int,
        crop: int = 128,
        labels: int | None = None,
        seed: int = 0,
        coded: bool = False,
    ) -> CleanPairs:
        """Hold pictures out and keep `labels` of the rest. `crop` is rounded up; `multiple`: the network's.

        Raises RclError as `hold_out` does.
        """
        train, held_out = hold_out(pictures, labels, seed)
        side, step = crop_side(crop, task, domain, multiple), crop_multiple(task, domain, multiple)
        return cls(task, domain, train, held_out, noise, side, step, seed, coded)

    def draw(self, rng: torch.Generator) -> Pair:
        picture = drawn(self.train, rng)
        crop = random_window(picture.rgb.shape, self.side, 1, rng).of(picture.rgb).float()
        return self._degraded(_flipped(crop, rng), picture.camera_rgb, rng)

    def validation(self) -> Sequence[Pair]:
        """The middle of each held-out picture, with light and noise of its own."""
        return [
            self._degraded(self._middle(picture.rgb), picture.camera_rgb, step_generator(self.seed, number))
            for number, picture in enumerate(self.held_out)
        ]

    def describe(self) -> dict[str, Any]:
        return {"noise": self.noise.describe(), "labels": len(self.train), "validation": len(self.held_out)}

    def _degraded(self, rgb: Tensor, camera_rgb: bool, rng: torch.Generator) -> Pair:
        light = camera_light(self.domain.is_raw and not camera_rgb, rng)
        balance = Balance.undoing(light.flatten().tolist()) if self.coded else None
        return Degradation(self.task, self.domain, self.noise)(rgb * light, rng, balance)

    def _middle(self, rgb: Tensor) -> Tensor:
        window = middle_window(rgb.shape, max(self.side, VALIDATION_SIDE), multiple=self.step)
        return window.of(rgb).float()


def camera_light(unbalance: bool, rng: torch.Generator) -> Tensor:
    """(3, 1, 1) factors ≤ 1 for R, G, B: a random exposure and, with `unbalance`, a sensor's weaker red and blue."""
    u = torch.rand(3, generator=rng)
    exposure = math.exp(float(u[0]) * math.log(DARKEST))
    red, blue = (low + (high - low) * float(v) for (low, high), v in zip((RED_GAINS, BLUE_GAINS), u[1:], strict=True))
    gains = (1 / red, 1.0, 1 / blue) if unbalance else (1.0, 1.0, 1.0)
    return exposure * torch.tensor(gains).view(3, 1, 1)


def _flipped(crop: Tensor, rng: torch.Generator) -> Tensor:
    # Before the mosaic and the noise, so neither is touched.
    flips = torch.rand(3, generator=rng) < 0.5
    axes = [axis for axis, flip in zip((-2, -1), flips, strict=False) if flip]
    crop = crop.flip(axes)
    return crop.mT if flips[2] else crop
