"""The folders of training runs in the store."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from pathlib import Path

from rcl_cli.models.store import Store


def new_run(store: Store, name: str) -> Path:
    """A folder that does not exist yet: `runs/NAME` in the store, else `runs/NAME-2`, …"""
    names = (name if number == 1 else f"{name}-{number}" for number in count(1))
    return next(folder for n in names if not (folder := store.runs / n).exists())


def newest_run(store: Store, holding: str) -> Path | None:
    """The run in the store whose file called `holding` was written last; None where no run has one."""
    found = [path for path in store.runs.glob(f"*/{holding}") if path.is_file()]
    return max(found, key=lambda path: path.stat().st_mtime_ns).parent if found else None


def name_after(paths: Sequence[Path]) -> str:
    """What a run on these pictures is called: like the first folder, or the folder of the first file."""
    first = paths[0].resolve()
    return (first if first.is_dir() else first.parent).name or "run"
