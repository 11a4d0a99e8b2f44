"""A packed picture through a task's network: array → array. Torch-free."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil

import numpy as np

from rcl_calibration.profile import NoiseProfile
from rcl_cli.disk.scratch import let_go
from rcl_cli.domain import Domain
from rcl_cli.errors import RclError
from rcl_cli.inference.brightness import keep_mean
from rcl_cli.inference.chroma import blend
from rcl_cli.inference.engine import Ready as Ready
from rcl_cli.inference.engine import Told
from rcl_cli.inference.risk import STEP, best_strength, disturbance, noise_levels
from rcl_cli.inference.tiling import Float
from rcl_cli.inference.unchanged import is_same
from rcl_cli.models.facts import Work
from rcl_cli.nn.balance import Balance
from rcl_cli.raw.far import far
from rcl_cli.raw.pack import Placement


@dataclass(frozen=True)
class Restored:
    """(C_out, h·U, w·U) float32, and the strength that it was made with."""

    pixels: Float
    strength: float
    unchanged: bool = False
    """The values are those of the input."""

    def with_another(self, other: Restored) -> Restored:
        """The sum of both: of pixels and strengths."""
        return Restored(self.pixels + other.pixels, self.strength + other.strength, self.unchanged and other.unchanged)


_STRIP = 256
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

    task: Work
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
        engine = ready.engine
        told = Told(profile, balance, self._told, exact=self.strength is None)
        passes = 2 if self.strength is None else 1

        def predict(picture: Float, number: int) -> Float:
            return engine.predict(picture, told, ready, lambda done: report((number + done) / passes))

        inside, prediction = elements_inside(placement), predict(x, 0)
        strength = self.strength
        if strength is None:
            sigma = noise_levels(x, profile or _NO_NOISE, self.domain)
            direction = disturbance(sigma)
            moved = predict(x + np.float32(STEP) * direction, 1)
            with np.errstate(all="ignore"):  # what is not finite is said below
                strength = best_strength(*(a[:, *inside] for a in (x, prediction, moved, direction, sigma)))
        with np.errstate(all="ignore"):
            prediction = keep_mean(
                prediction, x, self.task, self.domain, inside, displayed=displayed and self.task.noise_aware
            )
        chroma = strength if self.chroma is None else self.chroma
        if chroma != strength:
            prediction = blend(x, prediction, strength, chroma, self.domain, white)
        elif self.blends and strength < 1:
            prediction = x + np.float32(strength) * (prediction - x)
        if not _is_finite(prediction):
            if words := far(x):
                raise RclError(f"{words}, of which {self.task.name} makes no numbers; bring them near the others")
            said = f"the head of {self.task.name} gives values that are not finite numbers"
            raise RclError(f"{said}; choose another (rcl models)")
        finished = engine.finish(prediction, x)
        return Restored(finished, strength, self.blends and is_same(finished, x))

    @property
    def _told(self) -> float:
        return 1.0 if self.blends or self.strength is None else self.strength


def _is_finite(prediction: Float) -> bool:
    """Looked at in parts, whose answers together take as much memory as a quarter of one."""
    for start in range(0, prediction.shape[1], _STRIP):
        part = prediction[:, start : start + _STRIP]
        if not np.isfinite(part).all():
            return False
        let_go(part)
    return True


def elements_inside(placement: Placement) -> tuple[slice, slice]:
    """Rows and columns of the elements that lie wholly inside the picture, the padding left out."""
    p = placement.domain.pixels
    return (
        slice(ceil(placement.top / p), (placement.top + placement.height) // p),
        slice(ceil(placement.left / p), (placement.left + placement.width) // p),
    )
