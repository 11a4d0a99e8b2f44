"""`rcl` as a program."""

from __future__ import annotations

import sys

_RCL = "import sys; from rcl_cli.cli.main import cli; sys.argv[0] = 'rcl'; cli()"


def rcl(*words: object) -> tuple[str, ...]:
    """The program and its arguments, by the interpreter that runs this, as the installed script does it."""
    return (sys.executable, "-c", _RCL, *map(str, words))
