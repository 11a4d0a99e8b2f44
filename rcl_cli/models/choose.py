"""Which model a file gets, and why."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass
from pathlib import Path

from rcl_cli.domain import Domain
from rcl_cli.errors import RclError
from rcl_cli.models.facts import Work
from rcl_cli.models.header import read_header
from rcl_cli.models.store import Store, StoredModel
from rcl_cli.plugins.entries import NETWORKS, entries

SHIPPED = "shipped"
"""The name that stands for the head that comes with the task, whatever is in the store."""


@dataclass(frozen=True)
class Choice:
    """A model file and, in words, why it was taken."""

    path: Path
    reason: str


def find_model(
    task: Work, domain: Domain, camera: str, store: Store, given: str | None = None, without: Container[Path] = ()
) -> Choice:
    """The given model (NAME, PATH or "shipped"), else the store's best head for the file, else the shipped one.

    `without`: models of the store that have turned out to be damaged.
    Raises RclError where there is none, CheckpointError where the given one is no model.
    """
    shipped = task.default_head(domain)
    if given == SHIPPED and not store.has(SHIPPED):
        if shipped is None:
            raise RclError(f"{task.name} comes with no head for {domain.value} files")
        return Choice(shipped, "as given")
    if given is not None:
        return Choice(given_model(task, store, given), "as given")
    heads, left_out = usable([head for head in store.heads(task.name, domain, camera) if head.path not in without])
    if heads:
        newest = heads[0]
        scope = f"{domain.value} of {camera}" if newest.header.camera else domain.value
        return Choice(newest.path, f"newest in the store for {task.name}, {scope}{left_out}{_outdone(newest, store)}")
    if shipped is not None:
        return Choice(shipped, f"shipped with the task; none in the store{left_out}")
    raise RclError(
        f"there is no head for {task.name} of {domain.value} files; "
        f"train one with `rcl finetune --task {task.name}`, or name one with --model"
    )


def _outdone(head: StoredModel, store: Store) -> str:
    """In words, that the head before this one was better on the pictures that this one was chosen by; else ""."""
    rival, figures = head.header.notes.get("rival"), head.header.notes.get("figures")
    name, others = (rival.get("name"), rival.get("figures")) if isinstance(rival, dict) else (None, None)
    if not isinstance(name, str) or name == head.name or not (name == SHIPPED or store.has(name)):
        return ""
    own, other = (_psnr_db(one) for one in (figures, others))
    if own is None or other is None or own >= other:
        return ""
    return f"; when it was trained it had {own:.2f} dB and {name} {other:.2f} dB: --model {name} takes the better one"


def _psnr_db(figures: object) -> float | None:
    found = figures.get("psnr_db") if isinstance(figures, dict) else None
    return float(found) if isinstance(found, int | float) else None


def usable(models: Sequence[StoredModel]) -> tuple[list[StoredModel], str]:
    """Those whose network is installed, and in words which ones are left out because theirs is not."""
    installed = {entry.name for entry in entries(NETWORKS)}
    lacking = [f"{model.name}, whose network {model.header.network} is not installed" for model in models]
    found = [model for model in models if model.header.network in installed]
    left_out = [words for model, words in zip(models, lacking, strict=True) if model not in found]
    return found, f"; left out: {'; '.join(left_out)}" if left_out else ""


def given_model(task: Work, store: Store, name: str) -> Path:
    """The model called `name` in the store, the file at that path, or a shipped head of that name or ("shipped") any.

    Raises RclError where there is none, CheckpointError where it is no model.
    """
    shipped = [head for head in map(task.default_head, task.domains) if head and name in (head.stem, SHIPPED)]
    path = shipped[0] if shipped and not store.has(name) else store.resolve(name)
    read_header(path)
    return path
