"""Which head is meant by a name."""

from __future__ import annotations

from pathlib import Path

from rcl_cli.models.store import Store
from rcl_cli.task import load_tasks


def head_called(name: str, store: Store) -> Path:
    """The model called `name` in the store, the file at that path, or the shipped head of that name.

    Raises RclError where there is none.
    """
    if not store.has(name) and not Path(name).is_file():
        for task in load_tasks().values():
            for domain in task.domains:
                shipped = task.default_head(domain)
                if shipped is not None and shipped.stem == name:
                    return shipped
    return store.resolve(name)
