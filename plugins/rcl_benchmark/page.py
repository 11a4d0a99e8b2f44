"""The calibration page: what was simulated, the contract, all numbers, figures and the worst draws, in Markdown."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from rcl_benchmark.contract import Promise, percent
from rcl_benchmark.estimators import BLIND
from rcl_benchmark.records import PLAIN, Record
from rcl_benchmark.score import Detection, Row, own_range, plain, rms_error

FIGURES = ("calibration-scatter.png", "calibration-errors.png", "calibration-coverage.png")
_WORST = 8

_METHODS = """\
- **rcl-blind**: `rcl calibrate` on one raw; *unflagged*: those whose quality is "ok". **rcl-pool-4**: four scenes
  of one camera at one ISO. **rcl-pair**: two frames of one scene.
- **scikit-image**: `skimage.restoration.estimate_sigma`, the median of finest wavelet coefficients: one σ for every
  brightness, which is what it is made for.
- **miniraw**: the blind estimator of the package `miniraw`, robust Laplacian residuals of flat blocks.
- **percentile**: our own short version of Ponomarenko et al. 2007 as extended by Colom and Buades (IPOL 2013), DCT
  blocks of least low-frequency energy by brightness.
- **homogeneous**: our own short version of Sutour, Deledalle and Aujol 2015, blocks without rank correlation.

The peers work on each plane; the mean of the planes counts. A peer that finds nothing has an error of 100 %. Planes of
ours that differ are compared one by one.
"""


@dataclass(frozen=True)
class Setting:
    """What was run."""

    command: str
    pictures: str
    draws: int
    seed: int
    missing: tuple[str, ...] = ()
    """Methods left out because their packages are not installed."""


def page(
    setting: Setting,
    records: Sequence[Record],
    rows: Sequence[Row],
    promises: Sequence[Promise],
    detections: Sequence[Detection],
) -> str:
    """The whole document; the figures are beside it."""
    sizes = [record.megapixels for record in plain(records) if record.key.method == BLIND]
    missing = f" Not installed, so left out: {', '.join(setting.missing)}." if setting.missing else ""
    parts = [
        "# Calibration benchmark",
        f"Written by `{setting.command}` on {hardware()}; do not edit. Seconds are processor time of one core.",
        f"{setting.draws} draws in each regime, seed {setting.seed}, from {setting.pictures}. Each draw has a scene, "
        "noise, Bayer phase, 12 or 14 bits, levels, white balance and exposure of its own; blown highlights and noise "
        f"below black are cut off as a sensor does. Raws of {_span(sizes)} MP. *Sensor regime*: λ_shot log-uniform in "
        "1e-4…1.2e-2, ln λ_read = 2.18·ln λ_shot + 1.2 ± 0.26, Poisson counts and Gaussian read noise. *Paper's "
        "regime*: σ at white uniform in 0.5…20 of 255, shot noise's share uniform, Gaussian.",
        "Error: relative error of σ(x), root mean square over x from 0.02 to 0.8; *in range*: over the x that the "
        "estimator saw (peers: that the picture has).",
        "## Contract",
        _table(
            ("", "contract", "measured", ""),
            ((p.what, p.promised, p.measured, "reached" if p.reached else "**not reached**") for p in promises),
        ),
        "## All methods",
        *(_regime_table(regime, rows) for regime in dict.fromkeys(row.regime for row in rows)),
        _METHODS.rstrip() + missing,
        f"![Part of the draws over the error]({FIGURES[1]})",
        f"![Error of the noise level over the noise level]({FIGURES[0]})",
        "Hollow: flagged. Errors above 200 % are drawn at 200 %.",
        "## Intervals",
        f"![Coverage of the interval by brightness]({FIGURES[2]})",
        "## Processed in the camera",
        _detection_table(detections),
        '*flagged*: quality is not "ok"; *named*: the reason says denoised, resized, sharpened or compressed. For '
        "raws that were not processed, what is named is a false alarm.",
        "## Worst draws of the blind estimator",
        *(_worst_table(regime, records) for regime in dict.fromkeys(row.regime for row in rows)),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def hardware() -> str:
    """Processor and number of cores.

    >>> "core" in hardware()
    True
    """
    cores = os.cpu_count() or 1
    return f"{_processor()} ({cores} core{'s' if cores > 1 else ''})"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:  # no Linux
        lines = []
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.processor() or platform.machine()


def _regime_table(regime: str, rows: Iterable[Row]) -> str:
    head = (f"{regime} regime", "n", "median", "p90", "p99", "in range: median", "p90", "coverage", "seconds")
    lines = [
        (
            row.method,
            str(row.n),
            *map(percent, (row.sigma_rms_median, row.sigma_rms_p90, row.sigma_rms_p99)),
            *map(percent, (row.in_range_median, row.in_range_p90)),
            "–" if row.coverage is None else percent(row.coverage),
            f"{row.seconds:.2f}",
        )
        for row in rows
        if row.regime == regime
    ]
    return _table(head, lines)


def _detection_table(detections: Sequence[Detection]) -> str:
    lines = [
        ("not processed" if d.process == PLAIN else d.process, str(d.n), percent(d.flagged), percent(d.named))
        for d in detections
    ]
    return _table(("", "n", "flagged", "named"), lines)


def _worst_table(regime: str, records: Iterable[Record]) -> str:
    blind = [r for r in plain(records) if r.key.method == BLIND and r.key.regime == regime]
    worst = sorted(blind, key=lambda record: rms_error(record, in_range=True), reverse=True)[:_WORST]
    head = (
        f"{regime} regime: draw",
        "error",
        "in range",
        "range",
        "λ_shot: true",
        "found",
        "λ_read: true",
        "found",
        "",
    )
    return _table(head, [_worst_line(record) for record in worst])


def _worst_line(record: Record) -> tuple[str, ...]:
    low, high = own_range(record)
    noise = record.estimate.noise
    found = ("–", "–") if noise is None else (f"{noise.shot:.3g}", f"{noise.read:.3g}")
    return (
        str(record.key.draw),
        percent(rms_error(record)),
        percent(rms_error(record, in_range=True)),
        f"{low:.3f}–{high:.2f}",
        f"{record.truth.shot:.3g}",
        found[0],
        f"{record.truth.read:.3g}",
        found[1],
        record.estimate.reason or "ok",
    )


def _table(head: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    rows = [f"| {' | '.join(head)} |", f"|{' --- |' * len(head)}"]
    return "\n".join([*rows, *(f"| {' | '.join(line)} |" for line in lines)])


def _span(values: Sequence[float]) -> str:
    if not values:
        return "no"
    low, high = f"{min(values):.2g}", f"{max(values):.2g}"
    return low if low == high else f"{low} to {high}"
