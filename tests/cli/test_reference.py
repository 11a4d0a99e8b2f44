"""docs/cli.md says what the commands say, and the commands say something about each of their options."""

from __future__ import annotations

import runpy
import subprocess
import sys
from pathlib import Path

import click
import pytest

from rcl_cli.cli.main import cli


@pytest.fixture(scope="module")
def generator(root: Path) -> dict[str, object]:
    return runpy.run_path(str(root / "docs" / "generate_cli.py"))


def test_the_reference_is_current(root: Path) -> None:
    # In a process of its own: commands keep the help option of their first context, which may be another test's.
    script = "import runpy, sys; sys.stdout.buffer.write(runpy.run_path(sys.argv[1])['reference']().encode())"
    command = [sys.executable, "-c", script, str(root / "docs" / "generate_cli.py")]
    made = subprocess.run(command, capture_output=True, check=True, cwd=root).stdout.decode()
    assert (root / "docs" / "cli.md").read_text(encoding="utf-8") == made, "run `make docs` and commit docs/cli.md"


def test_every_verb_and_option_is_explained(generator) -> None:
    for context in generator["commands"](click.Context(cli, info_name="rcl")):
        assert context.command.help, f"{context.command_path} has no help"
        for parameter in context.command.params:
            if isinstance(parameter, click.Option) and not parameter.hidden:
                assert parameter.help, f"{context.command_path} {parameter.opts[0]} has no help"
                # Click adds defaults in brackets; some commands write theirs in the same way.
                sentence = parameter.help.partition("  [default: ")[0].rstrip()
                assert sentence.endswith((".", "…")), f"{context.command_path} {parameter.opts[0]}: no sentence"
