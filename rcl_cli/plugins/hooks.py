"""What a plugin may register: a hook for each kind of thing, found through entry points.

A plugin's module is named by an entry point, whose group says the kind and whose name is that of the thing. One module
may have several hooks, and one hook may return several things, each with an entry point of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pluggy

# The classes themselves belong to rooms above this one, which check what a hook returns.
_Classes = type[Any] | Sequence[type[Any]]

hookspec = pluggy.HookspecMarker("rcl")
hookimpl = pluggy.HookimplMarker("rcl")


@hookspec(firstresult=True)
def rcl_task() -> _Classes:  # type: ignore[empty-body]
    """The module's `Task` class, or several. Entry-point group `rcl.tasks`."""


@hookspec(firstresult=True)
def rcl_pretext() -> _Classes:  # type: ignore[empty-body]
    """The module's `Pretext` class, or several. Entry-point group `rcl.pretexts`."""


@hookspec(firstresult=True)
def rcl_network() -> _Classes:  # type: ignore[empty-body]
    """The module's `Network` class, or several. Entry-point group `rcl.networks`."""


@hookspec(firstresult=True)
def rcl_format() -> _Classes:  # type: ignore[empty-body]
    """The module's `FileFormat` class, or several: a reader, a writer or both. Entry-point group `rcl.formats`."""


@hookspec(firstresult=True)
def rcl_command() -> Any:
    """The module's verb, a `click.Command`, or several. Entry-point group `rcl.commands`."""
