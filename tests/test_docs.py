"""The documents name all that a plugin can do, their links lead somewhere, and their command lines are valid."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from rcl_cli.cli.main import cli
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
        members = section.partition("\n| member |")[2].partition("\n\n")[0]
        rows = re.findall(r"^\| `(\w+)[^|`]*`(?:, `(\w+)`)?", members, re.M)
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
    broken = re.findall(r"\]\([^)\s]*\n.*", text)
    assert not broken, f"{path} has a link that is cut by the end of a line, which makes it no link: {broken[0]}"
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if not re.match(r"https?:|mailto:|#", target):
            assert (path.parent / target.partition("#")[0]).exists(), f"{path} links to {target}"


@pytest.mark.parametrize("path", documents(), ids=lambda path: path.name)
def test_links_lead_to_headings_that_exist(path: Path) -> None:
    text = re.sub(r"```.*?```", "", path.read_text(encoding="utf-8"), flags=re.S)
    for name, anchor in re.findall(r"\]\((?!https?:)([^)\s#]*)#([^)\s]+)\)", text):
        target = path.parent / name if name else path
        headings = re.findall(r"^#+ (.*)$", target.read_text(encoding="utf-8"), re.M)
        assert anchor in map(anchor_of, headings), f"{path} links to {name}#{anchor}"


def anchor_of(heading: str) -> str:
    """As GitHub makes it from a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def command_lines() -> list[tuple[str, str]]:
    """Every line of `rcl` in the shell blocks of the documents, without what it is piped into.

    Not those of the templates, whose options are known only where they are installed: tests/docs runs them.
    """
    root = Path(__file__).resolve().parent.parent
    found = []
    for path in documents():
        name = str(path.relative_to(root))
        for block in re.findall(r"^```sh\n(.*?)^```", path.read_text(encoding="utf-8"), re.M | re.S):
            lines = [re.sub(r"\{\w+\}", _meant, line.partition(" | ")[0].strip()) for line in block.splitlines()]
            found += [(name, line) for line in lines if line.startswith("rcl ") and "examples" not in path.parts]
    return found


def _meant(braces: re.Match[str]) -> str:
    """A word that may stand where the page of a script has one in braces."""
    return "denoise" if braces[0] == "{task}" else "7"


@pytest.mark.parametrize("path", documents(), ids=lambda path: path.name)
def test_blocks_of_commands_are_marked_as_such(path: Path) -> None:
    for language, block in re.findall(r"^```(\w*)\n(.*?)^```", path.read_text(encoding="utf-8"), re.M | re.S):
        if language != "sh" and path.name != "cli.md":  # which has usage, not commands
            assert not re.search(r"^rcl ", block, re.M), f"{path} has commands in a block that is not marked sh"


def parse(line: str) -> None:
    """Parse a command line without running it. Raises click.UsageError where it is not valid."""
    _, *words = shlex.split(line, comments=True)
    command: click.Command = cli
    # Commands keep the help option of their first context, which others will see.
    context = click.Context(cli, info_name="rcl", **cli.context_settings)
    while isinstance(command, click.Group) and words and (below := command.get_command(context, words[0])):
        command, parent, words = below, context, words[1:]
        context = click.Context(command, info_name=command.name, parent=parent)
    if command is cli:
        raise click.UsageError(f"there is no command called {words[:1]}")
    command.make_context(command.name, words, parent=context.parent)


@pytest.fixture
def any_path(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files and folders of command lines need not exist."""
    monkeypatch.setattr(click.Path, "convert", lambda self, value, parameter, context: Path(value))


@pytest.mark.usefixtures("any_path")
@pytest.mark.parametrize(("name", "line"), command_lines())
def test_command_lines_in_the_documents_are_valid(name: str, line: str) -> None:
    parse(line)


@pytest.mark.usefixtures("any_path")
@pytest.mark.parametrize(
    "line",
    [
        "rcl pretrain pictures --consistency",  # an option that there was
        "rcl apply pictures -o out",  # --task is missing
        "rcl apply --task denoise --strength much",
        "rcl evaluate --protocol proxy",
        "rcl restore pictures",
    ],
)
def test_an_invalid_command_line_is_noticed(line: str) -> None:
    with pytest.raises(click.UsageError):
        parse(line)
