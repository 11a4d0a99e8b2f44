"""A packed picture through a task's network: array → array."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil

import torch
from torch import Tensor

from rcl_calibration.profile import NoiseProfile
from rcl_cli.domain import Domain
from rcl_cli.errors import RclError
from rcl_cli.inference.brightness import keep_mean
from rcl_cli.inference.chroma import blend
from rcl_cli.inference.risk import STEP, best_strength, disturbance
from rcl_cli.inference.tiling import Float, Tiling, apply_tiled
from rcl_cli.models.task_model import TaskModel
from rcl_cli.nn.balance import Balance
from rcl_cli.nn.curve import bend_for
from rcl_cli.noise import sigma_map
from rcl_cli.raw.pack import Placement
from rcl_cli.task import Task


@dataclass(frozen=True)
class Ready:
    """A model on its device and how pictures are to be cut for it."""

    model: TaskModel
    tiling: Tiling
    tile: int
    """The largest side of a tile's core, in elements."""
    device: torch.device
    workers: int = 1
    """Tiles that are worked on at a time."""


@dataclass(frozen=True)
class Restored:
    """(C_out, h·U, w·U) float32, and the strength that it was made with."""

    pixels: Float
    strength: float


_NO_NOISE = NoiseProfile.uniform(0.0, 0.0)
_AS_IT_IS = Balance()


@dataclass(frozen=True)
class Restoration:
    """What is to be done to a picture: the task on its domain, and how strongly.

    `strength` runs from 0 to 1. Where the result has the layout of the input, it is s·prediction + (1-s)·input, so
    that 0 gives the input exactly. Elsewhere the noise level that the network is told is multiplied by it, so that
    0 asks for a result with the noise left in. None: the `best_strength` of each picture, where the layouts are equal.
    `chroma`: the strength for colour, where it is another one (see `blend`); `strength` is that for brightness then.
    """

    task: Task
    domain: Domain
    strength: float | None = 1.0
    chroma: float | None = None

    def __post_init__(self) -> None:
        if self.chroma is not None:
            if not 0 <= self.chroma <= 1:
                raise RclError("--chroma-strength must be from 0 to 1")
            if not (self.blends and self.task.noise_aware) and self.chroma != self.strength:
                raise RclError(f"--chroma-strength is for tasks that only remove noise, not for {self.task.name}")
        if self.strength is None:
            if not (self.blends and self.task.noise_aware):
                raise RclError(f"--strength auto is for tasks that only remove noise, not for {self.task.name}")
            return
        if not 0 <= self.strength <= 1:
            raise RclError("--strength must be from 0 to 1")
        if self.strength < 1 and not (self.blends or self.task.noise_aware):
            raise RclError(f"--strength has no meaning for {self.task.name}, which removes no noise; leave it out")

    @property
    def changes_nothing(self) -> bool:
        """True where nothing is to be removed, neither of brightness nor of colour."""
        return self.strength == 0 and self.chroma in (None, 0)

    @property
    def blends(self) -> bool:
        """True where prediction and input have the same layout."""
        return self.task.output(self.domain) is self.domain and self.task.scale == 1

    def run(
        self,
        x: Float,
        placement: Placement,
        ready: Ready,
        profile: NoiseProfile | None,
        report: Callable[[float], None] = lambda done: None,
        balance: Balance = _AS_IT_IS,
        *,
        white: Balance = _AS_IT_IS,
        displayed: bool = False,
    ) -> Restored:
        """Restore (C, h, w), packed at multiples of `ready.tiling.multiple`.

        `profile`: the noise of `x`; needed where the task is noise-aware. `balance`: what coded networks see `x` with.
        `white`: the picture's white balance, by which brightness and colour are told apart.
        `displayed`: `x` is of a file that was stored for a display, noise and all.
        The mean of each colour is kept; the task's `finish` has the last word. Raises RclError where the head's result
        has another shape than the task says.
        """
        told = balance.profile(profile) if profile else None
        bend = torch.tensor(bend_for(told), device=ready.device)
        domains = (self.domain, self.task.output(self.domain))
        gains, back = (balance.planes(domain).to(ready.device) for domain in domains)

        def network(tile: Tensor) -> Tensor:
            x = tile * gains
            sigma = sigma_map(x, told, self.domain) * self._told if told else None
            prediction: Tensor = ready.model(x, sigma, bend)
            self._check_shape(tile, prediction)
            return prediction / back

        passes = 2 if self.strength is None else 1

        def predict(picture: Tensor, number: int) -> Tensor:
            def part(done: float) -> None:
                report((number + done) / passes)

            planes = picture.numpy()
            made = apply_tiled(
                network,
                planes,
                ready.tiling,
                size=ready.tile,
                workers=ready.workers,
                device=ready.device,
                report=part,
            )
            return torch.from_numpy(made)

        with torch.inference_mode():
            source, inside = torch.from_numpy(x), elements_inside(placement)
            prediction = predict(source, 0)
            strength = self.strength
            if strength is None:
                sigma = sigma_map(source, profile or _NO_NOISE, self.domain)
                direction = disturbance(sigma)
                moved = predict(source + STEP * direction, 1)
                strength = best_strength(*(t[:, *inside] for t in (source, prediction, moved, direction, sigma)))
            prediction = keep_mean(
                prediction, source, self.task, self.domain, inside, displayed=displayed and self.task.noise_aware
            )
            chroma = strength if self.chroma is None else self.chroma
            if chroma != strength:
                prediction = blend(source, prediction, strength, chroma, self.domain, white)
            elif self.blends and strength < 1:
                prediction = torch.lerp(source, prediction, strength)
            if not bool(prediction.isfinite().all()):
                said = f"the head of {self.task.name} gives values that are not finite numbers"
                raise RclError(f"{said}; choose another (rcl models)")
            return Restored(self.task.finish(prediction, source).numpy(), strength)

    @property
    def _told(self) -> float:
        return 1.0 if self.blends or self.strength is None else self.strength

    def _check_shape(self, tile: Tensor, prediction: Tensor) -> None:
        up = self.task.upsample(self.domain)
        channels = self.task.output(self.domain).channels
        expected = (1, channels, tile.shape[2] * up, tile.shape[3] * up)
        if tuple(prediction.shape) != expected:
            raise RclError(
                f"the head of {self.task.name} gives {tuple(prediction.shape)} where the task says {expected}; "
                "its plugin has to be fixed"
            )


def elements_inside(placement: Placement) -> tuple[slice, slice]:
    """Rows and columns of the elements that lie wholly inside the picture, the padding left out."""
    p = placement.domain.pixels
    return (
        slice(ceil(placement.top / p), (placement.top + placement.height) // p),
        slice(ceil(placement.left / p), (placement.left + placement.width) // p),
    )
