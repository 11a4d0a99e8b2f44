"""The model that finetuning starts from: a pretrained backbone or a fresh one, under a head of the task."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from rcl_cli.domain import Domain
from rcl_cli.errors import RclError
from rcl_cli.finetuning.saved import SavedFinetuning
from rcl_cli.finetuning.sources import pairs_domain
from rcl_cli.models.backbone import load_backbone
from rcl_cli.models.choose import SHIPPED, usable
from rcl_cli.models.header import read_header
from rcl_cli.models.store import BACKBONE, Store
from rcl_cli.models.task_model import TaskModel, build_model, load_head
from rcl_cli.network import get_network
from rcl_cli.task import Task

FRESH = "none"


@dataclass(frozen=True)
class Start:
    """A model to train."""

    model: TaskModel
    parent: str
    """Name of what its weights are from; "none" for fresh ones."""


def find_backbone(wanted: str | None, task: Task, domain: Domain, store: Store) -> Path | None:
    """The file that `--backbone` means: NAME, PATH or "shipped"; None for "none".

    None given: the newest backbone of the store for `domain`, else the head that comes with the task, else none.
    Raises RclError for a name that the store has not, or a head that the task comes without.
    """
    if wanted == FRESH:
        return None
    shipped = task.default_head(domain)
    if wanted == SHIPPED and not store.has(SHIPPED):
        if shipped is None:
            raise RclError(f"{task.name} comes with no head for {domain.value} files")
        return shipped
    if wanted is not None:
        return store.resolve(wanted)
    fitting = [m for m in store.scan()[0] if m.header.kind == "backbone" and m.header.domain is domain]
    installed, _ = usable(fitting)
    return installed[0].path if installed else shipped


def choose_domain(
    task: Task, given: str | None, backbone: str | None, pairs_folder: Path | None, store: Store
) -> Domain:
    """The domain to work in: as given, else that of the pairs' noisy files, of the backbone, or Bayer where it can be.

    Raises RclError where the task does not work on it, or pairs or backbone cannot be read.
    """
    if given is not None:
        domain = Domain(given)
    elif pairs_folder is not None:
        domain = pairs_domain(pairs_folder)
    elif backbone is not None and backbone not in (FRESH, SHIPPED):
        domain = read_header(store.resolve(backbone)).domain
    else:
        domain = Domain.BAYER if Domain.BAYER in task.domains else min(task.domains, key=lambda d: d.value)
    if domain not in task.domains:
        able = ", ".join(sorted(d.value for d in task.domains))
        raise RclError(f"{task.name} works on {able}, not on {domain.value}")
    return domain


def resumed_model(task: Task, saved: SavedFinetuning, *, begun: bool) -> Start:
    """The model of a run that goes on: `begun`, its weights are in the run's state and those here do not matter.

    Raises RclError as `starting_model`.
    """
    domain, seed = Domain(saved.domain), saved.settings.seed
    backbone = None if begun or saved.backbone is None else Path(saved.backbone)
    start = starting_model(task, domain, backbone, network=saved.network, network_options=saved.architecture, seed=seed)
    return Start(start.model, saved.parent)


def starting_model(
    task: Task,
    domain: Domain,
    backbone: Path | None,
    *,
    network: str | None = None,
    network_options: Mapping[str, Any] | None = None,
    seed: int = 0,
) -> Start:
    """Load `backbone`, with a fresh head on it; a head of the same task goes on as it is.

    `network`, of which the task names the default, and its options are those of a fresh one. Raises CheckpointError
    where the file is damaged or does not fit, PluginError and RclError for a network or options that there are not.
    """
    torch.manual_seed(seed)
    if backbone is None:
        made = get_network(network or task.network(domain))(domain, network_options)
        return Start(build_model(task, domain, made), FRESH)
    header = read_header(backbone)
    origin = header.name or backbone.parent.name if backbone.name == BACKBONE else backbone.stem
    if header.kind == "head" and header.task == task.name:
        return Start(load_head(backbone, task, domain)[0], origin)
    return Start(build_model(task, domain, load_backbone(backbone, domain)[0].network), origin)
