"""What a plugin may register: a hook for each kind of thing, found through entry points.

A plugin's module is named by an entry point, whose group says the kind and whose name is that of the thing. One module
may have several hooks, and one hook may return several things, each with an entry point of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pluggy

if TYPE_CHECKING:
    from rcl_cli.network import Network
    from rcl_cli.pretext import Pretext
    from rcl_cli.raw.format import FileFormat
    from rcl_cli.task import Task

hookspec = pluggy.HookspecMarker("rcl")
hookimpl = pluggy.HookimplMarker("rcl")


@hookspec(firstresult=True)
def rcl_task() -> type[Task] | Sequence[type[Task]]:  # type: ignore[empty-body]
    """The module's `Task` class, or several. Entry-point group `rcl.tasks`."""


@hookspec(firstresult=True)
def rcl_pretext() -> type[Pretext] | Sequence[type[Pretext]]:  # type: ignore[empty-body]
    """The module's `Pretext` class, or several. Entry-point group `rcl.pretexts`."""


@hookspec(firstresult=True)
def rcl_network() -> type[Network] | Sequence[type[Network]]:  # type: ignore[empty-body]
    """The module's `Network` class, or several. Entry-point group `rcl.networks`."""


@hookspec(firstresult=True)
def rcl_format() -> type[FileFormat] | Sequence[type[FileFormat]]:  # type: ignore[empty-body]
    """The module's `FileFormat` class, or several: a reader, a writer or both. Entry-point group `rcl.formats`."""


@hookspec(firstresult=True)
def rcl_command() -> Any:
    """The module's verb, a `click.Command`, or several. Entry-point group `rcl.commands`."""
