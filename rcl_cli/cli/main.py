"""The `rcl` command: a group that loads each verb on demand, and what happens when one fails."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from importlib import import_module
from io import StringIO
from pathlib import Path
from typing import Any, NoReturn

import click

from rcl_cli.cli.config.context import GIVEN, ConfiguredContext, blame
from rcl_cli.cli.options.numbers import shown
from rcl_cli.cli.streams import make_usable, nobody_reads, written
from rcl_cli.cli.verbs import OTHERS, SECTIONS
from rcl_cli.cli.visible import visible
from rcl_cli.disk.words import OF_WRITING, unwritable
from rcl_cli.errors import FileError, RclError, is_out_of_memory
from rcl_cli.plugins.entries import COMMANDS, Entry, entries
from rcl_cli.train.interrupt import unwinding

NOTHING_DONE = 2
INTERRUPTED = 130


class _Said(logging.Handler):
    """Warnings of what works below, printed as messages are."""

    def emit(self, record: logging.LogRecord) -> None:
        from rcl_cli.cli.console import say

        say(f"Warning: {record.getMessage()}")


class _HelpFormatter(click.HelpFormatter):
    """Help whose words may come from plugins."""

    def getvalue(self) -> str:
        """As click's, with nothing in it that steers a terminal."""
        return written(visible(super().getvalue(), lines=True), sys.stdout)


class _Context(ConfiguredContext):
    formatter_class = _HelpFormatter


class LazyGroup(click.Group):
    """A group whose verbs are `SECTIONS` and those that plugins bring; each is imported when it is run.

    A verb of ours is a module of `rcl_cli.cli.commands` with a click command called `command`. No verb imports torch
    before its callback.
    """

    context_class = _Context

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names of all verbs, in the order of the help."""
        return [name for verbs in _listed().values() for name in verbs]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The verb's command, which takes `--debug` as the group does; None where there is no such verb.

        Raises PluginError for a plugged-in verb that fails to load.
        """
        if any(cmd_name in verbs for verbs in SECTIONS.values()):
            command: click.Command | None = import_module(f"rcl_cli.cli.commands.{cmd_name}").command
        else:
            from rcl_cli.cli.plugged import get_command

            command = get_command(cmd_name)
        if command is not None:
            _prepare(command)
        return command

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """As click's; `help` before a verb asks for the verb's help."""
        if args and args[0] == "help":
            args = [*args[1:], ctx.help_option_names[-1]]
        return super().parse_args(ctx, args)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click's; of a word that is no verb it says what was probably meant."""
        if args[0].startswith("-") or ctx.resilient_parsing:
            return super().resolve_command(ctx, args)
        command = self.get_command(ctx, args[0])
        if command is None:
            from rcl_cli.cli.misplaced import advice

            proposed = advice(args, self.list_commands(ctx), lambda name: self.get_command(ctx, name))
            ctx.fail(f"There is no command {shown(args[0])!r}{proposed}")
        return args[0], command, args[1:]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The verbs with their first sentences, by section."""
        listed = _listed()
        width = max(len(name) for verbs in listed.values() for name in verbs)
        for title, verbs in listed.items():
            with formatter.section(title):
                formatter.write_dl([(name.ljust(width), summary) for name, summary in verbs.items()])

    def main(self, args: Sequence[str] | None = None, **extra: Any) -> Any:  # type: ignore[override]
        """Run the command line; every failure becomes one message on standard error and an exit code."""
        if not extra.pop("standalone_mode", True):
            return super().main(args, standalone_mode=False, **extra)
        make_usable()
        # torch would look through all distributions for devices that no verb can use, and end at a damaged one.
        os.environ.setdefault("TORCH_DEVICE_BACKEND_AUTOLOAD", "0")
        arguments = list(sys.argv[1:] if args is None else args)
        if not any(isinstance(handler, _Said) for handler in logging.root.handlers):
            logging.root.addHandler(_Said(logging.WARNING))
        try:
            with unwinding(), _only_json(arguments):
                code = super().main(arguments, standalone_mode=False, **{"obj": arguments, **extra}) or 0
            sys.exit(code)
        except BrokenPipeError:  # nobody reads on
            nobody_reads(sys.stdout)
            sys.exit(1)
        except Exception as error:
            _fail(error, arguments)


def _only_json(arguments: Sequence[str]) -> AbstractContextManager[None]:
    if "--json" not in arguments:
        return nullcontext()
    from rcl_cli.cli.console import json_lines_alone

    return json_lines_alone()


def _listed() -> dict[str, dict[str, str]]:
    """SECTIONS, and the verbs of plugins by their modules' docstrings: nothing of either is imported."""
    own = {name for verbs in SECTIONS.values() for name in verbs}
    more = {entry.name: _summary(entry) for entry in entries(COMMANDS) if entry.name not in own}
    return SECTIONS | ({OTHERS: more} if more else {})


