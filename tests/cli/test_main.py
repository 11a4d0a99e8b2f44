"""Failures end in one message and the right exit code, whichever way they come about."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from importlib import metadata

import click
import pytest
from click.testing import CliRunner, Result

from rcl_cli.cli.main import LazyGroup, cli
from rcl_cli.cli.verbs import SECTIONS
from rcl_cli.errors import FileError, RclError

Raiser = Callable[..., Result]


@pytest.fixture
def fail_with(monkeypatch: pytest.MonkeyPatch) -> Raiser:
    """Run a verb that raises the given error, with the given further arguments."""

    def run(error: BaseException, *arguments: str) -> Result:
        @click.command(params=[click.Option(["--debug"], is_flag=True, expose_value=False)])
        def command() -> None:
            raise error

        monkeypatch.setattr(LazyGroup, "get_command", lambda self, ctx, name: command)
        return CliRunner().invoke(cli, ["broken", *arguments])

    return run


def test_an_error_for_the_user_is_one_line_without_a_traceback(fail_with: Raiser) -> None:
    result = fail_with(FileError("a b.dng", "is cut short;\ncopy it again"))
    assert result.exit_code == 2
    assert result.stderr == "Error: a b.dng: is cut short; copy it again\n"
    assert result.stdout == ""


def test_an_unexpected_error_is_one_line_that_names_debug(fail_with: Raiser) -> None:
    result = fail_with(ZeroDivisionError("division by zero"))
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1
    assert "ZeroDivisionError: division by zero" in result.stderr
    assert "--debug" in result.stderr


def test_an_error_of_the_system_names_file_and_reason(fail_with: Raiser) -> None:
    result = fail_with(OSError(19, "No such device", "out.dng"))
    assert (result.exit_code, result.stderr) == (2, "Error: out.dng: No such device\n")


def test_a_full_disk_is_a_sentence_that_says_what_to_do(fail_with: Raiser) -> None:
    result = fail_with(OSError(28, "No space left on device", "out.dng"))
    reason = "cannot be written whole, because the disk is full; make room, or choose another folder"
    assert (result.exit_code, result.stderr) == (2, f"Error: out.dng: {reason}\n")


def test_debug_shows_the_traceback(fail_with: Raiser) -> None:
    result = fail_with(RclError("no luck"), "--debug")
    assert result.exit_code == 2
    assert "Traceback (most recent call last)" in result.stderr
    assert result.stderr.endswith("Error: no luck\n")


def test_interrupted_is_130(fail_with: Raiser) -> None:
    result = fail_with(KeyboardInterrupt())
    assert result.exit_code == 130
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("arguments", [["nonsense"], ["tasks", "--nonsense"], ["tasks", "too", "many"]])
def test_bad_usage_is_2(arguments: list[str]) -> None:
    result = CliRunner().invoke(cli, arguments)
    assert result.exit_code == 2
    assert "Usage: rcl" in result.stderr


def test_version() -> None:
    result = CliRunner().invoke(cli, ["--version"])
    assert result.stdout == f"rcl, version {metadata.version('rcl-cli')}\n"


def test_every_verb_is_listed_with_a_whole_sentence() -> None:
    result = CliRunner().invoke(cli, ["--help"], terminal_width=110)
    context = click.Context(cli)
    for name in cli.list_commands(context):
        line = next(line for line in result.stdout.splitlines() if line.split()[:1] == [name])
        assert line.endswith("."), f"the first sentence of `rcl {name}` is too long for the list"
        assert not line.endswith("..."), f"the first sentence of `rcl {name}` is too long for the list"


@pytest.mark.skipif(sys.platform == "win32", reason="needs a shell with pipes")
def test_a_closed_pipe_is_quiet() -> None:
    program = f"'{sys.executable}' -c 'from rcl_cli.cli.main import cli; cli()' tasks --json | true"
    finished = subprocess.run(program, shell=True, capture_output=True, text=True, check=False)
    assert finished.stderr == ""


def test_summaries_in_the_list_are_the_first_sentences_of_the_help() -> None:
    for verbs in SECTIONS.values():
        for name, summary in verbs.items():
            command = cli.get_command(click.Context(cli), name)
            assert command is not None
            assert command.get_short_help_str(limit=1000) == summary


def test_listing_the_verbs_imports_none_of_them_and_no_numpy() -> None:
    program = (
        "import sys\nfrom rcl_cli.cli.main import cli\ntry:\n    cli(['--help'])\n"
        "finally:\n    print(sorted(name for name in sys.modules if name in ('numpy', 'rich', 'pluggy', 'torch')"
        " or name.startswith(('rcl_cli.cli.commands.', 'rcl_benchmark'))))"
    )
    finished = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert finished.stdout.splitlines()[-1] == "[]"
