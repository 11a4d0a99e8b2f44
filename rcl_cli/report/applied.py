"""The page of a run of `rcl apply`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from rcl_cli.errors import FileError
from rcl_cli.files import is_file
from rcl_cli.raw.guarded import read_record
from rcl_cli.report.matching import Match
from rcl_cli.report.results import Made, results_page

if TYPE_CHECKING:
    from rcl_cli.inference.batch import Outcome


def applied_page(
    task: str,
    outcomes: Sequence[Outcome],
    failures: Sequence[FileError],
    *,
    linear: bool = False,
    done: Callable[[], None] = lambda: None,
) -> str:
    """What became of each input, and some results beside their inputs; those that were there before count too."""
    made = [found for outcome in outcomes if (found := _made(outcome)) is not None]
    return results_page(made, failures, title=f"Results of {task}", linear=linear, done=done)


def _made(outcome: Outcome) -> Made | None:
    """None for what has no result of rcl."""
    output, result = outcome.output, outcome.result
    if outcome.status == "failed" or output is None or not is_file(output):
        return None
    record = result.picture.record if result else read_record(output)
    if record is None:
        return None
    match = Match(outcome.path, output, record)
    if result is None:
        return Made(match, outcome.status)
    return Made(match, outcome.status, outcome.seconds, outcome.megapixels, result.profile, result.strength)
