"""The figures of the pages, drawn with matplotlib."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from rcl_benchmark.tables import paper
from rcl_benchmark.tables.block import Block, short_of, shown
from rcl_benchmark.tables.difference import difference
from rcl_benchmark.tables.paper import INPUT, ORACLE, RCL_NEIGHBOURS_SL, RCL_SL, SL, name
from rcl_benchmark.tables.row import Row
from rcl_benchmark.tables.summary import NOISE, TRAINED, UNTRAINED, Sample
from rcl_cli.errors import RclError
from rcl_cli.files import atomic_path

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

OURS, THEIRS, REFERENCE = "#c1272d", "#999999", "#333333"
_SAMPLES = {UNTRAINED: "#0000a7", TRAINED: OURS, NOISE: REFERENCE}
_CURVES = {
    SL: REFERENCE,
    "consistency+sl": "#008176",
    "noise2noise+sl": "#0000a7",
    "rcl-published+sl": "#b37ccc",
    "rcl-no-contrast+sl": "#f28e2b",
    RCL_NEIGHBOURS_SL: "#59a14f",
    RCL_SL: OURS,
}
_HEADROOM = 0.6
"""Of a panel's data range, above the data, for its legend."""
_POINTS: dict[str, Any] = {"marker": "o", "markersize": 4, "capsize": 2, "linewidth": 1.2}
_BINS = 80
_MARKERS = ("s", "^", "D")
_LINE = 0.24
"""Inches of height for each method."""


def draw(table: str, blocks: Sequence[Block], path: Path) -> None:
    """The figure of a table; none where there are no rows. Raises RclError without matplotlib."""
    if not blocks:
        return
    if table == "table3":
        _curves(blocks, path)
    else:
        _dots(table, blocks, path)