def _summary(entry: Entry) -> str:
    text = entry.description or f"A verb of {entry.source}."
    # The docstring names the verb, as ours do: "`rcl benchmark`: measure …".
    _, _, after = text.partition(": ")
    return after[:1].upper() + after[1:] if text.startswith("`") and after else text


def _prepare(command: click.Command) -> None:
    below = command.commands.values() if isinstance(command, click.Group) else ()
    for verb in (command, *below):
        verb.context_class = _Context
        if not any(parameter.name == "debug" for parameter in verb.params):
            verb.params.append(_debug_option())
        if not any(parameter.name == "config" for parameter in verb.params):
            verb.params.append(config_option())


def _debug_option() -> click.Option:
    # `main` looks for the flag itself, because errors come up where no context is left to ask.
    return click.Option(
        ["--debug"],
        is_flag=True,
        expose_value=False,
        help="Show the full traceback of an error.",
    )


def config_option(variable: str | None = None) -> click.Option:
    """`--config FILE`; `variable`: of the environment, that says the same."""
    return click.Option(
        ["--config"],
        type=click.Path(exists=True, path_type=Path, readable=False),
        envvar=variable,
        is_eager=True,
        expose_value=False,
        callback=_take_config,
        metavar="FILE",
        help="File of defaults; see `rcl config`.  [default: $RCL_CONFIG, else rcl.toml here or above, and the user's]",
    )


def _take_config(ctx: click.Context, parameter: click.Parameter, value: Path | None) -> None:
    if value is not None:
        ctx.meta[GIVEN] = value


def _fail(error: Exception, arguments: Sequence[str]) -> NoReturn:
    if "--debug" in arguments:
        import traceback

        _complain("".join(traceback.format_exception(error)))
    unforeseen = f"unexpected {type(error).__name__}: {' '.join(str(error).split())}"
    match error:
        case click.Abort():
            click.echo("Interrupted.", err=True)
            sys.exit(INTERRUPTED)
        case click.UsageError() if (blamed := blame(error)) is not None:
            _fail(blamed, arguments)
        case click.ClickException():
            if isinstance(error, click.NoSuchOption):
                from rcl_cli.cli.misplaced import option_advice

                error = click.UsageError(error.format_message() + option_advice(error, arguments), error.ctx)
            said = StringIO()
            error.show(file=said)
            _complain(said.getvalue())
            sys.exit(error.exit_code)
        case FileError():
            message = f"{error.path}: {' '.join(error.reason.split())}"
        case RclError():
            message = " ".join(str(error).split())
        case OSError():
            message = _said(error)
        case _ if is_out_of_memory(error):
            message = "this needs more memory than there is; use smaller sizes, or fewer at once"
        case _:
            message = f"{unforeseen}; run the same command with --debug to see where"
    _complain(visible(f"Error: {message}") + "\n")
    sys.exit(NOTHING_DONE)


def _complain(text: str) -> None:
    click.echo(written(visible(text, lines=True), sys.stderr), err=True, nl=False)


def _said(error: OSError) -> str:
    place = f"{os.fsdecode(error.filename)}: " if error.filename else ""
    if error.errno in OF_WRITING:
        return f"{place or 'the output '}{unwritable(error, Path())}"
    return f"{place}{error.strerror or ' '.join(str(error).split())}"


@click.group(
    name="rcl",
    cls=LazyGroup,
    params=[config_option("RCL_CONFIG"), _debug_option()],
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    epilog="Run `rcl COMMAND --help` for the options of a command. "
    "Exit codes: 0 all done, 1 some inputs failed, 2 nothing done, 130 interrupted.",
)
@click.version_option(package_name="rcl-cli", prog_name="rcl")
def cli() -> None:
    """Measure noise, pretrain without labels and restore folders of camera raws."""
