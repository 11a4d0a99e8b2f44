"""The documents name everything that a plugin can do, and their links lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from rcl_cli import hookspecs
from rcl_cli.pretext import Pretext
from rcl_cli.task import Task


def public(owner: type) -> set[str]:
    return {name for name in {**vars(owner), **owner.__annotations__} if not name.startswith("_")}


def test_every_member_of_a_task_and_of_a_pretext_is_documented(root: Path) -> None:
    text = (root / "docs" / "plugins.md").read_text(encoding="utf-8")
    tasks, _, pretexts = text.partition("## A pretext")
    assert public(Task) == set(re.findall(r"^\| `(\w+)", tasks, re.M))
    assert public(Pretext) | {"setup"} == set(re.findall(r"^\| `(\w+)", pretexts, re.M))


def test_every_hook_and_what_a_pretext_implements_are_documented(root: Path) -> None:
    text = (root / "docs" / "plugins.md").read_text(encoding="utf-8")
    hooks = {name for name in vars(hookspecs) if name.startswith("rcl_")}
    assert hooks == {"rcl_task", "rcl_pretext"}
    for name in hooks | set(Pretext.__abstractmethods__):
        assert name in text


def documents() -> list[Path]:
    root = Path(__file__).resolve().parent.parent
    folders = [root / "docs", root / "plugins", root / "calibration", root / "rcl_cli"]
    return [*root.glob("*.md"), *(path for folder in folders for path in folder.rglob("*.md"))]


@pytest.mark.parametrize("path", documents(), ids=lambda path: path.name)
def test_links_lead_to_files_that_exist(path: Path) -> None:
    text = re.sub(r"```.*?```", "", path.read_text(encoding="utf-8"), flags=re.S)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if not re.match(r"https?:|mailto:|#", target):
            assert (path.parent / target.partition("#")[0]).exists(), f"{path} links to {target}"