def _dots(table: str, blocks: Sequence[Block], path: Path) -> None:
    """A line a method: PSNR less that of Oracle, beside the paper's, where there is one; else PSNR."""
    panels = [(block, task) for block in blocks for task in block.tasks]
    lines = max(len(block.of(task)) for block, task in panels)
    columns = min(2, len(panels))
    depth = -(-len(panels) // columns)
    figure, axes = panel_grid(depth, columns, height=0.9 + _LINE * lines)
    for (block, task), ax in zip(panels, axes, strict=False):
        _dot_panel(table, block, task, ax)
        ax.set_title(
            " · ".join(part for part in (block.short, task if len(block.tasks) > 1 else "") if part), fontsize=10
        )
    for ax in axes[len(panels) :]:
        ax.set_visible(False)
    if len(axes[0].get_legend_handles_labels()[1]) > 1:
        axes[0].legend(fontsize=7)
    save(figure, path)


def _dot_panel(table: str, block: Block, task: str, ax: Axes) -> None:
    rows = block.of(task)
    theirs = paper.columns(table, task)
    oracle = block.find(ORACLE, task)
    zero = oracle.psnr_db if oracle and theirs else 0.0
    heights = range(len(rows))
    if oracle and theirs:
        for (heading, column), marker in zip(theirs.items(), _MARKERS, strict=False):
            points = [
                (column[row.method].psnr_db - column[ORACLE].psnr_db, y)
                for row, y in zip(rows, heights, strict=True)
                if row.method in column
            ]
            x, y = zip(*points, strict=True)
            ax.scatter(x, y, s=18, facecolors="none", edgecolors=THEIRS, marker=marker, label=f"paper, {heading}")
    ax.errorbar(
        [row.psnr_db - zero for row in rows],
        heights,
        xerr=[row.psnr_std for row in rows],
        fmt="o",
        markersize=5,
        capsize=2,
        color=OURS,
        label="measured",
    )
    noisy = block.find(INPUT, task)
    if noisy:
        ax.axvline(noisy.psnr_db - zero, color=REFERENCE, linewidth=0.6, linestyle=":")
    ax.set_yticks(heights, [_label(row, rows) for row in rows])
    ax.set_ylim(len(rows) - 0.5, -0.5)
    ax.set_xlabel("PSNR less that of Oracle (dB)" if oracle and theirs else "PSNR (dB)")
    ax.grid(axis="y", linewidth=0.3)


def _curves(blocks: Sequence[Block], path: Path) -> None:
    """PSNR over the number of labels, and below it the gain over SL beside the paper's."""
    figure, axes = panel_grid(2, len(blocks), height=3.0)
    for block, above, below in zip(blocks, axes[: len(blocks)], axes[len(blocks) :], strict=True):
        _reached(block, above)
        _gained(block, below)
        above.set_title(block.short, fontsize=10)
    axes[0].set_ylabel("PSNR (dB)")
    axes[len(blocks)].set_ylabel("PSNR less that of SL (dB)")
    axes[-1].legend(*_papers(axes[-1]), fontsize=7)
    save(figure, path)


def _reached(block: Block, ax: Axes) -> None:
    for method in (SL, *block.pretrained()):
        found = {n: row for n, row in block.by_labels(method).items() if n}
        psnr, spread = [row.psnr_db for row in found.values()], [row.psnr_std for row in found.values()]
        ax.errorbar(list(found), psnr, yerr=spread, color=_CURVES.get(method, THEIRS), label=name(method), **_POINTS)
    without, noisy = block.by_labels(RCL_SL).get(0), block.find(INPUT, "denoise")
    if without:
        ax.axhline(without.psnr_db, color=OURS, linewidth=0.8, linestyle="-.", label="RCL, no labels")
    if noisy:
        ax.axhline(noisy.psnr_db, color=REFERENCE, linewidth=0.6, linestyle=":", label=name(INPUT))
    ax.set_xscale("log")
    low, high = ax.get_ylim()
    ax.set_ylim(low, high + _HEADROOM * (high - low))
    ax.legend(fontsize=7, ncols=2, loc="upper left")


def _papers(ax: Axes) -> tuple[list[Any], list[str]]:
    """The legend's entry of the paper's curve: the others are named in the panel above."""
    handles, labels = ax.get_legend_handles_labels()
    kept = [i for i, label in enumerate(labels) if label.endswith("paper")]
    return [handles[i] for i in kept], [labels[i] for i in kept]


def _gained(block: Block, ax: Axes) -> None:
    alone = block.by_labels(SL)
    for method in block.pretrained():
        rows = block.by_labels(method)
        gains = {n: difference(rows[n], alone[n]) for n in alone if n and n in rows}
        db, spread = [gain.db for gain in gains.values()], [gain.two_errors or 0.0 for gain in gains.values()]
        ax.errorbar(list(gains), db, yerr=spread, color=_CURVES.get(method, THEIRS), label=name(method), **_POINTS)
    theirs = {n: paper.TABLE3[RCL_SL][n].psnr_db - figure.psnr_db for n, figure in paper.TABLE3[SL].items()}
    style: dict[str, Any] = {"color": THEIRS, "marker": "s", "fillstyle": "none", "linewidth": 1}
    ax.plot(list(theirs), list(theirs.values()), label="RCL + SL, paper", **style)
    ax.axhline(0, color=REFERENCE, linewidth=0.6)
    ax.set(xscale="log", xlabel="labels")


def draw_densities(networks: Mapping[str, Sequence[Sample]], path: Path) -> None:
    """A panel for each network, with the density of each sample. Raises RclError without matplotlib."""
    figure, axes = panel_grid(1, len(networks), height=3.8)
    for (network, samples), ax in zip(networks.items(), axes, strict=True):
        ends = np.concatenate([np.percentile(sample.differences, (0.5, 99.5)) for sample in samples])
        bins = np.linspace(ends.min(), ends.max(), _BINS + 1).tolist()
        for sample in samples:
            color = _SAMPLES[sample.name]
            ax.hist(sample.differences, bins, density=True, histtype="stepfilled", color=color, alpha=0.25)
            ax.hist(sample.differences, bins, density=True, histtype="step", color=color, label=sample.name)
        ax.axvline(0, color=REFERENCE, linewidth=0.6)
        ax.set(xlabel="EMD of negative less positive pair (8-bit DN)", yticks=[])
        ax.set_title(short_of(network), fontsize=10)
    axes[0].set_ylabel("density")
    axes[-1].legend(fontsize=7)
    save(figure, path)


def panel_grid(rows: int, columns: int, *, height: float) -> tuple[Figure, list[Axes]]:
    """A figure with its panels in reading order; `height` inches each. Raises RclError without matplotlib."""
    if find_spec("matplotlib") is None:
        raise RclError("matplotlib is not installed; pip install 'rcl-cli[benchmark]'")
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9 if columns > 1 else 6.5, height * rows), layout="constrained")
    FigureCanvasAgg(figure)
    return figure, list(figure.subplots(rows, columns, squeeze=False).flat)


def save(figure: Figure, path: Path) -> None:
    """Write the picture, in place of an earlier one."""
    with atomic_path(path, overwrite=True) as temporary:
        figure.savefig(temporary, dpi=110)


def _label(row: Row, rows: Sequence[Row]) -> str:
    repeated = sum(other.method == row.method for other in rows) > 1
    return f"{shown(row)}, {row.labels} labels" if repeated and row.labels is not None else shown(row)
