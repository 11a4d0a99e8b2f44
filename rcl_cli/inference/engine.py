"""What runs a network: torch, or onnxruntime for exported models. Restoring knows neither. Torch-free."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from rcl_calibration.profile import NoiseProfile
from rcl_cli.domain import Domain
from rcl_cli.errors import RclError
from rcl_cli.inference.tiling import Float, Tiling
from rcl_cli.models.facts import Work
from rcl_cli.nn.balance import Balance


@dataclass(frozen=True)
class Told:
    """What a network is told of a picture besides its values."""

    noise: NoiseProfile | None
    """Of the values as they are; None where the task does not ask."""
    balance: Balance
    share: float = 1.0
    """Of σ that is told."""
    exact: bool = False
    """In full float32, since results are compared that hardly differ."""


class Engine(Protocol):
    """A network and the head on it, ready to be run."""

    @property
    def coded(self) -> bool:
        """As `Network.coded`: it sees white-balanced values."""

    def predict(self, x: Float, told: Told, ready: Ready, report: Callable[[float], None]) -> Float:
        """The prediction of the whole picture, in tiles as `ready` says: (C, h, w) → (C_out, h·U, w·U).

        `report` hears which fraction is done. Raises RclError where the head's result has another shape than the task
        says.
        """

    def finish(self, prediction: Float, x: Float) -> Float:
        """As `Task.finish`."""


@dataclass(frozen=True)
class Ready:
    """An engine and how pictures are to be cut for it."""

    engine: Engine
    tiling: Tiling
    tile: int
    """The largest side of a tile's core, in elements."""
    workers: int = 1
    """Tiles that are worked on at a time."""


def require_shape(task: Work, domain: Domain, window: Sequence[int], found: Sequence[int]) -> None:
    """Raise RclError unless the prediction `found` for the window (1, C, h, w) has the shape that the task says."""
    up = task.upsample(domain)
    expected = (1, task.output(domain).channels, window[-2] * up, window[-1] * up)
    if tuple(found) != expected:
        raise RclError(
            f"the head of {task.name} gives {tuple(found)} where the task says {expected}; its plugin has to be fixed"
        )
