"""Which model a file gets, and why."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from rcl_cli.domain import Domain
from rcl_cli.errors import RclError
from rcl_cli.models.header import read_header
from rcl_cli.models.store import Store
from rcl_cli.task import Task


@dataclass(frozen=True)
class Choice:
    """A model file and, in words, why it was taken."""

    path: Path
    reason: str


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
        return Choice(shipped, "shipped with the task; none in the store")
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
