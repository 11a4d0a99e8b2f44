"""Which head is meant by a name."""

from __future__ import annotations

from pathlib import Path

from rcl_cli.errors import CheckpointError, RclError
from rcl_cli.models.exported import EXPORTED
from rcl_cli.models.store import Store
from rcl_cli.suggest import did_you_mean
from rcl_cli.task import load_tasks


def head_called(name: str, store: Store) -> Path:
    """The model called `name` in the store, the file at that path, or the shipped head of that name.

    Raises RclError where there is none, CheckpointError for a file that was exported itself.
    """
    if not store.has(name) and not Path(name).is_file():
        heads = _shipped()
        if name in heads:
            return heads[name]
        if not Path(name).exists() and (meant := did_you_mean(name, heads)):
            raise RclError(f"no file and no model in the store or with the tasks is called '{name}'{meant}")
    path = store.resolve(name)
    if path.suffix.lower() == EXPORTED:
        raise CheckpointError(path, "is exported already; name the head that it was made of (rcl models)")
    return path


def _shipped() -> dict[str, Path]:
    heads = (task.default_head(domain) for task in load_tasks().values() for domain in task.domains)
    return {head.stem: head for head in heads if head is not None}
