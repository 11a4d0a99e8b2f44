"""A run's folder: `finetune.json`, `state.safetensors`, `metrics.jsonl`, and in the end `head.safetensors`."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from rcl_cli.errors import FileError, RclError
from rcl_cli.files import exists
from rcl_cli.finetuning.in_use import InUse
from rcl_cli.finetuning.saved import NOTE
from rcl_cli.finetuning.sources import Source, Wanted
from rcl_cli.finetuning.start import Start
from rcl_cli.models.header import Header
from rcl_cli.models.runs import new_run, newest_run
from rcl_cli.models.store import Store
from rcl_cli.models.task_model import of_task, save_head
from rcl_cli.train.few_labels import FinetuneResult, FinetuneSettings

HEAD, METRICS, STATE = "head.safetensors", "metrics.jsonl", "state.safetensors"


def run_folder(given: Path | None, store: Store, name: str) -> Path:
    """The folder to use: `given`, else a new one in the store. Raises FileError where `given` holds a run already."""
    if given is None:
        return new_run(store, name)
    refuse_run(given)
    return given


def refuse_run(folder: Path) -> None:
    """Raises FileError where `folder` holds a run."""
    if any(exists(folder / name) for name in (HEAD, NOTE, STATE)):
        raise FileError(folder, "holds a run already; use --resume to continue it, or another folder")


def run_to_resume(given: Path | None, store: Store) -> Path:
    """`given`, else the newest finetuning in the store. Raises RclError where there is none."""
    folder = given or newest_run(store, NOTE)
    if folder is None:
        raise RclError(f"there is no finetuning to resume in {store.runs}; name its folder with -o")
    return folder


def save_run(
    path: Path,
    wanted: Wanted,
    start: Start,
    source: Source,
    settings: FinetuneSettings,
    result: FinetuneResult,
    camera: str = "",
    in_use: InUse | None = None,
) -> None:
    """Write the model with all that is known of its training. Raises FileError where that cannot be done."""
    about = source.pairs.describe()
    # The same wherever it was trained, and however often it was stopped.
    told = asdict(replace(settings, device="auto"))
    header = Header(
        kind="head",
        domain=wanted.domain,
        name=path.parent.name,
        step=result.best_step,
        noise=about.pop("noise"),
        parent=start.parent,
        data=source.files,
        camera=camera,
        notes={**about, "figures": result.figures, "start": result.start, "settings": told, **_rival(in_use)},
    )
    save_head(path, start.model, of_task(header, wanted.task))


def _rival(in_use: InUse | None) -> dict[str, Any]:
    return {} if in_use is None else {"rival": {"name": in_use.name, "figures": in_use.figures}}
