"""The figure of a sweep, drawn with matplotlib."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rcl_benchmark.tables.block import Block
from rcl_benchmark.tables.difference import difference
from rcl_benchmark.tables.plots import OURS, REFERENCE, panel_grid, save
from rcl_benchmark.tables.row import Row, SweepRow
from rcl_benchmark.tables.sweep import DEFAULTS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_LINE = 0.24
"""Inches of height for each setting."""
_LINEAR_DB = 0.25
"""Up to here the axis of changes is linear, beyond it logarithmic: some settings change a hundred times as much."""
_TICKS = (-10, -3, -1, -0.25, 0, 0.25, 1, 3, 10)


def draw_sweep(blocks: Sequence[Block], path: Path) -> None:
    """For each kind of data: what each setting changes in PSNR, and the residual's correlation with the noise.

    Kinds without a row of the defaults are left out; no figure where none is left. Raises RclError without matplotlib.
    """
    found = [(block, defaults, _swept(block)) for block in blocks if (defaults := block.find(DEFAULTS, "denoise"))]
    if not found:
        return
    lines = max(len(rows) for _, _, rows in found)
    figure, axes = panel_grid(len(found), 2, height=0.9 + _LINE * lines)
    for number, (block, defaults, rows) in enumerate(found):
        changes, correlations = axes[2 * number : 2 * number + 2]
        _changes(changes, rows, defaults)
        changes.set_title(block.short, fontsize=10)
        correlations.plot([row.correlation for row in rows], range(len(rows)), "o", markersize=5, color=OURS)
        correlations.set(xlabel="correlation of residual and noise", xlim=(-0.1, 1.0))
        for ax, names in ((changes, [row.method for row in rows]), (correlations, [""] * len(rows))):
            ax.set_yticks(range(len(rows)), names)
            ax.set_ylim(len(rows) - 0.5, -0.5)
            ax.grid(axis="y", linewidth=0.3)
    save(figure, path)


def _changes(ax: Axes, rows: Sequence[SweepRow], defaults: Row) -> None:
    others = [(number, difference(row, defaults)) for number, row in enumerate(rows) if row is not defaults]
    for number, apart in others:
        ax.errorbar(apart.db, number, xerr=apart.two_errors or 0.0, fmt="o", markersize=5, capsize=2, color=OURS)
    ax.axvline(0, color=REFERENCE, linewidth=0.6)
    ax.set_xscale("symlog", linthresh=_LINEAR_DB)
    low, high = ax.get_xlim()
    shown = [tick for tick in _TICKS if low <= tick <= high]
    ax.set_xticks(shown, [f"{tick:+g}".replace("-", "−") if tick else "0" for tick in shown])
    ax.set_xlabel("PSNR less that of the defaults (dB)")


def _swept(block: Block) -> list[SweepRow]:
    return [row for row in block.rows if isinstance(row, SweepRow)]
