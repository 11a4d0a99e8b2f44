"""The models of a run: chosen for each file, loaded once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from math import lcm
from pathlib import Path

import torch

from rcl_cli.domain import Domain
from rcl_cli.errors import RclError
from rcl_cli.inference.memory import tile_size
from rcl_cli.inference.tiling import Tiling
from rcl_cli.models.choose import Choice, find_model
from rcl_cli.models.store import Store
from rcl_cli.models.task_model import TaskModel, load_head
from rcl_cli.task import Task


@dataclass(frozen=True)
class Ready:
    """A model on its device and how pictures are to be cut for it."""

    model: TaskModel
    tiling: Tiling
    tile: int
    """The largest side of a tile's core, in elements."""
    device: torch.device


@dataclass(frozen=True)
class Models:
    """The models of one run. `announce` hears each choice once, in a sentence."""

    task: Task
    store: Store
    device: torch.device
    given: str | None = None
    tile: int | None = None
    announce: Callable[[str], None] = lambda sentence: None
    _choices: dict[tuple[Domain, str], Choice] = field(default_factory=dict)
    _ready: dict[tuple[Domain, Path], Ready] = field(default_factory=dict)

    def choose(self, domain: Domain, camera: str) -> Choice:
        """As `find_model`. Also raises RclError where the task does not work on `domain`."""
        if domain not in self.task.domains:
            able = ", ".join(sorted(d.value for d in self.task.domains))
            raise RclError(f"{self.task.name} works on {able} files; this one is {domain.value}")
        if (domain, camera) not in self._choices:
            choice = find_model(self.task, domain, camera, self.store, self.given)
            if choice not in self._choices.values():
                self.announce(f"{self.task.name} of {domain.value} files by {choice.path} ({choice.reason})")
            self._choices[domain, camera] = choice
        return self._choices[domain, camera]

    def load(self, domain: Domain, path: Path) -> Ready:
        """The model in `path`. Raises CheckpointError if it is damaged, or for another task or domain."""
        if (domain, path) not in self._ready:
            model, _ = load_head(path, self.task, domain)
            self._ready[domain, path] = prepare(model, self.task, domain, self.device, self.tile)
        return self._ready[domain, path]


def prepare(model: TaskModel, task: Task, domain: Domain, device: torch.device, tile: int | None = None) -> Ready:
    """Put `model` on `device` and work out its tiling; `tile` overrides the size that the memory suggests.

    Raises RclError where the head looks at the whole picture.
    """
    model = model.eval().to(device)
    # X-Trans changes red and blue from one 3×3 element to the next: tiles must start on even ones.
    multiple = lcm(model.multiple, 2 if domain is Domain.XTRANS else 1)
    tiling = Tiling(model.radius(), multiple, task.upsample(domain))
    return Ready(model, tiling, tile or tile_size(model, task, domain, tiling.halo, device), device)
