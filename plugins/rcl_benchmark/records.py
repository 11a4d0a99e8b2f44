"""Results of single draws, one JSON object a line, so that an interrupted run goes on where it was."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, NamedTuple

from rcl_benchmark.estimators import Estimate
from rcl_calibration.model import Noise
from rcl_calibration.profile import Interval

PLAIN = ""
"""`Key.process` of a raw as the sensor gives it."""


class Key(NamedTuple):
    """What a record is of."""

    draw: int
    regime: str
    method: str
    process: str
    """What the camera did to the raw: PLAIN, or one of `processing.PROCESSES`."""


@dataclass(frozen=True)
class Record:
    """One estimator on one draw."""

    key: Key
    version: str
    """Of the estimator's source code."""
    truth: Noise
    estimate: Estimate
    seen: Interval
    """Where the picture's brightness lies, from its 1st to its 99th percentile, normalised."""
    seconds: float
    """Processor time beyond decoding, for all images of the draw."""
    megapixels: float
    camera: dict[str, Any] = field(default_factory=dict)
    """Phase, bits, levels and gain: where a result is bad, what was special."""


@dataclass(frozen=True)
class Log:
    """A file of records, appended to."""

    path: Path

    def read(self, versions: Mapping[str, str]) -> list[Record]:
        """Each record made by these versions of the methods. A line cut short by an interruption is left out."""
        if not self.path.is_file():
            return []
        parsed = (_parse(line) for line in self.path.read_text(encoding="utf-8").splitlines())
        current = [r for r in parsed if r is not None and versions.get(r.key.method) == r.version]
        return list({record.key: record for record in current}.values())

    def append(self, records: Iterable[Record]) -> None:
        """Add records, all at once."""
        lines = "".join(json.dumps(asdict(record)) + "\n" for record in records)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a", encoding="utf-8") as file:
            file.write(lines)


def _parse(line: str) -> Record | None:
    try:
        values = json.loads(line)
        record = {f.name: values[f.name] for f in fields(Record)}
        estimate = {f.name: _tuples(record["estimate"][f.name]) for f in fields(Estimate)}
        estimate["planes"] = tuple(Noise(**noise) for noise in estimate["planes"])
        record["estimate"] = Estimate(**estimate)
        record |= {"key": Key(*record["key"]), "truth": Noise(**record["truth"]), "seen": _tuples(record["seen"])}
        return Record(**record)
    except (ValueError, KeyError, TypeError):
        return None


def _tuples(value: Any) -> Any:
    return tuple(_tuples(v) for v in value) if isinstance(value, list) else value
