"""Folders of runs: each run has its own, and one that came to nothing leaves none."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

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


def _make_and_stop(folder: Path) -> None:
    folder.mkdir(parents=True)
    raise KeyboardInterrupt
