"""Write docs/cli.md, the reference of the command line, from the commands' own help."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path

import click

from rcl_cli.cli.main import cli

TARGET = Path(__file__).with_name("cli.md")
INTRODUCTION = """\
# Command line

Written by `make docs` from the commands themselves; do not edit.

`PATHS` are files or folders; folders are walked. Messages and progress go to standard error, tables and `--json`
lines to standard output. Exit codes: 0 all done; 1 some inputs failed, the rest are done and a table names each
with its reason; 2 nothing could be done; 130 interrupted.
"""


def commands(context: click.Context) -> Iterator[click.Context]:
    """The contexts of all verbs, and of the verbs below them, in the order of the help."""
    group = context.command
    if isinstance(group, click.Group):
        for name in group.list_commands(context):
            command = group.get_command(context, name)
            if command is not None and not command.hidden:
                below = command.context_class(command, info_name=name, parent=context)
                yield below
                yield from commands(below)


def section(context: click.Context) -> str:
    """Title, usage, description and a table of the options of one verb."""
    command = context.command
    usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
    parts = [f"## {context.command_path}", _paragraphs(command.help or ""), f"```\n{usage}\n```"]
    options = [parameter for parameter in command.get_params(context) if isinstance(parameter, click.Option)]
    rows = [record for option in options if (record := option.get_help_record(context))]
    if rows:
        table = ["| option | meaning |", "| --- | --- |"]
        table += [f"| `{_cell(names)}` | {_cell(meaning)} |" for names, meaning in rows]
        parts.append("\n".join(table))
    return "\n\n".join(part for part in parts if part)


def reference() -> str:
    """The whole document."""
    context = click.Context(cli, info_name="rcl", **{**cli.context_settings, "max_content_width": 10_000})
    return "\n\n".join([INTRODUCTION.rstrip(), *map(section, commands(context))]) + "\n"


def _paragraphs(text: str) -> str:
    # \b marks a block whose line breaks are to be kept, as click has it.
    blocks = inspect.cleandoc(text).split("\n\n")
    return "\n\n".join(
        "```\n" + block.removeprefix("\b\n") + "\n```" if block.startswith("\b") else block for block in blocks
    )


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


if __name__ == "__main__":
    TARGET.write_text(reference(), encoding="utf-8")
