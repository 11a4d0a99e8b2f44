"""Verbs that plugins bring stand beside ours; one that is broken never takes the rest down."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from click.testing import CliRunner

from rcl_cli.cli.main import cli

Install = Callable[..., str]

GREET = '''
"""`rcl greet`: say hello."""
import click
from rcl_cli import hookimpl

@click.command()
@click.argument("who")
def command(who):
    """Say hello to WHO."""
    click.echo(f"hello {who}")

@hookimpl
def rcl_command():
    return command
'''
BROKEN = {
    "on import": "import a_module_that_nobody_has",
    "in its hook": GREET.replace("return command", "return 1 / 0"),
    "with something else": GREET.replace("return command", "return 7"),
    "without a hook": '"""`rcl greet`: say hello."""',
}


def help_text() -> str:
    result = CliRunner().invoke(cli, ["--help"])
    assert result.exit_code == 0
    return result.stdout


def test_a_plugged_verb_is_listed_and_run(install: Install) -> None:
    install("greetings", "greet", GREET, group="rcl.commands")
    assert "greet      Say hello." in help_text()
    assert CliRunner().invoke(cli, ["greet", "Ada"]).stdout == "hello Ada\n"
    assert "Say hello to WHO." in CliRunner().invoke(cli, ["greet", "--help"]).stdout


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_verb_is_named_when_it_is_run_and_not_before(install: Install, case: str) -> None:
    install("greetings", "greet", BROKEN[case], group="rcl.commands")
    assert "greet" in help_text()
    assert CliRunner().invoke(cli, ["tasks"]).exit_code == 0
    result = CliRunner().invoke(cli, ["greet", "Ada"])
    assert result.exit_code == 2
    assert "command 'greet' of greetings 1.2" in result.stderr
    assert "Traceback" not in result.output
    listed = CliRunner().invoke(cli, ["plugins"])
    assert listed.exit_code == 1
    assert "greetings 1.2" in listed.stdout


def test_our_verbs_cannot_be_replaced(install: Install) -> None:
    install("greetings", "tasks", GREET.replace("greet", "tasks"), group="rcl.commands")
    assert "demosaic" in CliRunner().invoke(cli, ["tasks"]).stdout
