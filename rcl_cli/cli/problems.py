"""Which of the installed plugins work."""

from __future__ import annotations

from collections.abc import Callable, Container

from rcl_cli.cli.plugged import load_command
from rcl_cli.cli.verbs import SECTIONS
from rcl_cli.network import load_network
from rcl_cli.plugins.entries import (
    COMMANDS,
    FORMATS,
    GROUPS,
    NETWORKS,
    PRETEXTS,
    TASKS,
    Entry,
    Problem,
    collisions,
    damaged,
    entries,
)
from rcl_cli.plugins.load import BrokenPlugin, load_class
from rcl_cli.pretext import load_pretext
from rcl_cli.raw.format import FileFormat
from rcl_cli.raw.write import SUFFIXES
from rcl_cli.task import load_task

_LOADERS: dict[str, Callable[[Entry], object]] = {
    TASKS: load_task,
    PRETEXTS: load_pretext,
    NETWORKS: load_network,
    FORMATS: lambda entry: load_class(entry, FileFormat),
    COMMANDS: load_command,
}


def problems() -> list[Problem]:
    """Load everything and say what cannot be used: taken names, failed imports, broken contracts."""
    found = damaged()
    for group in GROUPS:
        found += collisions(group)
        for entry in entries(group):
            reason = _unreachable(entry) or check(entry)
            if reason:
                found.append(Problem(entry, reason))
    return found


def _unreachable(entry: Entry) -> str:
    """Why nothing ever asks for it: rcl has a verb or a format of that name itself."""
    taken: dict[str, Container[str]] = {
        COMMANDS: {verb for section in SECTIONS.values() for verb in section},
        FORMATS: {"auto", *(suffix[1:] for suffix in SUFFIXES)},
    }
    if entry.name.lower() in taken.get(entry.group, ()):
        return "rcl has this name itself, so that it is never asked for; give it another one"
    return ""


def check(entry: Entry) -> str:
    """Load one plugin; "" where that works, else the reason."""
    try:
        _LOADERS[entry.group](entry)
    except BrokenPlugin as error:
        return error.reason
    return ""
