"""What readers are asked to do: by name, each one function of a path, found where it is called for the first time."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

TASKS = {
    "decoded_shot": "rcl_cli.raw.tags.decoded_shot",
    "read_frame": "rcl_cli.raw.read",
    "read_metadata": "rcl_cli.raw.metadata",
    "read_record": "rcl_cli.raw.record",
    "sniff": "rcl_cli.raw.sniff",
}
"""Function → module."""


def function(task: str, module: str | None = None) -> Callable[..., Any]:
    """The function called `task`, of a module that is not among `TASKS` where one is named."""
    found: Callable[..., Any] = getattr(import_module(module or TASKS[task]), task)
    return found
