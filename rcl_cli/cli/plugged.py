"""Verbs that plugins bring."""

from __future__ import annotations

import functools
from typing import Any

import click

from rcl_cli.plugins.entries import COMMANDS, Entry, entries


def get_command(name: str) -> click.Command | None:
    """The plugged-in verb of this name; None where there is none. Raises PluginError where its plugin is broken."""
    found = next((entry for entry in entries(COMMANDS) if entry.name == name), None)
    return None if found is None else load_command(found)


def load_command(entry: Entry) -> click.Command:
    """The verb that a plugin registers. Raises BrokenPlugin."""
    from rcl_cli.plugins.load import BrokenPlugin, registered

    found = registered(entry)
    if not isinstance(found, click.Command):
        raise BrokenPlugin(entry, f"its hook rcl_command returns {found!r}, which is no click.Command")
    return _guarded(found, entry)


def _guarded(command: click.Command, entry: Entry) -> click.Command:
    """The verb, and those below it; what nobody foresaw in them is reported under the plugin's name."""
    inner = command.callback
    for below in command.commands.values() if isinstance(command, click.Group) else ():
        _guarded(below, entry)
    if inner is None or hasattr(inner, "rcl_guarded"):
        return command

    @functools.wraps(inner)
    def callback(*args: Any, **named: Any) -> Any:
        try:
            return inner(*args, **named)
        except (click.ClickException, click.Abort, click.exceptions.Exit, OSError):
            raise
        except Exception as error:
            from rcl_cli.plugins.faults import failed

            failed(entry, "its verb", error)

    callback.rcl_guarded = True  # type: ignore[attr-defined]
    command.callback = callback
    return command
