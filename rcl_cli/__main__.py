"""`python -m rcl_cli` is `rcl`."""

from __future__ import annotations

from rcl_cli.cli.main import cli

if __name__ == "__main__":
    cli(prog_name="rcl")
