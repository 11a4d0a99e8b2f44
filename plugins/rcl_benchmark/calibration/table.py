"""The page of the calibration benchmark: the contract, all methods, figures and the worst draws."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from rcl_benchmark.calibration import plots
from rcl_benchmark.calibration.contract import judge
from rcl_benchmark.calibration.names import BLIND, METHODS, REGIMES
from rcl_benchmark.calibration.record import PLAIN, Record, Timing, plain
from rcl_benchmark.calibration.score import Detection, Line, detections, lines, negative, rms_error
from rcl_benchmark.engine.compare import NONE, percent
from rcl_benchmark.engine.page import About, Benchmark, picture, table

_FIGURES: Mapping[str, tuple[Callable[[Sequence[Record], Path], None], str]] = {
    "scatter": (plots.scatter, "Error of the noise level over the noise level"),
    "errors": (plots.distribution, "Part of the draws over the error"),
    "coverage": (plots.coverage, "Coverage of the interval by brightness"),
}
_WORST = 8


class Calibration(Benchmark[Record | Timing]):
    """Errors of σ(x), intervals, and what is flagged, in the order of regimes and methods."""

    name = "calibration"
    title = "Calibration benchmark"
    columns: ClassVar[Mapping[str, Callable[[Line], str]]] = {
        "regime": lambda line: line.regime,
        "method": lambda line: line.method,
        "n": lambda line: str(line.n),
        "median": lambda line: percent(line.sigma_rms_median),
        "p90": lambda line: percent(line.sigma_rms_p90),
        "in range: median": lambda line: percent(line.in_range_median),
        "in range: p90": lambda line: percent(line.in_range_p90),
        "coverage": lambda line: _or_none(line.coverage),
    }

    def load(self, values: dict[str, Any]) -> Record | Timing:
        return Record.load(values) if "key" in values else Timing(**values)

    def lines(self, results: Sequence[Record | Timing]) -> list[Line]:
        """What the terminal shows: a line for each regime and method."""
        return lines(_records(results))

    def sections(self, results: Sequence[Record | Timing]) -> list[str]:
        records, timings = _records(results), [found for found in results if isinstance(found, Timing)]
        timings.sort(key=lambda timing: timing.megapixels)
        table_lines, found = lines(records), detections(records)
        promises = judge(table_lines, found, timings, negative(records))
        regimes = dict.fromkeys(line.regime for line in table_lines)
        return [
            "## Contract",
            table(("", "contract", "measured", ""), [promise.cells for promise in promises], words=4),
            "## All methods",
            *(_regime_table(regime, table_lines) for regime in regimes),
            self._picture("errors"),
            self._picture("scatter"),
            "## Intervals",
            self._picture("coverage"),
            "## Processed in the camera",
            _detection_table(found),
            "## Worst draws of the blind estimator",
            *(_worst_table(regime, records) for regime in regimes),
        ]

    def draw(self, results: Sequence[Record | Timing], folder: Path) -> None:
        for kind, (draw, _) in _FIGURES.items():
            draw(_records(results), folder / f"{self.name}-{kind}.png")

    def about(
        self,
        command: str,
        results: Sequence[Record | Timing],
        pictures: str,
        draws: int,
        seed: int,
        missing: Sequence[str],
    ) -> About:
        """What the page says of its run. `pictures`: in words; `missing`: methods whose packages are not there."""
        sizes = [f"{r.megapixels:.2g}" for r in plain(_records(results)) if r.key.method == BLIND]
        ends = dict.fromkeys((min(sizes, key=float), max(sizes, key=float))) if sizes else {}
        facts = [
            f"{draws} draws in each regime, seed {seed}, from {pictures}",
            *([f"Raws of {' to '.join(ends)} MP"] if ends else []),
            *([f"Not installed, so left out: {', '.join(missing)}"] if missing else []),
        ]
        return About(command, facts)

    def _picture(self, kind: str) -> str:
        return picture(_FIGURES[kind][1], f"{self.name}-{kind}.png")


CALIBRATION = Calibration()


def _records(results: Sequence[Record | Timing]) -> list[Record]:
    """By regime, method and draw."""
    records = [found for found in results if isinstance(found, Record)]
    return sorted(records, key=lambda r: (REGIMES.index(r.key.regime), METHODS.index(r.key.method), r.key.draw))


def _regime_table(regime: str, found: Sequence[Line]) -> str:
    head = (f"{regime} regime", "n", "median", "p90", "p99", "in range: median", "p90", "coverage", "seconds")
    rows = [
        (
            line.method,
            str(line.n),
            *map(percent, (line.sigma_rms_median, line.sigma_rms_p90, line.sigma_rms_p99)),
            *map(percent, (line.in_range_median, line.in_range_p90)),
            _or_none(line.coverage),
            f"{line.seconds:.2f}",
        )
        for line in found
        if line.regime == regime
    ]
    return table(head, rows)


def _detection_table(found: Sequence[Detection]) -> str:
    rows = [
        ("not processed" if d.process == PLAIN else d.process, str(d.n), percent(d.flagged), percent(d.named))
        for d in found
    ]
    return table(("", "n", "flagged", "named"), rows)


def _worst_table(regime: str, records: Sequence[Record]) -> str:
    blind = [r for r in plain(records) if r.key.method == BLIND and r.key.regime == regime]
    worst = sorted(blind, key=lambda record: rms_error(record, in_range=True), reverse=True)[:_WORST]
    noise = ("λ_shot: true", "found", "λ_read: true", "found")
    head = (f"{regime} regime: draw", "error", "in range", "range", *noise, "")
    return table(head, map(_worst_line, worst), words=len(head))


def _worst_line(record: Record) -> tuple[str, ...]:
    low, high = record.own_range
    noise = record.estimate.noise
    shot, read = (NONE, NONE) if noise is None else (f"{noise.shot:.3g}", f"{noise.read:.3g}")
    return (
        str(record.key.draw),
        percent(rms_error(record)),
        percent(rms_error(record, in_range=True)),
        f"{low:.3f}–{high:.2f}",
        f"{record.truth.shot:.3g}",
        shot,
        f"{record.truth.read:.3g}",
        read,
        record.estimate.reason or "ok",
    )


def _or_none(share: float | None) -> str:
    return NONE if share is None else percent(share)
