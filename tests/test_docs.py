"""The documents name everything that a plugin can do, and their links lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from rcl_cli.network import Network
from rcl_cli.plugins import hooks
from rcl_cli.pretext import Pretext
from rcl_cli.task import Task


def public(owner: type) -> set[str]:
    return {name for name in {**vars(owner), **owner.__annotations__} if not name.startswith("_")}


def test_every_member_of_what_plugins_add_is_documented(root: Path) -> None:
    text = (root / "docs" / "plugins.md").read_text(encoding="utf-8")
    for title, owner, more in (
        ("A task", Task, set()),
        ("A pretext", Pretext, {"setup"}),
        ("A network", Network, set()),
    ):
        section = text.partition(f"## {title}\n")[2].partition("\n## ")[0]
        rows = re.findall(r"^\| `(\w+)[^|`]*`(?:, `(\w+)`)?", section, re.M)
        assert {name for row in rows for name in row if name} == public(owner) | more


def test_every_hook_and_what_a_pretext_implements_are_documented(root: Path) -> None:
    text = (root / "docs" / "plugins.md").read_text(encoding="utf-8")
    names = {name for name in vars(hooks) if name.startswith("rcl_")}
    assert names == {"rcl_task", "rcl_pretext", "rcl_network", "rcl_format", "rcl_command"}
    for name in names | set(Pretext.__abstractmethods__):
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
