"""The line that a page says it was written by makes the same page again."""

from __future__ import annotations

import shlex
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from rcl_benchmark.commands.options import _command_line


@click.command()
@click.argument("paths", nargs=-1)
@click.option("-s", "--steps", type=int, default=5)
@click.option("--range", "range_", type=(int, int), default=None)
@click.option("--method", multiple=True)
@click.option("--skip/--no-skip", default=True)
@click.option("--fast", is_flag=True)
@click.option("--output", default="x")
def measure(**given: object) -> None:
    click.echo(_command_line({"output"}))


@pytest.mark.parametrize(
    "line",
    [
        "",
        "'a b' c",
        "--steps 3 --range 1 2 --method a --method b",
        "--no-skip --fast",
        "--skip",
    ],
)
def test_all_that_differs_from_the_default_is_named(line: str) -> None:
    made = CliRunner().invoke(measure, [*shlex.split(line), "--output", "y"]).output
    assert made.split()[0] == "rcl"
    assert sorted(shlex.split(made)[1:]) == sorted(shlex.split(line))


def test_what_a_file_of_defaults_sets_is_named(tmp_path: Path) -> None:
    made = CliRunner().invoke(measure, ["--fast"], default_map={"steps": 9, "output": "z"}).output
    assert shlex.split(made)[1:] == ["--steps", "9", "--fast"]
