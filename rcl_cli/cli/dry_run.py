"""`rcl apply --dry-run`: what would be done, as a table or JSON lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.markup import escape

from rcl_cli.cli.console import (
    exit_code,
    json_head,
    new_table,
    print_failures,
    print_json_line,
    print_table,
    progress,
    say,
)
from rcl_cli.errors import FileError

if TYPE_CHECKING:
    from rcl_cli.inference.apply import Batch


def show_plan(batch: Batch, *, as_json: bool) -> int:
    """Print what would become of each input; the exit code."""
    from rcl_cli.inference.dry_run import WOULD_BE_DONE, Planned, plan

    planned = [Planned(failure.path, None, "failed", failure.reason) for failure in batch.failures]
    with progress(len(batch.jobs) + len(batch.unfit), "Looking") as bar:
        for one in plan(batch, say):
            planned.append(one)
            bar.advance()
    if as_json:
        for one in planned:
            head = json_head("picture", one.path, one.status, one.reason)
            more = {"output": one.output, "task": batch.task.name, "model": one.model, "profile": one.noise or None}
            print_json_line({**head, **more})
    else:
        table = new_table("file", "result", "head", "noise")
        for one in planned:
            if one.status != "failed":
                done = one.reason == WOULD_BE_DONE
                result = str(one.output) if done else f"skipped: {one.reason}"
                table.add_row(*map(escape, (str(one.path), result, one.model.stem if one.model else "", one.noise)))
        if table.row_count:
            print_table(table)
    failures = [FileError(one.path, one.reason) for one in planned if one.status == "failed"]
    print_failures(failures)
    count = sum(one.reason == WOULD_BE_DONE for one in planned)
    say(f"Dry run: {count} of {len(planned)} files would be done. Nothing is written.")
    return exit_code(len(planned) - len(failures), len(failures))
