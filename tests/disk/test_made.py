"""Folders in which nothing came to lie are not left behind."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from rcl_cli.cli.main import cli
from rcl_cli.disk.made import none_empty
from rcl_cli.disk.write import try_folder

TINY = ("--steps", "1", "--crop", "16", "--batch", "2", "--width", "4", "--depth", "1", "--device", "cpu")


def test_folders_made_and_left_empty_go_and_others_stay(tmp_path: Path) -> None:
    (tmp_path / "before").mkdir()
    inner = tmp_path / "before" / "a" / "b"
    with none_empty(inner):
        inner.mkdir(parents=True)
    assert list((tmp_path / "before").iterdir()) == []
    with none_empty(inner):
        inner.mkdir(parents=True)
        (inner.parent / "kept").touch()
    assert [path.name for path in inner.parent.iterdir()] == ["kept"]
    with none_empty(tmp_path / "before"):
        pass
    assert (tmp_path / "before").is_dir()


def test_a_folder_that_was_only_tried_is_not_made(tmp_path: Path) -> None:
    try_folder(tmp_path / "a" / "b")
    assert list(tmp_path.iterdir()) == []
    try_folder(tmp_path)
    assert tmp_path.is_dir()


FAILING: dict[str, Callable[[Path], list[object]]] = {
    "no pictures": lambda folder: ["pretrain", folder.parent / "nothing"],
    "a bad encoder": lambda folder: ["pretrain", folder, "--encoder", "nowhere.safetensors", *TINY],
    "a crop too large": lambda folder: ["pretrain", folder, "--crop", 256],
    "a pretext's bad option": lambda folder: ["pretrain", folder, *TINY, "--option", "alpha=-1"],
    "no labels": lambda folder: ["finetune", "--task", "denoise", "--clean", folder.parent / "nothing"],
    "labels too small": lambda folder: ["finetune", "--task", "denoise", "--clean", folder, "--crop", 4096],
    "calibrating nothing": lambda folder: ["calibrate", folder.parent / "nothing", "--plot", folder.parent / "plots"],
    "calibrating what tells nothing": lambda folder: ["calibrate", folder],
    "a report about nothing": lambda folder: [
        "report",
        folder.parent / "nothing",
        "-o",
        folder.parent / "r" / "r.html",
    ],
}


@pytest.mark.slow
@pytest.mark.parametrize("why", FAILING)
@pytest.mark.parametrize("there", [True, False])
def test_what_comes_to_nothing_leaves_nothing(
    pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, why: str, there: bool
) -> None:
    store, nothing = tmp_path / "new" / "store", tmp_path / "nothing"
    nothing.mkdir()
    if there:
        store.mkdir(parents=True)
    monkeypatch.setenv("RCL_STORE", str(store))
    before = sorted(tmp_path.rglob("*"))
    result = CliRunner().invoke(cli, list(map(str, FAILING[why](pictures))))
    assert result.exit_code == (0 if why == "calibrating what tells nothing" else 2), result.output
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.slow
def test_a_run_that_has_no_model_for_the_store_makes_no_folder_of_models(
    pictures: Path, store: Path, tmp_path: Path
) -> None:
    line = ["pretrain", pictures, *TINY, "--cache", tmp_path / "cache", "--lr", "1e9", "--steps", 3]
    assert CliRunner().invoke(cli, list(map(str, line))).exit_code == 2
    assert not (store / "models").exists()
