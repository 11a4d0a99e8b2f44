"""The figures of the calibration page, drawn with matplotlib."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from rcl_benchmark.calibration.contract import COVERAGE
from rcl_benchmark.calibration.names import METHODS, PAIR, POOL, REGIMES, is_ours
from rcl_benchmark.calibration.record import Record, plain
from rcl_benchmark.calibration.score import X_GRID, held, is_flagged, rms_error, sigma
from rcl_benchmark.engine.plots import panel_grid, save
from rcl_calibration.profile import SIGMA_X

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SCATTER_X = 0.18
"""Middle grey, where estimates are compared in the scatter plot."""
_WORST_PERCENT = 200
"""Larger errors are drawn there."""
_PERCENTS = (-100, -30, -10, -5, -2, 0, 2, 5, 10, 30, 100)
_SIGMAS = (0.002, 0.005, 0.01, 0.02, 0.05)
_COLORS = ("#c1272d", "#0000a7", "#333333", "#b3a100", "#008176", "#7f3fbf", "#999999")


def scatter(records: Sequence[Record], path: Path) -> None:
    """Relative error of σ at middle grey, against the truth; flagged estimates of rcl are hollow."""
    figure, axes = _panels()
    for regime, ax in zip(REGIMES, axes, strict=True):
        for name, group in _by_method(records, regime).items():
            if name in (POOL, PAIR):
                continue
            truth = np.array([float(sigma(r.truth, np.array(SCATTER_X))) for r in group])
            found = np.array([_sigma_found(r) for r in group])
            error = np.clip(100 * (found / truth - 1), -_WORST_PERCENT, _WORST_PERCENT)
            hollow = np.array([is_flagged(r) for r in group])
            color = _color(name)
            size = 14 if is_ours(name) else 5
            ax.scatter(truth[~hollow], error[~hollow], s=size, color=color, label=name, linewidths=0.7)
            ax.scatter(truth[hollow], error[hollow], s=size, facecolors="none", edgecolors=color, linewidths=0.7)
        ax.axhline(0, color="black", linewidth=0.6)
        # Linear near 0, logarithmic beyond: errors of 1 % and of 100 % are to be seen in one figure.
        ax.set_yscale("symlog", linthresh=5, linscale=1.5)
        ax.set(xscale="log", xlabel=f"true σ({SCATTER_X})", title=f"{regime} regime")
        ax.set_yticks(_PERCENTS, [f"{percent:+d} %" if percent else "0" for percent in _PERCENTS])
        ax.set_xticks(_SIGMAS, [f"{value:g}" for value in _SIGMAS])
        ax.minorticks_off()
    axes[0].set_ylabel("estimated less true σ")
    _save(figure, axes, path)


def distribution(records: Sequence[Record], path: Path) -> None:
    """For each method, the part of the draws whose error is at most so large."""
    figure, axes = _panels()
    for regime, ax in zip(REGIMES, axes, strict=True):
        for name, group in _by_method(records, regime).items():
            errors = np.sort([rms_error(r, in_range=regime == "paper") for r in group])
            part = (np.arange(errors.size) + 1) / errors.size
            ax.step(np.clip(errors, 5e-4, 1), part, where="post", color=_color(name), label=name, linewidth=1.2)
        ax.axhline(0.5, color="black", linewidth=0.4, linestyle=":")
        ax.axhline(0.9, color="black", linewidth=0.4, linestyle=":")
        where = "in range" if regime == "paper" else f"x from {X_GRID[0]:g} to {X_GRID[-1]:g}"
        ax.set(xscale="log", xlabel=f"rms relative error of σ(x), {where}", title=f"{regime} regime", xlim=(5e-4, 1))
    axes[0].set_ylabel("part of the draws")
    _save(figure, axes, path)


def coverage(records: Sequence[Record], path: Path) -> None:
    """How often the 90 % intervals of σ(x) hold the truth, by x, with the band that the contract allows."""
    figure, axes = _panels()
    for regime, ax in zip(REGIMES, axes, strict=True):
        ax.axhspan(*COVERAGE, color="#dddddd")
        for name, group in _by_method(records, regime).items():
            hits = [hit for record in group for hit in held(record)]
            if not hits:
                continue
            at = [[part for x, part in hits if x == wanted] for wanted in SIGMA_X]
            shown = [(x, np.mean(parts)) for x, parts in zip(SIGMA_X, at, strict=True) if parts]
            ax.plot(*zip(*shown, strict=True), marker="o", color=_color(name), label=name)
        ax.set(xscale="log", xlabel="x", title=f"{regime} regime", ylim=(0, 1.02))
        ax.set_xticks(SIGMA_X, [f"{x:g}" for x in SIGMA_X])
        ax.minorticks_off()
    axes[0].set_ylabel("coverage of the 90 % interval")
    _save(figure, axes, path)


def _panels() -> tuple[Figure, list[Axes]]:
    return panel_grid(1, len(REGIMES), height=3.8, shared=True)


def _save(figure: Figure, axes: Sequence[Axes], path: Path) -> None:
    fullest = max(axes, key=lambda ax: len(ax.get_legend_handles_labels()[1]))
    if fullest.get_legend_handles_labels()[1]:
        fullest.legend(fontsize=7)
    save(figure, path)


def _by_method(records: Sequence[Record], regime: str) -> dict[str, list[Record]]:
    found: dict[str, list[Record]] = {}
    for name in METHODS:
        group = [r for r in plain(records) if r.key.regime == regime and r.key.method == name]
        if group:
            found[name] = group
    return found


def _sigma_found(record: Record) -> float:
    noise = record.estimate.noise
    return 0.0 if noise is None else float(sigma(noise, np.array(SCATTER_X)))


def _color(name: str) -> str:
    return _COLORS[METHODS.index(name) % len(_COLORS)]
