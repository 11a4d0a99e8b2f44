"""Scoring: errors of σ(x), how often intervals hold, and what is flagged."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rcl_benchmark.calibration.names import BLIND
from rcl_benchmark.calibration.record import Record, plain
from rcl_calibration.model import Noise
from rcl_calibration.profile import SIGMA_X

Array = NDArray[np.float64]

X_GRID: Array = np.linspace(0.02, 0.8, 79)
"""Where σ(x) is compared with the truth."""
FAILED = 1.0
"""Relative error of an estimator that finds nothing: as of σ = 0."""
UNFLAGGED = f"{BLIND}, unflagged"
_PROCESSING_WORDS = ("denoised", "compressed", "resized", "sharpened")


@dataclass(frozen=True)
class Line:
    """One method in one regime; errors are relative, 0.01 = 1 %."""

    regime: str
    method: str
    n: int
    sigma_rms_median: float
    sigma_rms_p90: float
    sigma_rms_p99: float
    in_range_median: float
    in_range_p90: float
    coverage: float | None
    """Part of the 90 % intervals of σ(x), for x of SIGMA_X in range, that hold the truth; None: it gives none."""
    seconds: float
    """Median, for all images of a draw."""


@dataclass(frozen=True)
class Detection:
    """Raws that the camera has processed, by what it did."""

    process: str
    n: int
    flagged: float
    """Part whose quality is not "ok"."""
    named: float
    """Part whose reason names denoising, resizing or compression."""


def sigma(noise: Noise, x: Array) -> Array:
    """Standard deviation at x."""
    return np.asarray(np.sqrt(noise.variance(x)))


def rms_error(record: Record, *, in_range: bool = False) -> float:
    """Root mean square, over X_GRID and planes, of the relative error of σ(x); `in_range`: over the part that was seen.

    That part is the estimator's own x_range or, where it gives none, the picture's range of brightness.
    """
    if not record.estimate.planes:
        return FAILED
    x = X_GRID[_inside(X_GRID, record)] if in_range else X_GRID
    truth = sigma(record.truth, x)
    return float(np.sqrt(np.mean([(sigma(noise, x) / truth - 1) ** 2 for noise in record.estimate.planes])))


def held(record: Record) -> list[tuple[float, float]]:
    """Each x of SIGMA_X in range, and the part of the planes whose intervals there hold the true σ."""
    if not record.estimate.sigma_ci:
        return []
    x = np.array(SIGMA_X)
    inside, truth = _inside(x, record), sigma(record.truth, x)
    low, high = np.moveaxis(np.array(record.estimate.sigma_ci), 2, 0)
    part = ((low <= truth) & (truth <= high)).mean(axis=0)
    return [(float(x[i]), float(part[i])) for i in np.flatnonzero(inside)]


def is_flagged(record: Record) -> bool:
    """Whether the user is told not to trust it."""
    return record.estimate.quality != "ok"


def names_processing(record: Record) -> bool:
    """Whether the user is told that the camera has processed the raw."""
    return any(word in record.estimate.reason for word in _PROCESSING_WORDS)


def lines(records: Sequence[Record]) -> list[Line]:
    """A line for each regime and method, in the order in which they come, and one for the unflagged of the blind."""
    found: dict[tuple[str, str], list[Record]] = {}
    for record in plain(records):
        found.setdefault((record.key.regime, record.key.method), []).append(record)
        if record.key.method == BLIND and not is_flagged(record):
            found.setdefault((record.key.regime, UNFLAGGED), []).append(record)
    return [_line(regime, method, group) for (regime, method), group in found.items()]


def detections(records: Sequence[Record]) -> list[Detection]:
    """One for each process, and before them one for the plain raws: what is named there are false alarms."""
    found: dict[str, list[Record]] = {}
    for record in records:
        if record.key.method == BLIND:
            found.setdefault(record.key.process, []).append(record)
    return [
        Detection(process, len(group), _share(is_flagged, group), _share(names_processing, group))
        for process, group in sorted(found.items())
    ]


def negative(records: Iterable[Record]) -> int:
    """How many estimates have a λ below 0."""
    return sum(any(min(noise.shot, noise.read) < 0 for noise in record.estimate.planes) for record in records)


def _line(regime: str, method: str, group: Sequence[Record]) -> Line:
    everywhere = np.array([rms_error(record) for record in group])
    in_range = np.array([rms_error(record, in_range=True) for record in group])
    intervals = [part for record in group for _, part in held(record)]
    return Line(
        regime=regime,
        method=method,
        n=len(group),
        sigma_rms_median=float(np.median(everywhere)),
        sigma_rms_p90=float(np.quantile(everywhere, 0.9)),
        sigma_rms_p99=float(np.quantile(everywhere, 0.99)),
        in_range_median=float(np.median(in_range)),
        in_range_p90=float(np.quantile(in_range, 0.9)),
        coverage=float(np.mean(intervals)) if intervals else None,
        seconds=float(np.median([record.seconds for record in group])),
    )


def _inside(x: Array, record: Record) -> NDArray[np.bool_]:
    """Which of x are in range; the nearest where none is."""
    low, high = record.own_range
    inside = (x >= low) & (x <= high)
    if not inside.any():
        inside[np.argmin(np.abs(x - np.clip(x, low, high)))] = True
    return np.asarray(inside)


def _share(test: Callable[[Record], bool], group: Sequence[Record]) -> float:
    return sum(map(test, group)) / len(group)
