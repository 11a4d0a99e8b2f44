"""Our own plugins are seen without importlib.metadata, as that sees them; anything unusual is left to it."""

from __future__ import annotations

import shutil
import sys
import zipfile
from importlib import metadata
from importlib.machinery import PathFinder
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from rcl_cli.cli.main import cli
from rcl_cli.cli.verbs import BELOW
from rcl_cli.plugins import entries as module
from rcl_cli.plugins.entries import GROUPS, OWN, entries
from rcl_cli.plugins.quick import only_own


@pytest.fixture(autouse=True)
def finders(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """A path on which this program is the only one with plugins, whatever other tests have imported.

    Gives the finders that there are: the backport of importlib.metadata puts its own in the place of Python's.
    """
    found = sys.meta_path
    usual = [one for one in found if one is PathFinder or not hasattr(one, "find_distributions")]
    monkeypatch.setattr(sys, "meta_path", usual)
    if only_own() is None:
        pytest.skip("other plugins are installed here, or this program is installed twice")
    monkeypatch.delenv("RCL_LOAD_PLUGINS", raising=False)
    return found


def test_it_sees_what_importlib_sees(finders: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    found = only_own()
    assert found is not None
    quick = [entries(group) for group in GROUPS]
    monkeypatch.setattr(sys, "meta_path", finders)
    assert found[0] == metadata.version(OWN)
    monkeypatch.setattr(module, "only_own", lambda: None)
    assert quick == [entries(group) for group in GROUPS]
    announced = metadata.distribution(OWN).entry_points
    told = {(entry.group, entry.name, entry.value) for group in quick for entry in group}
    assert told == {(point.group, point.name, point.value) for point in announced if point.group in GROUPS}


@pytest.mark.parametrize("folder", ["other-1.0.dist-info", "other.egg-info", "Other-1.0.DIST-INFO"])
def test_another_plugin_is_left_to_importlib(folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for place, announced in (
        ("usual", "[console_scripts]\nother = other:main\n"),
        ("ours", "[rcl.tasks]\nother = other\n"),
    ):
        info = tmp_path / place / folder
        info.mkdir(parents=True)
        (info / "entry_points.txt").write_text(announced)
    monkeypatch.syspath_prepend(str(tmp_path / "usual"))
    assert only_own() is not None
    monkeypatch.syspath_prepend(str(tmp_path / "ours"))
    assert only_own() is None


def test_what_is_installed_meanwhile_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    assert only_own() is not None
    info = tmp_path / "other-1.0.dist-info"
    info.mkdir()
    (info / "entry_points.txt").write_text("[rcl.tasks]\nother = other\n")
    assert only_own() is None
    shutil.rmtree(info)
    assert only_own() is not None


def test_what_cannot_be_looked_into_is_left_to_importlib(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(tmp_path / "gone"))
    assert only_own() is not None
    with zipfile.ZipFile(tmp_path / "packed.egg", "w") as packed:
        packed.writestr("EGG-INFO/entry_points.txt", "[rcl.tasks]\nother = other\n")
    monkeypatch.syspath_prepend(str(tmp_path / "packed.egg"))
    assert only_own() is None


def test_other_ways_to_find_distributions_are_left_to_importlib(monkeypatch: pytest.MonkeyPatch) -> None:
    finder = SimpleNamespace(find_distributions=lambda context: [], find_spec=lambda *_: None)
    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path, finder])
    assert only_own() is None


def test_the_verbs_below_others_are_known_without_importing_them() -> None:
    for verb, below in BELOW.items():
        context = cli.make_context("rcl", [verb], resilient_parsing=True)
        command = cli.get_command(context, verb)
        assert tuple(sorted(getattr(command, "commands", {}))) == tuple(sorted(below))
