"""The accuracy that is promised, and whether a run reached it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from rcl_benchmark.calibration.names import BLIND, METHODS, PAIR, POOL, REGIMES, is_ours
from rcl_benchmark.calibration.record import PLAIN, Timing
from rcl_benchmark.calibration.score import UNFLAGGED, Detection, Line
from rcl_benchmark.engine.compare import percent

COVERAGE = (0.87, 0.94)
LEAST_DETECTED, MOST_FALSE_ALARMS = 0.98, 0.03
MOST_SECONDS = 0.5
PEER_FACTOR = 3.0
_COLUMNS = {"sensor": ("sigma_rms_median", "sigma_rms_p90"), "paper": ("in_range_median", "in_range_p90")}
"""By regime: what is judged. The paper's noise can lie where a picture has no such brightness."""
_ERRORS = (
    ("sensor", BLIND, 0.013, 0.045),
    ("sensor", UNFLAGGED, math.inf, 0.035),
    ("paper", BLIND, 0.014, 0.06),
    ("paper", UNFLAGGED, math.inf, 0.045),
    ("sensor", POOL, 0.005, 0.01),
    ("paper", POOL, 0.005, 0.01),
    ("sensor", PAIR, 0.002, 0.005),
)
"""Regime, method, and the most that the median and the 90th percentile may be."""


@dataclass(frozen=True)
class Promise:
    """One line of the contract: figures between two bounds."""

    what: str
    measured: tuple[float, ...]
    most: tuple[float, ...] = ()
    least: tuple[float, ...] = ()
    unit: str = "%"
    """"%" of shares; "s"; or "" of plain numbers."""

    @property
    def reached(self) -> bool:
        """Whether no figure is beyond its bounds."""
        above = any(value > limit for value, limit in zip(self.measured, self.most, strict=False))
        return not above and all(value >= limit for value, limit in zip(self.measured, self.least, strict=False))

    @property
    def cells(self) -> tuple[str, str, str, str]:
        """For a table."""
        bounds = (("≥", self.least), ("≤", self.most))
        said = ", ".join(f"{sign} {' · '.join(map(self._limit, limits))}" for sign, limits in bounds if limits)
        return (
            self.what,
            said,
            " · ".join(map(self._value, self.measured)),
            "reached" if self.reached else "**not reached**",
        )

    def _limit(self, value: float) -> str:
        return f"{100 * value:g} %" if self.unit == "%" else f"{value:.2g} {self.unit}".strip()

    def _value(self, value: float) -> str:
        return percent(value) if self.unit == "%" else f"{value:.2g} {self.unit}".strip()


def judge(
    lines: Sequence[Line], detections: Sequence[Detection], timings: Sequence[Timing], negative: int
) -> list[Promise]:
    """Every line of the contract that the run has numbers for."""
    table = {(line.regime, line.method): line for line in lines}
    return [
        *_errors(table),
        *(promise for regime in REGIMES for promise in _against_peers(table, regime)),
        *(promise for regime in REGIMES for promise in _coverage(table, regime)),
        *_detection(detections),
        Promise("estimates with a negative λ", (negative,), (0,), unit=""),
        *(
            Promise(
                f"seconds for {t.megapixels:.0f} MP, one core, beyond decoding", (t.seconds,), (MOST_SECONDS,), unit="s"
            )
            for t in timings
        ),
    ]


def _errors(table: Mapping[tuple[str, str], Line]) -> Iterator[Promise]:
    for regime, method, *limits in _ERRORS:
        if line := table.get((regime, method)):
            names = ("median", "p90")
            found = zip(names, _COLUMNS[regime], limits, strict=True)
            bounded = [(name, getattr(line, column), limit) for name, column, limit in found if math.isfinite(limit)]
            words, values, most = zip(*bounded, strict=True)
            where = ", in range" if regime == "paper" else ""
            yield Promise(f"{method}, {regime} regime{where}: {' · '.join(words)}", values, most)


def _against_peers(table: Mapping[tuple[str, str], Line], regime: str) -> Iterator[Promise]:
    ours = table.get((regime, BLIND))
    peers = [table[regime, name] for name in METHODS if not is_ours(name) and (regime, name) in table]
    if ours and peers:
        columns = _COLUMNS[regime]
        ratios = tuple(getattr(ours, c) / min(getattr(peer, c) for peer in peers) for c in columns)
        what = f"{BLIND} over the best peer, {regime} regime: median · p90"
        yield Promise(what, ratios, (1 / PEER_FACTOR,) * len(ratios), unit="")


def _coverage(table: Mapping[tuple[str, str], Line], regime: str) -> Iterator[Promise]:
    line = table.get((regime, BLIND))
    if line and line.coverage is not None:
        low, high = COVERAGE
        yield Promise(f"coverage of the 90 % interval of σ(x), {regime} regime", (line.coverage,), (high,), (low,))


def _detection(detections: Sequence[Detection]) -> Iterator[Promise]:
    processed = [(d.flagged, d.n) for d in detections if d.process != PLAIN]
    plain = [(d.named, d.n) for d in detections if d.process == PLAIN]
    if processed:
        yield Promise("processed in the camera: flagged", (_mean(processed),), least=(LEAST_DETECTED,))
    if plain:
        yield Promise("not processed: false alarms", (_mean(plain),), (MOST_FALSE_ALARMS,))


def _mean(shares: Sequence[tuple[float, int]]) -> float:
    return sum(share * n for share, n in shares) / sum(n for _, n in shares)
