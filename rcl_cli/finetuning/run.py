"""A run's folder: `head.safetensors` and `metrics.jsonl`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from rcl_cli.errors import FileError
from rcl_cli.finetuning.sources import Source, Wanted
from rcl_cli.finetuning.start import Start
from rcl_cli.models.header import Header
from rcl_cli.models.runs import new_run
from rcl_cli.models.store import Store
from rcl_cli.models.task_model import of_task, save_head
from rcl_cli.train.few_labels import FinetuneResult, FinetuneSettings

HEAD, METRICS = "head.safetensors", "metrics.jsonl"


def run_folder(given: Path | None, store: Store, name: str) -> Path:
    """The folder to use: `given`, else a new one in the store. Raises FileError where `given` holds a run already."""
    if given is None:
        return new_run(store, name)
    if (given / HEAD).exists():
        raise FileError(given, "holds a run already; use another folder")
    return given


def save_run(
    path: Path,
    wanted: Wanted,
    start: Start,
    source: Source,
    settings: FinetuneSettings,
    result: FinetuneResult,
    camera: str = "",
) -> None:
    """Write the model with all that is known of its training. Raises FileError where that cannot be done."""
    about = source.pairs.describe()
    header = Header(
        kind="head",
        domain=wanted.domain,
        name=path.parent.name,
        step=result.best_step,
        noise=about.pop("noise"),
        parent=start.parent,
        data=source.files,
        camera=camera,
        notes={**about, "figures": result.figures, "start": result.start, "settings": asdict(settings)},
    )
    save_head(path, start.model, of_task(header, wanted.task))
