"""Results on disk: JSON lines, each with a digest of everything that decided it, by which a run finds them again."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

FILE = "records.jsonl"


def digest(**parts: Any) -> str:
    """Sixteen hexadecimal digits that change with any of `parts`, which JSON can hold."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Records:
    """A file of results, appended to."""

    path: Path

    def read(self) -> dict[str, dict[str, Any]]:
        """All results by digest, as JSON has them. A line cut short by an interruption is left out."""
        if not self.path.is_file():
            return {}
        lines = self.path.read_text(encoding="utf-8", errors="replace").splitlines()
        return {values.pop("digest"): values for line in lines if (values := _parsed(line))}

    def append(self, results: Mapping[str, Mapping[str, Any]]) -> None:
        """Add results by digest, on disk at once."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        lines = "".join(json.dumps({"digest": key, **values}) + "\n" for key, values in results.items())
        with self.path.open("ab+") as file:
            file.write((_line_end(file) + lines).encode())


def _parsed(line: str) -> dict[str, Any] | None:
    try:
        values = json.loads(line)
    except ValueError:
        return None
    return values if isinstance(values, dict) and isinstance(values.get("digest"), str) else None


def _line_end(file: BinaryIO) -> str:
    """What is missing at the end of a file whose last line was cut short."""
    if not file.tell():
        return ""
    file.seek(-1, os.SEEK_END)
    return "" if file.read(1) == b"\n" else "\n"
