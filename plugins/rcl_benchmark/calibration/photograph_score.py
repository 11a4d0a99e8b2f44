"""Scoring raws from photographs: errors, intervals and verdicts, of all and by how textured they are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from rcl_benchmark.calibration.names import BLIND
from rcl_benchmark.calibration.record import Record
from rcl_benchmark.calibration.score import held, rms_error
from rcl_calibration.profile import Interval

ALL, FLAT, TEXTURED = "all", "least textured half", "most textured half"


@dataclass(frozen=True)
class PhotographLine:
    """One method on one kind of raws in one regime; errors are relative, 0.01 = 1 %."""

    kind: str
    regime: str
    method: str
    half: str
    """ALL, or one of two halves by `Record.texture`."""
    n: int
    sigma_rms_median: float
    sigma_rms_p90: float
    sigma_rms_p99: float
    shot_median: float
    """Median signed error of λ_shot; −1 where a method finds nothing."""
    read_coverage: float | None
    """Part of the 90 % intervals that hold the true λ_read; None: the method gives none."""
    shot_coverage: float | None
    sigma_coverage: float | None
    """Of σ(x), for x in range, as `score.held`."""
    ok: float
    """Part whose quality is "ok"."""
    weak: float
    seconds: float


def photograph_lines(records: Sequence[Record]) -> list[PhotographLine]:
    """A line for each kind, regime and method, in the order in which they come; of the blind one also by halves."""
    found: dict[tuple[str, str, str], list[Record]] = {}
    for record in records:
        found.setdefault((record.key.kind, record.key.regime, record.key.method), []).append(record)
    lines = []
    for (kind, regime, method), group in found.items():
        halves = {ALL: group}
        if method == BLIND:
            middle = float(np.median([record.texture for record in group]))
            halves[FLAT] = [record for record in group if record.texture <= middle]
            halves[TEXTURED] = [record for record in group if record.texture > middle]
        lines += [_line(kind, regime, method, half, some) for half, some in halves.items() if some]
    return lines


def _line(kind: str, regime: str, method: str, half: str, group: Sequence[Record]) -> PhotographLine:
    errors = np.array([rms_error(record) for record in group])
    return PhotographLine(
        kind=kind,
        regime=regime,
        method=method,
        half=half,
        n=len(group),
        sigma_rms_median=float(np.median(errors)),
        sigma_rms_p90=float(np.quantile(errors, 0.9)),
        sigma_rms_p99=float(np.quantile(errors, 0.99)),
        shot_median=float(np.median([shot_error(record) for record in group])),
        read_coverage=_share(_holds(r.estimate.read_ci, r.truth.read) for r in group),
        shot_coverage=_share(_holds(r.estimate.shot_ci, r.truth.shot) for r in group),
        sigma_coverage=_share(part for record in group for _, part in held(record)),
        ok=sum(record.estimate.quality == "ok" for record in group) / len(group),
        weak=sum(record.estimate.quality == "weak" for record in group) / len(group),
        seconds=float(np.median([record.seconds for record in group])),
    )


def shot_error(record: Record) -> float:
    """Relative error of λ_shot, with its sign."""
    noise = record.estimate.noise
    return (noise.shot if noise else 0.0) / record.truth.shot - 1


def _holds(intervals: Sequence[Interval], truth: float) -> float | None:
    return float(np.mean([low <= truth <= high for low, high in intervals])) if intervals else None


def _share(parts: Iterable[float | None]) -> float | None:
    known = [part for part in parts if part is not None]
    return float(np.mean(known)) if known else None
