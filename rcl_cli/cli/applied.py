"""What `rcl apply` says at its end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rcl_cli.cli.console import new_table, print_table, say

if TYPE_CHECKING:
    from rcl_cli.inference.batch import Outcome


def print_summary(outcomes: Sequence[Outcome], seconds: float, *, to_stderr: bool) -> None:
    """A table of how many files came to what, in `seconds`, why some are as they were, and where the results are."""
    table = new_table("status", "files", "MP", "seconds", "MP/s", right=("files", "MP", "seconds", "MP/s"))
    for status in ("done", "skipped", "failed", "undone"):
        some = [outcome for outcome in outcomes if (outcome.status if outcome.full is None else "undone") == status]
        if not some:
            continue
        megapixels = sum(outcome.megapixels for outcome in some)
        rate = (f"{megapixels:.1f}", f"{seconds:.1f}", f"{megapixels / seconds:.2f}") if status == "done" else ()
        table.add_row(status, str(len(some)), *rate)
    if outcomes:
        print_table(table, error=to_stderr)
    skipped = Counter(outcome.reason for outcome in outcomes if outcome.status == "skipped")
    for reason, count in skipped.most_common():
        say(f"{count} skipped: {reason}")
    unchanged = [outcome.result.unchanged for outcome in outcomes if outcome.result is not None]
    for why, count in Counter(why._replace(detail="") for why in unchanged if why is not None).most_common():
        say(f"{count} left as {'it is' if count == 1 else 'they are'}: {why.reason}{why.advised}")
    folders = sorted({o.output.parent for o in outcomes if o.status == "done" and o.output is not None})
    if folders:
        named = ("the current folder" if folder == Path() else str(folder) for folder in folders[:3])
        say(f"Results are in {', '.join(named)}{' and other folders' if len(folders) > 3 else ''}.")


def say_full(outcomes: Sequence[Outcome]) -> None:
    """On which disks there was no room, and what that left undone."""
    done = sum(outcome.status == "done" for outcome in outcomes)
    written = f"{done or 'no'} {'result was' if done == 1 else 'results were'} written"
    for folder, count in Counter(outcome.full for outcome in outcomes if outcome.full is not None).items():
        undone = f"{count} {'file is' if count == 1 else 'files are'} left undone"
        say(f"There is no room left in {folder}: {written}, {undone}. Make room there, and run the same command again.")
