"""The `rcl` command: a group that loads each verb on demand, and what happens when one fails."""

from __future__ import annotations

import pkgutil
import sys
import traceback
from collections.abc import Sequence
from importlib import import_module, metadata
from typing import Any, NoReturn

import click

from rcl_cli import commands
from rcl_cli.errors import RclError

SECTIONS = {
    "From a folder of raws to finished files": ("calibrate", "pretrain", "finetune", "apply", "evaluate"),
    "Made-up data": ("demo", "samples", "simulate", "benchmark"),
    "What there is": ("info", "models", "tasks", "plugins"),
}
"""The order of `rcl --help`; a verb named in none of them comes last."""

NOTHING_DONE = 2
INTERRUPTED = 130


class LazyGroup(click.Group):
    """A group whose verbs are the modules of `rcl_cli.commands`, each with a click command called `command`.

    A module is imported when its verb is run or listed; none of them imports torch before its callback.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names of all verbs, in the order of SECTIONS."""
        found = {module.name for module in pkgutil.iter_modules(commands.__path__)}
        ordered = [name for section in SECTIONS.values() for name in section if name in found]
        return ordered + sorted(found.difference(ordered))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The verb's command, which takes `--debug` as the group does; None where there is no such verb."""
        if cmd_name not in self.list_commands(ctx):
            return None
        command: click.Command = import_module(f"rcl_cli.commands.{cmd_name}").command
        below = command.commands.values() if isinstance(command, click.Group) else ()
        for verb in (command, *below):
            if not any(parameter.name == "debug" for parameter in verb.params):
                verb.params.append(_debug_option())
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The verbs with their first sentences, by section."""
        names = self.list_commands(ctx)
        known = {name for section in SECTIONS.values() for name in section}
        width = max((len(name) for name in names), default=0)
        for title, section in {**SECTIONS, "More": [name for name in names if name not in known]}.items():
            rows = [
                (name.ljust(width), command.get_short_help_str(formatter.width))
                for name in section
                if name in names and (command := self.get_command(ctx, name)) is not None
            ]
            if rows:
                with formatter.section(title):
                    formatter.write_dl(rows)

    def main(self, args: Sequence[str] | None = None, **extra: Any) -> Any:  # type: ignore[override]
        """Run the command line; every failure becomes one message on standard error and an exit code."""
        if not extra.pop("standalone_mode", True):
            return super().main(args, standalone_mode=False, **extra)
        arguments = list(sys.argv[1:] if args is None else args)
        try:
            sys.exit(super().main(arguments, standalone_mode=False, **extra) or 0)
        except Exception as error:
            _fail(error, debug="--debug" in arguments)


def _debug_option() -> click.Option:
    # `main` looks for the flag itself, because errors come up where no context is left to ask.
    return click.Option(
        ["--debug"],
        is_flag=True,
        expose_value=False,
        help="Show the whole traceback where something goes wrong.",
    )


def _fail(error: Exception, *, debug: bool) -> NoReturn:
    if debug:
        traceback.print_exception(error)
    match error:
        case click.Abort():
            click.echo("Interrupted.", err=True)
            sys.exit(INTERRUPTED)
        case click.ClickException():
            error.show()
            sys.exit(error.exit_code)
        case RclError():
            message = str(error)
        case OSError(strerror=str(reason)):
            place = f"{error.filename}: " if error.filename else ""
            message = f"{place}{reason}"
        case _:
            message = f"unexpected {type(error).__name__}: {error}; run the same command with --debug to see where"
    click.echo("Error: " + " ".join(message.split()), err=True)
    sys.exit(NOTHING_DONE)


@click.group(
    name="rcl",
    cls=LazyGroup,
    params=[_debug_option()],
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    epilog="`rcl VERB --help` tells more. "
    "Exit codes: 0 all done, 1 some inputs failed, 2 nothing done, 130 interrupted.",
)
@click.version_option(metadata.version("rcl-cli"), prog_name="rcl")
def cli() -> None:
    """Noise calibration, contrastive pretraining and few-label heads for folders of camera raws."""
