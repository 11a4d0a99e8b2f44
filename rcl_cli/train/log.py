"""The metrics log: one JSON object a step, in a file that a resumed run continues without doubles."""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

from rcl_cli.disk.words import unwritable
from rcl_cli.disk.write import write_text
from rcl_cli.errors import FileError

log = logging.getLogger(__name__)


class MetricsLog:
    """Appends lines to `path`; use it in a with statement.

    Lines of steps after `resume_at` are dropped first; None: all of them. What a full disk cannot take is kept, and
    written when there is room: a line in a log is no reason to end a run.
    """

    def __init__(self, path: Path, resume_at: int | None = None) -> None:
        kept = [] if resume_at is None else [line for line in _lines(path) if _step(line) <= resume_at]
        write_text(path, "".join(f"{line}\n" for line in kept), overwrite=True)
        self._path = path
        self._file = path.open("ab", buffering=0)
        self._waiting = b""
        self._warned = False

    def write(self, values: Mapping[str, float | int]) -> None:
        """One line, handed to the system at once. Values that are no numbers (NaN) become null."""
        plain = {k: v if math.isfinite(v) else None for k, v in values.items()}
        self._waiting += json.dumps(plain).encode() + b"\n"
        try:
            while self._waiting:
                self._waiting = self._waiting[self._file.write(self._waiting) :]
        except OSError as error:
            if not self._warned:
                log.warning("%s %s; the run goes on", self._path, unwritable(error, self._path.parent))
                self._warned = True

    def __enter__(self) -> MetricsLog:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._file.close()


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []
    except (OSError, ValueError) as error:
        raise FileError(path, f"cannot be read ({error})") from error


def _step(line: str) -> float:
    try:
        return int(json.loads(line)["step"])
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return math.inf  # a line cut short by a crash
