"""The folders of training runs in the store."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

from rcl_cli.disk.made import missing, remove_empty
from rcl_cli.disk.names import plain
from rcl_cli.disk.words import unwritable
from rcl_cli.errors import FileError
from rcl_cli.files import exists, is_file, is_folder, real_path
from rcl_cli.models.store import RESERVED, Store

PRETRAINING, FINETUNING = "run.json", "finetune.json"
"""The files by which the folders of runs are known: what each is set to."""


def new_run(store: Store, name: str) -> Path:
    """A folder made for this run alone: `runs/NAME` in the store, else `runs/NAME-2`, …

    Raises RclError where the store cannot be written.
    """
    for number in count(1):
        folder = store.runs / (name if number == 1 else f"{name}-{number}")
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            continue
        except OSError as error:
            raise FileError(folder, unwritable(error, folder)) from error
        return folder
    raise AssertionError("unreachable: there is always a free number")


@contextmanager
def given_back(folder: Path, store: Store, note: str = "") -> Iterator[None]:
    """Where the block raises, the folder of a run goes again, if it is the block's or the store's and empty.

    So do those above it that the block made, and, where it fails, its `note` of what the run is, if nothing else was
    saved: there is nothing to go on from. One that was interrupted goes on by its note.
    """
    ours = [folder] if folder.parent == store.runs else missing(folder)
    new = bool(note) and not exists(folder / note)
    try:
        yield
    except BaseException as error:
        if new and isinstance(error, Exception):
            _remove_note(folder, note)
        remove_empty(ours)
        raise


def _remove_note(folder: Path, note: str) -> None:
    """If there is nothing else but empty files."""
    with suppress(OSError):
        files = list(folder.iterdir())
        if all(is_file(file) and (file.name == note or not file.stat().st_size) for file in files):
            for file in files:
                file.unlink()


def newest_run(store: Store, holding: str) -> Path | None:
    """The run in the store that was written to last, of those with a file called `holding`; None without one."""
    found = [path.parent for path in store.runs.glob(f"*/{holding}") if is_file(path)]
    return max(found, key=_last_written, default=None)


def notes(store: Store, note: str) -> dict[Path, int]:
    """The folders of the runs in the store that hold a file `note`, and when that was written."""
    return {path.parent: path.stat().st_mtime_ns for path in store.runs.glob(f"*/{note}") if is_file(path)}


def written_since(store: Store, note: str, before: Mapping[Path, int]) -> Path | None:
    """The run in the store that has begun since `notes` gave `before`, the last of several; None without one."""
    begun = {folder: time for folder, time in notes(store, note).items() if folder not in before}
    return max(begun, key=lambda folder: begun[folder], default=None)


def _last_written(folder: Path) -> int:
    times = [0]
    for path in folder.iterdir():
        with suppress(OSError):
            times.append(path.stat().st_mtime_ns)
    return max(times)


def name_after(paths: Sequence[Path]) -> str:
    """What a run on these pictures is called: like the first folder, or the folder of the first file."""
    first = real_path(paths[0])
    name = plain((first if is_folder(first) else first.parent).name, "run")
    return f"{name}-run" if name in RESERVED else name
