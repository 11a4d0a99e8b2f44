"""Which model a file gets, and why; each is loaded once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from math import lcm
from pathlib import Path

import torch

from rcl_cli.domain import Domain
from rcl_cli.errors import RclError
from rcl_cli.header import read_header
from rcl_cli.inference.memory import tile_size
from rcl_cli.inference.tiling import Tiling
from rcl_cli.nn.model import TaskModel, load_head
from rcl_cli.store import Store
from rcl_cli.task import Task


@dataclass(frozen=True)
class Choice:
    """A model file and, in words, why it was taken."""

    path: Path
    reason: str


@dataclass(frozen=True)
class Ready:
    """A model on its device and how pictures are to be cut for it."""

    model: TaskModel
    tiling: Tiling
    tile: int
    """The largest side of a tile's core, in elements."""
    device: torch.device


def find_model(task: Task, domain: Domain, camera: str, store: Store, given: str | None = None) -> Choice:
    """The given model (NAME or PATH), else the store's best head for task, domain and camera, else the shipped one.

    Raises RclError where there is none, CheckpointError where the given one is no model.
    """
    if given is not None:
        return Choice(given_model(task, store, given), "as given")
    heads = store.heads(task.name, domain, camera)
    if heads:
        newest = heads[0]
        scope = f"{domain.value} of {camera}" if newest.header.camera else domain.value
        return Choice(newest.path, f"newest in the store for {task.name}, {scope}")
    shipped = task.default_head(domain)
    if shipped is not None:
        return Choice(shipped, "shipped with the task; the store has none of your own")
    raise RclError(
        f"there is no head for {task.name} of {domain.value} files; "
        f"train one with `rcl finetune --task {task.name}`, or name one with --model"
    )


def given_model(task: Task, store: Store, name: str) -> Path:
    """The model called `name` in the store, the file at that path, or the shipped head of that name.

    Raises RclError where there is none, CheckpointError where it is no model.
    """
    shipped = [head for head in map(task.default_head, task.domains) if head is not None and head.stem == name]
    path = shipped[0] if shipped and not store.has(name) else store.resolve(name)
    read_header(path)
    return path


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
