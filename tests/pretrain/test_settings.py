from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from rcl_cli.errors import FileError, RclError
from rcl_cli.pretrain.settings import PRESETS, PretrainSettings, load_run, save_run, with_changes


@pytest.mark.parametrize("preset", PRESETS)
def test_a_run_is_read_back_as_it_was(tmp_path: Path, preset: str) -> None:
    settings = replace(PRESETS[preset], sigma_range=(0.0, 20.0), layers=(1, 3), options={"tau": 2.0})
    save_run(tmp_path, settings, ["a", "b"], "2 files, 00")
    assert load_run(tmp_path) == (settings, ["a", "b"], "2 files, 00")


def test_the_papers_preset_is_the_papers() -> None:
    paper = PRESETS["paper"]
    assert (paper.batch, paper.crop, paper.lr, paper.skip) == (64, 128, 1e-3, False)


def test_changes_leave_out_what_was_not_given() -> None:
    changed = with_changes(PretrainSettings(options={"alpha": 1.0}), {"steps": 7, "lr": None, "options": {"tau": 2.0}})
    assert changed == PretrainSettings(steps=7, options={"alpha": 1.0, "tau": 2.0})


@pytest.mark.parametrize(
    "changes",
    [{"crop": 20}, {"crop": 0}, {"batch": 1}, {"steps": 0}, {"lr": 0.0}, {"depth": 9}, {"sigma_range": (5.0, 1.0)}],
)
def test_impossible_settings_are_refused(changes: dict[str, object]) -> None:
    with pytest.raises(RclError, match="--"):
        with_changes(PretrainSettings(), changes)


@pytest.mark.parametrize("content", [None, "{", "[]", '{"settings": {}, "paths": [], "data": ""}'])
def test_a_folder_without_a_run(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "run.json").write_text(content)
    with pytest.raises(FileError, match=r"run\.json"):
        load_run(tmp_path)
