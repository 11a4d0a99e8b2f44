"""Table 3 of the paper: denoising with few labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from rcl_benchmark.engine.block import INPUT, Block, blocks
from rcl_benchmark.engine.compare import NONE, difference, labels_needed, psnr, signed, ssim
from rcl_benchmark.engine.page import table
from rcl_benchmark.engine.plots import OURS, REFERENCE, THEIRS, panel_grid, save
from rcl_benchmark.engine.row import Row
from rcl_benchmark.engine.row_table import Figure
from rcl_benchmark.tables.methods import FROM_SCRATCH, METHODS, NETWORKS, Method
from rcl_benchmark.tables.presets import Preset
from rcl_benchmark.tables.table import Cell, Table

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SL, RCL_SL = FROM_SCRATCH, "rcl+sl"
_ROWS = {
    SL: (SL, "SL", REFERENCE),
    "consistency+sl": ("consistency", "consistency + SL", "#008176"),
    "noise2noise+sl": ("noise2noise", "N2N + SL", "#0000a7"),
    "rcl-published+sl": ("rcl-published", "RCL as published + SL", "#b37ccc"),
    "rcl-no-contrast+sl": ("rcl-no-contrast", "RCL without contrast + SL", "#f28e2b"),
    "rcl-neighbours+sl": ("rcl-neighbours", "RCL, noise unknown + SL", "#59a14f"),
    RCL_SL: ("rcl-emd", "RCL + SL", OURS),
}
"""From scratch, and finetuned: the backbone to start from, what the page calls it, its colour."""
PAPER: Mapping[str, Mapping[int, Figure]] = {
    SL: {
        10: Figure(20.74, 0.7299),
        100: Figure(27.19, 0.8734),
        1_000: Figure(31.31, 0.9184),
        10_000: Figure(33.41, 0.9437),
    },
    RCL_SL: {
        0: Figure(22.62, 0.7989),
        10: Figure(28.20, 0.8834),
        100: Figure(30.24, 0.9028),
        1_000: Figure(32.09, 0.9280),
        10_000: Figure(33.85, 0.9514),
    },
}
"""Dong et al., table 3, on the VOC data: by method and number of labels."""
_HEADROOM = 0.6
"""Of a panel's data range, above the data, for its legend."""
_POINTS: dict[str, Any] = {"marker": "o", "markersize": 4, "capsize": 2, "linewidth": 1.2}


