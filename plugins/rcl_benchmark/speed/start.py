"""How long `rcl` takes to say something."""

from __future__ import annotations

import sys

from rcl_benchmark.speed.names import START
from rcl_benchmark.speed.program import rcl
from rcl_benchmark.speed.side import Case, Side

_CLICK, _BARE = "python -c 'import click'", "python -c pass"
_TYPO = "demosiac"


def cases() -> list[Case]:
    """Three words beside what any program written with click takes."""
    python = sys.executable
    sides = (
        Side(_BARE, (python, "-c", "pass")),
        Side(_CLICK, (python, "-c", "import click")),
        Side("rcl --help", rcl("--help")),
        Side("rcl tasks", rcl("tasks")),
        Side(f"rcl {_TYPO} (no such verb)", rcl(_TYPO), status=2),
    )
    return [Case(START, "one call", "call", sides, _CLICK)]
