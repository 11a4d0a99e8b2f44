"""`python -m rcl_cli` is `rcl`."""

from __future__ import annotations

from rcl_cli.main import cli

cli(prog_name="rcl")
