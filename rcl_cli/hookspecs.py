"""What a plugin may register: one hook each for a task and a pretext, found through entry points.

A plugin module is named by an entry point of the group `rcl.tasks` or `rcl.pretexts`; the entry point's name is
the name of the task or pretext.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    from rcl_cli.pretext import Pretext
    from rcl_cli.task import Task

hookspec = pluggy.HookspecMarker("rcl")
hookimpl = pluggy.HookimplMarker("rcl")


@hookspec(firstresult=True)
def rcl_task() -> type[Task]:  # type: ignore[empty-body]
    """The module's `Task` class."""


@hookspec(firstresult=True)
def rcl_pretext() -> type[Pretext]:  # type: ignore[empty-body]
    """The module's `Pretext` class."""
