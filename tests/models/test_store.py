from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from rcl_cli.domain import Domain
from rcl_cli.errors import CheckpointError, RclError
from rcl_cli.models.checkpoint import Checkpoint, save_checkpoint
from rcl_cli.models.header import Header
from rcl_cli.models.store import Store


def write_head(
    path: Path, *, age_s: int = 0, task: str = "denoise", domain: Domain = Domain.BAYER, camera: str = ""
) -> Path:
    header = Header(kind="head", domain=domain, task=task, camera=camera)
    save_checkpoint(path, Checkpoint({"weight": torch.zeros(2)}, header))
    os.utime(path, (1_700_000_000 - age_s,) * 2)
    return path


def test_the_store_is_the_given_folder_else_the_variable_else_the_users_data(tmp_path, monkeypatch):
    monkeypatch.setenv("RCL_STORE", str(tmp_path / "variable"))
    assert Store.open(tmp_path / "given").root == tmp_path / "given"
    assert Store.open().root == tmp_path / "variable"
    monkeypatch.delenv("RCL_STORE")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("HOME", str(tmp_path))
    assert tmp_path in Store.open().root.parents or sys.platform == "win32"


def test_an_empty_store_is_not_made_by_looking(tmp_path):
    store = Store.open(tmp_path / "none")
    assert store.scan() == ([], [])
    assert not store.root.exists()


def test_heads_newest_first_and_those_of_the_camera_before_general_ones(tmp_path):
    store = Store(tmp_path)
    write_head(store.models / "old.safetensors", age_s=30)
    write_head(store.models / "new.safetensors", age_s=10)
    write_head(store.models / "mine.safetensors", age_s=40, camera="Canon S40")
    write_head(store.models / "theirs.safetensors", age_s=0, camera="Nikon D1")
    write_head(store.models / "other-task.safetensors", task="sr")
    write_head(store.models / "other-domain.safetensors", domain=Domain.RGB)
    names = [model.name for model in store.heads("denoise", Domain.BAYER, "Canon S40")]
    assert names == ["mine", "new", "old"]
    assert [model.name for model in store.heads("denoise", Domain.BAYER)] == ["new", "old"]


def test_a_broken_file_is_reported_and_the_others_stay_usable(tmp_path):
    store = Store(tmp_path)
    good = write_head(store.models / "good.safetensors")
    (store.models / "cut.safetensors").write_bytes(good.read_bytes()[:-3])
    (store.models / "text.safetensors").write_text("not a model, whatever its name says")
    models, broken = store.scan()
    assert [model.name for model in models] == ["good"]
    assert sorted(error.path.name for error in broken) == ["cut.safetensors", "text.safetensors"]


def test_resolve_finds_names_and_paths_and_lists_what_there_is(tmp_path):
    store = Store(tmp_path / "store")
    stored = write_head(store.models / "mine.safetensors")
    elsewhere = write_head(tmp_path / "elsewhere.safetensors")
    assert store.resolve("mine") == stored
    assert store.resolve(str(elsewhere)) == elsewhere
    with pytest.raises(RclError, match=r"'yours'.*it has mine"):
        store.resolve("yours")
    with pytest.raises(RclError, match="it is empty"):
        Store(tmp_path / "empty").resolve("mine")


def test_adding_never_replaces_a_model(tmp_path):
    store = Store(tmp_path / "store")
    first = write_head(tmp_path / "head.safetensors")
    second = write_head(tmp_path / "b" / "head.safetensors", task="sr")
    paths = [store.add_model(first), store.add_model(second), store.add_model(second, "named")]
    assert [path.stem for path in paths] == ["head", "head-2", "named"]
    assert paths[0].read_bytes() == first.read_bytes()
    assert paths[1].read_bytes() == second.read_bytes()


def test_only_models_are_added(tmp_path):
    text = tmp_path / "notes.txt"
    text.write_text("no model at all")
    with pytest.raises(CheckpointError, match="not a safetensors file"):
        Store(tmp_path / "store").add_model(text)
    assert not (tmp_path / "store").exists()


def test_the_store_starts_without_torch():
    code = "import sys, rcl_cli.models.store; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