class Table3(Table):
    """Finetuning for denoising, by number of labels."""

    name = "table3"
    title = "Table 3: denoising with few labels"
    help = """Judge pretraining by how few labels a denoiser needs: all weights are finetuned, on 0, 10, 100, … labels.

    Every row gets the same pictures, noise, steps and seeds. Writes a page with the paper's figures beside ours.
    """
    methods: ClassVar = {INPUT: METHODS[INPUT], **{name: METHODS[start] for name, (start, _, _) in _ROWS.items()}}
    networks = NETWORKS

    def shown(self, row: Row) -> str:
        return _name(row.method)

    def cells(
        self, preset: Preset, pictures: int, *, methods: Sequence[str] = (), networks: Sequence[str] = ()
    ) -> list[Cell]:
        names = [name for name in self.methods if name in methods or not methods]
        return [
            *([self.input("denoise")] if INPUT in names else []),
            *(
                Cell(self.name, name, self.methods[name], "denoise", network, replace(preset.finetune, labels=count))
                for network in networks or self.networks
                for name in names
                if name != INPUT
                for count in _label_counts(self.methods[name], preset, pictures)
            ),
        ]

    def block(self, block: Block) -> list[str]:
        noisy = block.find(INPUT)
        line = f"{_name(INPUT).capitalize()}: {psnr(noisy)} dB / {ssim(noisy)}." if noisy else ""
        return [self._by_labels(block), line, self._gains(block)]

    def draw(self, results: Sequence[Row], folder: Path) -> None:
        """PSNR over the number of labels, and below it the gain over SL beside the paper's."""
        found = blocks(results)
        if not found:
            return
        figure, axes = panel_grid(2, len(found), height=3.0)
        for block, above, below in zip(found, axes[: len(found)], axes[len(found) :], strict=True):
            self._draw_psnr(block, above)
            self._draw_gains(block, below)
            above.set_title(block.short, fontsize=10)
        axes[0].set_ylabel("PSNR (dB)")
        axes[len(found)].set_ylabel("PSNR less that of SL (dB)")
        save(figure, folder / f"{self.name}.png")

    def _by_labels(self, block: Block) -> str:
        methods = [SL, *_finetuned(block)]
        curves = [block.by_labels(method) for method in methods]
        counts = sorted({n for points in (*curves, *PAPER.values()) for n in points})
        head = ["labels", *map(_name, methods), *(f"paper: {_name(method)}" for method in PAPER)]
        lines = [
            [
                str(n),
                *(f"{psnr(c[n])} / {c[n].ssim:.4f}" if n in c else NONE for c in curves),
                *(column[n].text if n in column else NONE for column in PAPER.values()),
            ]
            for n in counts
        ]
        return table(head, lines)

    def _gains(self, block: Block) -> str:
        """Gain over SL, and the labels that are needed for its figure."""
        alone = {n: row for n, row in block.by_labels(SL).items() if n}
        curves = {method: block.by_labels(method) for method in _finetuned(block)}
        if not alone or not curves:
            return ""
        head = ["PSNR less that of SL (dB), and labels for the figure of SL", *map(_name, curves)]
        lines = [
            [f"{n} labels", *(_gain(curve, n, row) for curve in curves.values()), _published(n)]
            for n, row in alone.items()
        ]
        return table([*head, "paper: RCL + SL"], lines)

    def _draw_psnr(self, block: Block, ax: Axes) -> None:
        for method in (SL, *_finetuned(block)):
            found = {n: row for n, row in block.by_labels(method).items() if n}
            values, spread = [row.psnr_db for row in found.values()], [row.psnr_std for row in found.values()]
            ax.errorbar(list(found), values, yerr=spread, color=_color(method), label=_name(method), **_POINTS)
        if without := block.by_labels(RCL_SL).get(0):
            ax.axhline(without.psnr_db, color=OURS, linewidth=0.8, linestyle="-.", label="RCL, no labels")
        if noisy := block.find(INPUT):
            ax.axhline(noisy.psnr_db, color=REFERENCE, linewidth=0.6, linestyle=":", label=_name(INPUT))
        if any(block.by_labels(method) for method in _ROWS):
            ax.set_xscale("log")
        low, high = ax.get_ylim()
        ax.set_ylim(low, high + _HEADROOM * (high - low))
        ax.legend(fontsize=7, ncols=2, loc="upper left")

    def _draw_gains(self, block: Block, ax: Axes) -> None:
        alone = block.by_labels(SL)
        for method in _finetuned(block):
            rows = block.by_labels(method)
            gains = {n: difference(rows[n], alone[n]) for n in alone if n and n in rows}
            values, spread = [gain.db for gain in gains.values()], [gain.two_errors or 0.0 for gain in gains.values()]
            ax.errorbar(list(gains), values, yerr=spread, color=_color(method), **_POINTS)
        theirs = {n: PAPER[RCL_SL][n].psnr_db - figure.psnr_db for n, figure in PAPER[SL].items()}
        style: dict[str, Any] = {"color": THEIRS, "marker": "s", "fillstyle": "none", "linewidth": 1}
        ax.plot(list(theirs), list(theirs.values()), label="RCL + SL, paper", **style)
        ax.axhline(0, color=REFERENCE, linewidth=0.6)
        ax.set(xscale="log", xlabel="labels")
        ax.legend(fontsize=7)


TABLE3 = Table3()


def _label_counts(method: Method, preset: Preset, pictures: int) -> list[int]:
    """Those of the preset that the data have, and all; 0 where a backbone gives something by itself."""
    return [*(n for n in preset.label_counts if n < pictures and (n or method.pretrained)), pictures]


def _finetuned(block: Block) -> list[str]:
    """The rows that start from a backbone."""
    return [name for name in _ROWS if name != SL and block.by_labels(name)]


def _gain(curve: Mapping[int, Row], labels: int, alone: Row) -> str:
    gain = difference(curve[labels], alone).text if labels in curve else NONE
    needed = labels_needed({n: row.psnr_db for n, row in curve.items()}, alone.psnr_db)
    return f"{gain}; {needed.text}"


def _published(labels: int) -> str:
    if labels not in PAPER[SL]:
        return NONE
    curve, alone = {n: figure.psnr_db for n, figure in PAPER[RCL_SL].items()}, PAPER[SL][labels].psnr_db
    return f"{signed(curve[labels] - alone)}; {labels_needed(curve, alone).text}"


def _name(method: str) -> str:
    return METHODS[INPUT].shown if method == INPUT else _ROWS[method][1]


def _color(method: str) -> str:
    return _ROWS[method][2]
