"""`rcl logs`: what the parts of a divided batch did, together."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

import click

from rcl_cli.cli.console import exit_code, json_line, new_table, print_failures, print_json_line, print_table, say
from rcl_cli.cli.options.shared import OVERWRITE, PATH, json_option
from rcl_cli.errors import FileError


@click.group()
def command() -> None:
    """Put together what the parts of a divided batch have logged."""


@command.command("merge")
@click.argument("paths", nargs=-1, required=True, type=PATH)
@click.option(
    "-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="File for the lines of all parts (JSONL)."
)
@OVERWRITE
@json_option("each input")
def merge_logs(paths: tuple[Path, ...], output: Path | None, overwrite: bool, as_json: bool) -> None:
    """Show what all parts of `rcl apply --shard` did.

    PATHS are logs, or folders of results that have logs in them: rcl-TASK-I-of-N.jsonl. Each input counts once, by its
    last line. Parts without a log are named. The exit code is 1 where inputs failed, or parts are missing or damaged.
    """
    from rcl_cli.cli.shard_log import merge
    from rcl_cli.disk.write import write_text

    merged = merge(paths, output)
    lines = list(merged.lines.values())
    if output is not None:
        write_text(output, "".join(f"{json_line(line)}\n" for line in lines), overwrite=overwrite)
    if as_json:
        for line in lines:
            print_json_line(line)
    counts = Counter(line["status"] for line in lines)
    table = new_table("status", "files", right=("files",))
    for status in ("done", "skipped", "failed"):
        if counts[status]:
            table.add_row(status, str(counts[status]))
    if lines:
        print_table(table, error=as_json)
    if merged.missing:
        some = ", ".join(merged.missing[:8]) + (" and others" if len(merged.missing) > 8 else "")
        say(f"No log of {len(merged.missing)} {'part' if len(merged.missing) == 1 else 'parts'}: {some}")
    failed = [FileError(line["path"], str(line.get("reason"))) for line in lines if line["status"] == "failed"]
    failures = [*merged.damaged, *failed]
    print_failures(failures)
    sys.exit(exit_code(len(lines) - len(failed), len(failures) + len(merged.missing)))
