"""Measured rows as JSON lines, each with a digest of what decided it: a run finds them again. Torch-free."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, BinaryIO

from rcl_benchmark.tables.row import Row, SweepRow


def digest(**parts: Any) -> str:
    """Sixteen hexadecimal digits that change with any of `parts`, which JSON can hold."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class RowStore:
    """A file of rows, appended to."""

    path: Path

    def read(self) -> Mapping[str, Row]:
        """All rows by digest; a line cut short by an interruption is left out."""
        if not self.path.is_file():
            return {}
        parsed = (_parse(line) for line in self.path.read_text(encoding="utf-8").splitlines())
        return dict(entry for entry in parsed if entry is not None)

    def append(self, key: str, row: Row) -> None:
        """Add a row, on disk at once."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("ab+") as file:
            file.write((_line_end(file) + json.dumps({"digest": key, **asdict(row)}) + "\n").encode())


def _line_end(file: BinaryIO) -> str:
    """What is missing at the end of a file whose last line was cut short."""
    if not file.tell():
        return ""
    file.seek(-1, os.SEEK_END)
    return "" if file.read(1) == b"\n" else "\n"


def _parse(line: str) -> tuple[str, Row] | None:
    try:
        values = json.loads(line)
        kind = SweepRow if "correlation" in values else Row
        return values["digest"], kind(**{field.name: values[field.name] for field in fields(kind)})
    except (ValueError, KeyError, TypeError):
        return None
