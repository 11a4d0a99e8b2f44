from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from rcl_cli.errors import FileError, RclError
from rcl_cli.pretraining.parts import Parts
from rcl_cli.pretraining.settings import PRESETS, PretrainSettings, SavedRun, load_run, save_run, with_changes


@pytest.mark.parametrize("preset", PRESETS)
def test_a_run_is_read_back_as_it_was(tmp_path: Path, preset: str) -> None:
    settings = replace(PRESETS[preset], sigma_range=(0.0, 20.0), layers=(1, 3), options={"tau": 2.0})
    run = SavedRun(settings, ["a", "b"], "2 files, 00", {"backbone": "a-2"})
    save_run(tmp_path, run)
    assert load_run(tmp_path) == run


def test_the_papers_preset_is_the_papers() -> None:
    paper = PRESETS["paper"]
    assert (paper.batch, paper.crop, paper.lr, paper.skip) == (64, 128, 1e-3, False)


def test_changes_leave_out_what_was_not_given() -> None:
    changed = with_changes(PretrainSettings(options={"alpha": 1.0}), {"steps": 7, "lr": None, "options": {"tau": 2.0}})
    assert changed == PretrainSettings(steps=7, options={"alpha": 1.0, "tau": 2.0})


@pytest.mark.parametrize(
    "changes",
    [{"crop": 0}, {"batch": 1}, {"steps": 0}, {"lr": 0.0}, {"sigma_range": (5.0, 1.0)}],
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


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"crop": 20}, "--crop must be a multiple of 8"),
        ({"network_options": {"depth": 9}}, "depth of the network unet must be from 0 to 6, not 9"),
        ({"network": "nothing"}, "there is no network 'nothing'"),
    ],
)
def test_what_the_network_cannot_take_is_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises(RclError, match=message):
        Parts.load(with_changes(PretrainSettings(), changes))


def test_a_run_of_an_older_version_is_read(tmp_path: Path) -> None:
    old = {
        **asdict(PretrainSettings(pretext="sure", steps=7)),
        **{"width": 8, "depth": 1, "consistency": True, "contrast": 0.1, "contrast_options": {"tau": 2.0}},
    }
    for name in ("network", "network_options", "joins", "linear", "fall"):
        del old[name]
    (tmp_path / "run.json").write_text(json.dumps({"settings": old, "paths": [], "data": ""}))
    settings = load_run(tmp_path).settings
    assert (settings.steps, settings.network, settings.network_options) == (7, "unet", {"width": 8, "depth": 1})
    assert settings.joins == {"consistency": {}, "rcl": {"tau": 2.0, "alpha": 0.1}}
    assert settings.fall == 0.0
