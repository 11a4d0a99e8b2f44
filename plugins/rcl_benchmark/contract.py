"""The accuracy that is promised, and whether a run reached it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from rcl_benchmark.estimators import BLIND, METHODS, PAIR, POOL
from rcl_benchmark.records import PLAIN
from rcl_benchmark.score import UNFLAGGED, Detection, Row
from rcl_benchmark.timing import Timing

COVERAGE = (0.87, 0.94)
LEAST_DETECTED, MOST_FALSE_ALARMS = 0.98, 0.03
MOST_SECONDS = 0.5
PEER_FACTOR = 3.0
_EVERYWHERE = ("sigma_rms_median", "sigma_rms_p90")
_IN_RANGE = ("in_range_median", "in_range_p90")
_COLUMNS = {"sensor": _EVERYWHERE, "paper": _IN_RANGE}
"""By regime: what is judged. The paper's noise can lie where a picture has no such brightness."""


@dataclass(frozen=True)
class Promise:
    """One line of the contract."""

    what: str
    promised: str
    measured: str
    reached: bool


_Bound = tuple[str, str, float | None, float]
_ERRORS: tuple[_Bound, ...] = (
    ("sensor", BLIND, 0.013, 0.045),
    ("sensor", UNFLAGGED, None, 0.035),
    ("paper", BLIND, 0.014, 0.06),
    ("paper", UNFLAGGED, None, 0.045),
    ("sensor", POOL, 0.005, 0.01),
    ("paper", POOL, 0.005, 0.01),
    ("sensor", PAIR, 0.002, 0.005),
)
"""Regime, method, and the most that the median and the 90th percentile may be."""


def judge(
    rows: Sequence[Row], detections: Sequence[Detection], timings: Sequence[Timing], negative: int
) -> list[Promise]:
    """Every line of the contract that the run has numbers for."""
    table = {(row.regime, row.method): row for row in rows}
    return [
        *_errors(table),
        *_against_peers(table),
        *_coverage(table),
        *_detection(detections),
        Promise("estimates with a negative λ", "none", str(negative), negative == 0),
        *(_timing(timing) for timing in timings),
    ]


def _errors(table: Mapping[tuple[str, str], Row]) -> Iterator[Promise]:
    for regime, method, median, p90 in _ERRORS:
        row = table.get((regime, method))
        if row is None:
            continue
        columns = _COLUMNS[regime]
        found = [getattr(row, column) for column in columns]
        pairs = [(value, limit) for value, limit in zip(found, (median, p90), strict=True) if limit is not None]
        names = "median · p90" if median is not None else "p90"
        where = ", in range" if columns is _IN_RANGE else ""
        yield Promise(
            f"{method}, {regime} regime{where}: {names}",
            "≤ " + " · ".join(_limit(limit) for _, limit in pairs),
            " · ".join(percent(value) for value, _ in pairs),
            all(value <= limit for value, limit in pairs),
        )


def _against_peers(table: Mapping[tuple[str, str], Row]) -> Iterator[Promise]:
    for regime, columns in _COLUMNS.items():
        ours = table.get((regime, BLIND))
        peers = [row for (at, name), row in table.items() if at == regime and name in METHODS and _is_peer(name)]
        if ours is None or not peers:
            continue
        best = [min(getattr(peer, column) for peer in peers) for column in columns]
        ratios = [getattr(ours, column) / least for column, least in zip(columns, best, strict=True)]
        yield Promise(
            f"{BLIND} over the best peer, {regime} regime: median · p90",
            f"≤ {1 / PEER_FACTOR:.2f}",
            " · ".join(f"{ratio:.2f}" for ratio in ratios),
            max(ratios) <= 1 / PEER_FACTOR,
        )


def _coverage(table: Mapping[tuple[str, str], Row]) -> Iterator[Promise]:
    for regime in _COLUMNS:
        row = table.get((regime, BLIND))
        if row is not None and row.coverage is not None:
            low, high = COVERAGE
            yield Promise(
                f"coverage of the 90 % interval of σ(x), {regime} regime",
                f"{100 * low:.0f}–{100 * high:.0f} %",
                percent(row.coverage),
                low <= row.coverage <= high,
            )


def _detection(detections: Sequence[Detection]) -> Iterator[Promise]:
    processed = [detection for detection in detections if detection.process != PLAIN]
    plain = [detection for detection in detections if detection.process == PLAIN]
    if processed:
        found = _mean(processed, lambda detection: detection.flagged)
        limit = f"≥ {_limit(LEAST_DETECTED)}"
        yield Promise("processed in the camera: flagged", limit, percent(found), found >= LEAST_DETECTED)
    if plain:
        alarms = _mean(plain, lambda detection: detection.named)
        limit = f"≤ {_limit(MOST_FALSE_ALARMS)}"
        yield Promise("not processed: false alarms", limit, percent(alarms), alarms <= MOST_FALSE_ALARMS)


def _timing(timing: Timing) -> Promise:
    return Promise(
        f"seconds for {timing.megapixels:.0f} MP, one core, beyond decoding",
        f"≤ {MOST_SECONDS} s",
        f"{timing.seconds:.2f} s",
        timing.seconds <= MOST_SECONDS,
    )


def _mean(detections: Sequence[Detection], share: Callable[[Detection], float]) -> float:
    total = sum(detection.n for detection in detections)
    return sum(share(detection) * detection.n for detection in detections) / total


def _is_peer(name: str) -> bool:
    return not METHODS[name].ours


def percent(value: float) -> str:
    """Two decimals below 10 %, one below 100 %.

    >>> percent(0.0123), percent(0.345), percent(2.0)
    ('1.23 %', '34.5 %', '200 %')
    """
    return f"{100 * value:.{2 if value < 0.1 else 1 if value < 1 else 0}f} %"


def _limit(value: float) -> str:
    return f"{100 * value:g} %"
