"""Whole results against their references, file by file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from rcl_cli.data.file_pairs import FilePair, clean_tensor, noisy_tensor, result_tensor
from rcl_cli.errors import FileError, RclError, blamed_on
from rcl_cli.evaluate.start import Interpolation, keeps_layout
from rcl_cli.raw.frame import Frame
from rcl_cli.raw.guarded import read_frame
from rcl_cli.raw.srgb import srgb_encode
from rcl_cli.task import Task

Restore = Callable[[Frame], NDArray[np.float32]]
"""A decoded file → the result: a mosaic (H, W) or (H, W, 3), linear."""


@dataclass(frozen=True)
class Scoring:
    """How results are compared."""

    task: Task
    restores: Mapping[str, Restore | None]
    """By name. None: score what interpolation alone gives (for denoising, the noisy input)."""
    srgb: bool = False
    """Compare as displayed, clipped to [0, 1] and sRGB-encoded; else the linear values as they are."""
    linear: bool = False
    """Keep the values of RGB files as they are when reading them."""

    def __call__(self, files: FilePair) -> dict[str, dict[str, float]]:
        """The task's metrics for one pair, by the names of `restores`. Raises FileError where a file cannot be used."""
        with blamed_on(files.noisy):
            return self._scores(files)

    def _scores(self, files: FilePair) -> dict[str, dict[str, float]]:
        noisy = read_frame(files.noisy, linear=self.linear)
        clean = read_frame(files.clean, linear=self.linear)
        try:
            target = clean_tensor(clean, noisy, self.task)
        except RclError as error:
            raise FileError(files.clean, str(error)) from error
        try:
            shown = self._space(target)
            return {
                name: self.task.metrics(self._space(self._prediction(noisy, restore)), shown)
                for name, restore in self.restores.items()
            }
        except (RclError, ValueError) as error:
            raise FileError(files.noisy, str(error)) from error

    def _prediction(self, noisy: Frame, restore: Restore | None) -> Tensor:
        if restore is None:
            return interpolated(noisy_tensor(noisy), noisy, self.task)
        return result_tensor(restore(noisy), noisy, self.task)

    def _space(self, image: Tensor) -> Tensor:
        return torch.from_numpy(srgb_encode(image.numpy())) if self.srgb else image


def has_start(task: Task) -> bool:
    """Whether there is something that `task` has to beat, by `interpolated`, on all that it works on."""
    return all(keeps_layout(task, domain) or not task.output(domain).is_raw for domain in task.domains)


def interpolated(x: Tensor, noisy: Frame, task: Task) -> Tensor:
    """What `task` has to beat: x itself, or bilinear demosaicing with bicubic enlargement.

    Raises RclError for tasks whose result is neither in the layout of the input nor RGB.
    """
    domain = noisy.domain
    if task.output(domain).is_raw and not keeps_layout(task, domain):
        raise RclError(f"there is nothing to compare {task.name} with; name a model")
    result: Tensor = Interpolation(task, domain)(x[None])[0]
    return result
