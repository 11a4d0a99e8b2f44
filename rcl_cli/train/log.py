"""The metrics log: one JSON object a step, in a file that a resumed run continues without doubles."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

from rcl_cli.errors import FileError
from rcl_cli.files import write_text


class MetricsLog:
    """Appends lines to `path`; use it in a with statement. Lines of steps after `resume_at` are dropped first."""

    def __init__(self, path: Path, resume_at: int = 0) -> None:
        kept = [line for line in _lines(path) if _step(line) <= resume_at] if resume_at else []
        write_text(path, "".join(f"{line}\n" for line in kept), overwrite=True)
        self._file = path.open("a", encoding="utf-8")

    def write(self, values: Mapping[str, float | int]) -> None:
        """One line, on disk at once. Values that are no numbers (NaN) become null."""
        plain = {k: v if math.isfinite(v) else None for k, v in values.items()}
        self._file.write(json.dumps(plain) + "\n")
        self._file.flush()

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
