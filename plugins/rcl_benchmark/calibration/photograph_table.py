"""The page of the calibration benchmark on raws from photographs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from rcl_benchmark.calibration import plots
from rcl_benchmark.calibration.names import KINDS, METHODS, REGIMES, SINGLE
from rcl_benchmark.calibration.photograph_contract import judge_photographs
from rcl_benchmark.calibration.photograph_score import ALL, PhotographLine, photograph_lines, shot_error
from rcl_benchmark.calibration.record import Record
from rcl_benchmark.calibration.score import rms_error
from rcl_benchmark.engine.compare import NONE, percent
from rcl_benchmark.engine.page import About, Benchmark, picture, table

_FIGURES: Mapping[str, tuple[Callable[[Sequence[Record], Path], None], str]] = {
    "errors": (plots.distribution, "Part of the raws of single photographs over the error"),
    "coverage": (plots.coverage, "Coverage of the interval by brightness, single photographs"),
}
_WORST = 8


class PhotographCalibration(Benchmark[Record]):
    """Errors of σ(x), intervals and verdicts, in the order of kinds, regimes and methods."""

    name = "calibration-photographs"
    title = "Calibration benchmark on photographs"
    words = 4
    columns: ClassVar[Mapping[str, Callable[[PhotographLine], str]]] = {
        "raws": lambda line: line.kind,
        "regime": lambda line: line.regime,
        "method": lambda line: line.method,
        "of": lambda line: line.half,
        "n": lambda line: str(line.n),
        "median": lambda line: percent(line.sigma_rms_median),
        "p90": lambda line: percent(line.sigma_rms_p90),
        "p99": lambda line: percent(line.sigma_rms_p99),
        "λ_shot": lambda line: f"{100 * line.shot_median:+.2f} %".replace("-", "−"),
        "covers λ_shot": lambda line: _or_none(line.shot_coverage),
        "λ_read": lambda line: _or_none(line.read_coverage),
        "σ(x)": lambda line: _or_none(line.sigma_coverage),
        "ok": lambda line: percent(line.ok) if line.shot_coverage is not None else NONE,
        "weak": lambda line: percent(line.weak) if line.shot_coverage is not None else NONE,
        "seconds": lambda line: f"{line.seconds:.2f}",
    }

    def load(self, values: dict[str, Any]) -> Record:
        return Record.load(values)

    def lines(self, results: Sequence[Record]) -> list[PhotographLine]:
        """What the terminal shows: a line for each kind, regime and method."""
        return photograph_lines(_sorted(results))

    def sections(self, results: Sequence[Record]) -> list[str]:
        lines = self.lines(results)
        promises = judge_photographs(lines)
        return [
            "## Targets",
            table(("", "target", "measured", ""), [promise.cells for promise in promises], words=4),
            "## All methods",
            self._table([line for line in lines if line.half == ALL]),
            "## By texture",
            self._table([line for line in lines if line.half != ALL]),
            *(picture(words, f"{self.name}-{kind}.png") for kind, (_, words) in _FIGURES.items()),
            "## Worst raws of the blind estimator",
            *(_worst_table(kind, results) for kind in dict.fromkeys(line.kind for line in lines)),
        ]

    def draw(self, results: Sequence[Record], folder: Path) -> None:
        single = [record for record in _sorted(results) if record.key.kind == SINGLE]
        for kind, (draw, _) in _FIGURES.items():
            draw(single, folder / f"{self.name}-{kind}.png")

    def about(self, command: str, results: Sequence[Record], pictures: str, draws: int, seed: int) -> About:
        """What the page says of its run. `pictures`: in words."""
        sizes = {
            kind: [r.megapixels for r in results if r.key.kind == kind and r.key.method in METHODS[:1]]
            for kind in KINDS
        }
        words = [f"{kind} {min(some):.2g} to {max(some):.2g} MP" for kind, some in sizes.items() if some]
        return About(command, [f"{draws} raws of each kind and regime, seed {seed}, from {pictures}", "; ".join(words)])

    def _table(self, lines: Sequence[PhotographLine]) -> str:
        return table(
            tuple(self.columns), [[text(line) for text in self.columns.values()] for line in lines], words=self.words
        )


PHOTOGRAPHS = PhotographCalibration()


def _sorted(results: Sequence[Record]) -> list[Record]:
    places = (KINDS.index, REGIMES.index, METHODS.index)
    return sorted(
        results,
        key=lambda r: (
            *(at(x) for at, x in zip(places, (r.key.kind, r.key.regime, r.key.method), strict=True)),
            r.key.draw,
        ),
    )


def _worst_table(kind: str, records: Sequence[Record]) -> str:
    blind = [r for r in records if r.key.kind == kind and r.key.method == METHODS[0]]
    worst = sorted(blind, key=rms_error, reverse=True)[:_WORST]
    head = (f"{kind}: draw", "regime", "error", "λ_shot", "true", "texture", "")
    rows = [
        (
            str(r.key.draw),
            r.key.regime,
            percent(rms_error(r)),
            f"{100 * shot_error(r):+.1f} %".replace("-", "−"),
            f"{r.truth.shot:.3g}",
            f"{r.texture:.3f}",
            r.estimate.reason or "ok",
        )
        for r in worst
    ]
    return table(head, rows, words=len(head))


def _or_none(share: float | None) -> str:
    return NONE if share is None else percent(share)
