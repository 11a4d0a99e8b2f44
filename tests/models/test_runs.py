"""Folders of runs: each run has its own, and one that came to nothing leaves none."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from rcl_cli.errors import RclError
from rcl_cli.models.runs import given_back, new_run
from rcl_cli.models.store import Store


def test_runs_that_start_together_have_folders_of_their_own(tmp_path: Path) -> None:
    store = Store(tmp_path)
    with ThreadPoolExecutor(8) as pool:
        folders = list(pool.map(lambda _: new_run(store, "card"), range(16)))
    assert len(set(folders)) == 16
    assert all(folder.is_dir() for folder in folders)


def test_a_run_that_came_to_nothing_leaves_no_folder(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    empty, full, own = new_run(store, "empty"), new_run(store, "full"), tmp_path / "own"
    own.mkdir()
    (full / "run.json").write_text("{}")
    for folder in (empty, full, own):
        with pytest.raises(KeyboardInterrupt), given_back(folder, store):
            raise KeyboardInterrupt
    made = tmp_path / "above" / "made"
    with pytest.raises(KeyboardInterrupt), given_back(made, store):
        _make_and_stop(made)
    assert not empty.exists()
    assert not made.parent.exists()
    assert full.is_dir()
    assert own.is_dir()


@pytest.mark.parametrize(
    ("error", "files", "left"),
    [
        (RclError("bad"), {"run.json": "{}", "metrics.jsonl": ""}, False),
        (RclError("bad"), {"run.json": "{}", "metrics.jsonl": "{}"}, True),
        (RclError("bad"), {"run.json": "{}", "encoder.safetensors": "learnt"}, True),
        (KeyboardInterrupt(), {"run.json": "{}"}, True),
    ],
)
@pytest.mark.parametrize("own", [True, False])
def test_a_run_that_failed_before_it_saved_anything_leaves_no_note(
    tmp_path: Path, error: BaseException, files: dict[str, str], left: bool, own: bool
) -> None:
    store = Store(tmp_path / "store")
    folder = tmp_path / "own" / "run" if own else new_run(store, "run")

    def save() -> None:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (folder / name).write_text(text)
        raise error

    with pytest.raises(type(error)), given_back(folder, store, "run.json"):
        save()
    assert folder.exists() is left
    assert (tmp_path / "own").exists() is (own and left)


def test_the_note_of_a_run_that_is_resumed_stays(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text("{}")
    with pytest.raises(RclError), given_back(tmp_path, Store(tmp_path / "store"), "run.json"):
        raise RclError("other pictures")
    assert (tmp_path / "run.json").exists()


def _make_and_stop(folder: Path) -> None:
    folder.mkdir(parents=True)
    raise KeyboardInterrupt
