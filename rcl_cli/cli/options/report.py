"""`--report FILE` of a verb: a page of what it did. One that cannot be made costs a sentence, never the work."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import click

from rcl_cli.cli.console import say
from rcl_cli.errors import RclError, is_out_of_memory

REPORT = click.option(
    "--report",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write a page about this to an HTML file, for a browser. An earlier report is replaced, no other file.",
)
_SLOW_S = 3.0


@dataclass
class Report:
    """The page of a run of a verb; nothing happens where none is asked for."""

    target: Path | None
    possible: bool = True
    """False once it is known that there will be none."""

    @classmethod
    def begin(cls, target: Path | None, shard: str | None = None) -> Report:
        """Before the work: says at once where the page could not be written.

        `shard`: I/N of a run that others do the rest of; each of several has a page of its own.
        """
        if target is not None and shard not in (None, "1/1"):
            target = target.with_name(f"{target.stem}-{str(shard).replace('/', '-of-')}{target.suffix}")
        report = cls(target)
        if target is not None:
            from rcl_cli.report.kit.write import check_target

            report.possible = _tried(lambda: check_target(target), "There will be no report")
        return report

    @property
    def wanted(self) -> bool:
        """Whether a page is to be made."""
        return self.target is not None and self.possible

    def end(self, make: Callable[[], str]) -> None:
        """After the work: make and write the page. Whatever goes wrong is said, and changes nothing else."""
        target = self.target
        if target is None or not self.possible:
            return
        from rcl_cli.report.kit.write import write_report

        start = time.perf_counter()
        self.possible = _tried(lambda: write_report(target, make()), "There is no report")
        if self.possible:
            took = time.perf_counter() - start
            say(f"Report: {target}" + (f" (made in {took:.0f} s)" if took > _SLOW_S else ""))

    def code(self, code: int) -> int:
        """The exit code of the verb: not 0 where a page that was asked for is missing."""
        return 1 if code == 0 and not self.possible else code


def _tried(work: Callable[[], None], otherwise: str) -> bool:
    try:
        work()
    except RclError as error:
        say(f"{otherwise}: {' '.join(str(error).split())}")
    except Exception as error:  # the work is done, and is not to be lost to a page about it
        if is_out_of_memory(error):
            say(f"{otherwise}: it needs more memory than there is")
        else:
            say(f"{otherwise}: unexpected {type(error).__name__}: {' '.join(str(error).split())}")
    else:
        return True
    return False
