"""A command with verbs below it: `rcl calibrate PATHS`, and `rcl calibrate show`."""

from __future__ import annotations

from typing import Any

import click


class DefaultGroup(click.Group):
    """A group that is a command of its own wherever its first argument is none of its verbs.

    A file called like a verb is reached as `./show`. To be made with `invoke_without_command` and an empty
    `subcommand_metavar`, or else the help would ask for a verb.
    """

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Leave what follows a verb to the verb; parse everything else as a command without verbs does."""
        if args and args[0] in self.commands:
            ctx.invoked_subcommand, ctx.args = args[0], args[1:]
            return ctx.args
        ctx.allow_interspersed_args = True
        return click.Command.parse_args(self, ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the verb, or else the command itself."""
        if ctx.invoked_subcommand is None:
            return click.Command.invoke(self, ctx)
        verb = self.commands[ctx.invoked_subcommand]
        with verb.make_context(ctx.invoked_subcommand, list(ctx.args), parent=ctx) as below:
            return below.command.invoke(below)


class OwnArgument(click.Argument):
    """An argument of the group itself, which does not come into the usage of its verbs."""

    def get_usage_pieces(self, ctx: click.Context) -> list[str]:
        """None for the context of a verb."""
        return super().get_usage_pieces(ctx) if self in ctx.command.params else []
