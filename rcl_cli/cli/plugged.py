"""Verbs that plugins bring."""

from __future__ import annotations

import click

from rcl_cli.plugins.entries import COMMANDS, Entry, entries
from rcl_cli.plugins.load import BrokenPlugin, registered


def get_command(name: str) -> click.Command | None:
    """The plugged-in verb of this name; None where there is none. Raises PluginError where its plugin is broken."""
    found = next((entry for entry in entries(COMMANDS) if entry.name == name), None)
    return None if found is None else load_command(found)


def load_command(entry: Entry) -> click.Command:
    """The verb that a plugin registers. Raises BrokenPlugin."""
    found = registered(entry)
    if not isinstance(found, click.Command):
        raise BrokenPlugin(entry, f"its hook rcl_command returns {found!r}, which is no click.Command")
    return found
