"""Tables of rows: our figures beside those of the paper, the differences from some rows, and a dot for each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from rcl_benchmark.engine.block import INPUT, Block, blocks
from rcl_benchmark.engine.compare import NONE, difference, psnr, signed, ssim
from rcl_benchmark.engine.page import Benchmark, picture, table
from rcl_benchmark.engine.plots import LINE, OURS, REFERENCE, THEIRS, name_lines, panel_grid, save
from rcl_benchmark.engine.row import Row

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SPREAD = """\
± after a figure: standard deviation of the trials. ± after a difference: two standard errors, as of independent
trials; a network with one trial is taken to spread as the one that it is compared with. Pretraining was done once, so
its spread is in neither. A difference below its ± is *within the spread*."""
_TASKS = {"denoise": "Denoising", "sr": "Super-resolution", "jdensr": "Joint denoising and super-resolution"}
_MARKERS = ("s", "^", "D")


class Figure(NamedTuple):
    """One result of the paper, a mean over five trials; it gives no spread."""

    psnr_db: float
    ssim: float

    @property
    def text(self) -> str:
        """
        >>> Figure(29.54, 0.8908).text
        '29.54 / 0.8908'
        """
        return f"{self.psnr_db:.2f} / {self.ssim:.4f}"


Column = Mapping[str, Figure]
"""By method, named as in `Row.method`."""


class RowTable(Benchmark[Row]):
    """A page of rows, by default with a table and a panel for each task of each network on each kind of data."""

    paper: ClassVar[Mapping[str, Mapping[str, Column]]] = {}
    """By task and the paper's data set. These are not ours: order and differences compare, the figures do not."""
    references: Sequence[str] = ()
    """The methods that the others are compared with."""
    zero: str | None = None
    """The method whose PSNR is 0 of the figure, where the paper's results are drawn."""
    columns: ClassVar[Mapping[str, Callable[[Row], str]]] = {
        "method": lambda row: row.method,
        "task": lambda row: row.task,
        "network": lambda row: row.network,
        "labels": lambda row: "" if row.labels is None else str(row.labels),
        "PSNR (dB)": lambda row: f"{row.psnr_db:.2f}",
        "±": lambda row: f"{row.psnr_std:.2f}",
        "SSIM": lambda row: f"{row.ssim:.4f}",
        "trials": lambda row: str(row.trials),
    }

    words: ClassVar[int] = 3

    def load(self, values: dict[str, Any]) -> Row:
        return Row(**values)

    def shown(self, row: Row) -> str:
        """What the page calls the method of a row."""
        return row.method

    def sections(self, results: Sequence[Row]) -> list[str]:
        parts = [part for block in blocks(results) for part in (f"## {block.title}", *self.block(block))]
        figure = [picture(self.title, f"{self.name}.png")] if results else []
        return [*parts, *figure, *([SPREAD] if any(row.trials > 1 for row in results) else [])]

    def block(self, block: Block) -> list[str]:
        """The tables of one network on one kind of data."""
        parts = []
        for task in block.tasks:
            heading = f"### {_TASKS.get(task, task)}" if len(block.tasks) > 1 else ""
            parts += [heading, self._results(block, task), self._differences(block, task)]
        return parts

    def draw(self, results: Sequence[Row], folder: Path) -> None:
        panels = [(block, task) for block in blocks(results) for task in block.tasks]
        if not panels:
            return
        columns = min(2, len(panels))
        lines = max(len(block.of(task)) for block, task in panels)
        figure, axes = panel_grid(-(-len(panels) // columns), columns, height=0.9 + LINE * lines)
        for (block, task), ax in zip(panels, axes, strict=False):
            self._dots(block, task, ax)
            words = (block.short, task if len(block.tasks) > 1 else "")
            ax.set_title(" · ".join(word for word in words if word), fontsize=10)
        for ax in axes[len(panels) :]:
            ax.set_visible(False)
        if len(axes[0].get_legend_handles_labels()[1]) > 1:
            axes[0].legend(fontsize=7)
        save(figure, folder / f"{self.name}.png")

    def published(self, task: str, method: str, other: str) -> str:
        """PSNR of `method` less that of `other`, in each of the paper's data sets that has both."""
        columns = self.paper.get(task, {}).values()
        both = [(column[method], column[other]) for column in columns if method in column and other in column]
        return " · ".join(signed(ours.psnr_db - theirs.psnr_db) for ours, theirs in both) or NONE

    def _results(self, block: Block, task: str) -> str:
        rows, theirs = block.of(task), self.paper.get(task, {})
        labelled = len({row.labels for row in rows if row.labels is not None}) > 1
        head = ["", *(["labels"] if labelled else []), "PSNR (dB)", "SSIM", *(f"paper: {name}" for name in theirs)]
        lines = [
            [
                self.shown(row),
                *([NONE if row.labels is None else str(row.labels)] if labelled else []),
                psnr(row),
                ssim(row),
                *(column[row.method].text if row.method in column else NONE for column in theirs.values()),
            ]
            for row in rows
        ]
        return table(head, lines)

    def _differences(self, block: Block, task: str) -> str:
        rows, beside = block.of(task), task in self.paper
        references = [row for method in self.references if (row := block.find(method, task))]
        if len(rows) < 2 or not references:
            return ""
        head = ["PSNR less that of (dB)"]
        for reference in references:
            head += [self.shown(reference), *(["paper"] if beside else [])]
        lines = []
        for row in rows:
            line = [self.shown(row)]
            for other in references:
                line.append(NONE if row is other else difference(row, other).text)
                if beside:
                    line.append(NONE if row is other else self.published(task, row.method, other.method))
            lines.append(line)
        return table(head, lines)

    def _dots(self, block: Block, task: str, ax: Axes) -> None:
        rows, theirs = block.of(task), self.paper.get(task, {})
        reference = block.find(self.zero, task) if self.zero else None
        zero = reference.psnr_db if reference else 0.0
        if reference:
            for (heading, column), marker in zip(theirs.items(), _MARKERS, strict=False):
                points = [
                    (column[row.method].psnr_db - column[reference.method].psnr_db, line)
                    for line, row in enumerate(rows)
                    if row.method in column
                ]
                x, y = zip(*points, strict=True)
                ax.scatter(x, y, s=18, facecolors="none", edgecolors=THEIRS, marker=marker, label=f"paper, {heading}")
        values, spreads = [row.psnr_db - zero for row in rows], [row.psnr_std for row in rows]
        style: dict[str, Any] = {"fmt": "o", "markersize": 5, "capsize": 2, "color": OURS, "label": "measured"}
        ax.errorbar(values, range(len(rows)), xerr=spreads, **style)
        if noisy := block.find(INPUT, task):
            ax.axvline(noisy.psnr_db - zero, color=REFERENCE, linewidth=0.6, linestyle=":")
        ax.ticklabel_format(axis="x", useOffset=False)
        name_lines(ax, [self.shown(row) for row in rows])
        ax.set_xlabel(f"PSNR less that of {self.shown(reference)} (dB)" if reference else "PSNR (dB)")
