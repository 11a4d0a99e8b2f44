"""Sweeps: RCL with one setting at a time changed, all else at its default."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from rcl_benchmark.engine.block import INPUT, PLAIN, SKIP, Block, by_data
from rcl_benchmark.engine.compare import NONE, difference, psnr, ssim
from rcl_benchmark.engine.page import picture, table
from rcl_benchmark.engine.plots import LINE, OURS, REFERENCE, name_lines, panel_grid, save
from rcl_benchmark.engine.row import Row
from rcl_benchmark.engine.row_table import SPREAD, RowTable
from rcl_benchmark.tables.methods import METHODS, Method, rcl
from rcl_benchmark.tables.presets import Preset
from rcl_benchmark.tables.table import Cell
from rcl_cli.evaluate.settings import FINETUNE, PROXY, Protocol

if TYPE_CHECKING:
    from matplotlib.axes import Axes

JUDGES = (PROXY, FINETUNE)
"""A new last layer from few labels; the whole network from few labels."""
DOMAINS = ("rgb", "bayer")
DEFAULTS = "defaults"
_LINEAR_DB = 0.25
"""Up to here the axis of changes is linear, beyond it logarithmic: some settings change a hundred times as much."""
_TICKS = (-10, -3, -1, -0.25, 0, 0.25, 1, 3, 10)


@dataclass(frozen=True)
class Setting:
    """One way to depart from the defaults."""

    name: str
    options: Mapping[str, Any] = field(default_factory=dict)
    """Of the pretext."""
    changes: Mapping[str, Any] = field(default_factory=dict)
    """Of `PretrainSettings`."""
    network: str = SKIP
    domains: Sequence[str] = DOMAINS
    """Where it is none of the defaults."""

    @property
    def method(self) -> Method:
        """The pretraining, in a folder of its own."""
        folder = self.name.replace(", ", "-").replace(" ", "-")
        return Method(f"sweep-{folder}", self.name, {**rcl(**self.options), **self.changes})


def _option(name: str, *values: Any) -> tuple[Setting, ...]:
    return tuple(Setting(f"{name} {_text(value)}", {name: value}) for value in values)


def _change(name: str, *values: Any) -> tuple[Setting, ...]:
    return tuple(Setting(f"{name} {_text(value)}", changes={name: value}) for value in values)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return "+".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


KNOBS: Mapping[str, Sequence[Setting]] = {
    "tau": _option("tau", 0.1, 3.0, 10.0),
    "alpha": _option("alpha", 0.0, 0.1, 1.0),
    "distance": _option("distance", "bd", "mmd"),
    "planes": (
        Setting("planes separate", {"planes": "separate"}, domains=["rgb"]),
        Setting("planes pooled", {"planes": "pooled"}, domains=["bayer"]),
    ),
    "centred": _option("centred", False),
    "consistency": (
        *_option("neighbours", 1.0),
        *_change("encoder", "self"),
        *_option("recorrupted", 0.0),
        Setting("recorrupted 0, neighbours 0", {"recorrupted": 0.0, "neighbours": 0.0}),
    ),
    "layers": _change("layers", (0,), (0, 1, 2)),
    "crop": _change("crop", 32, 64),
    "skip": (Setting("skip no", network=PLAIN),),
}


class Sweep(RowTable):
    """What each setting changes, on RGB and on raws; `judge`: by which protocol."""

    title = "Sweeps: what makes residual contrastive learning work"
    words: ClassVar[int] = 2
    columns: ClassVar[Mapping[str, Callable[[Row], str]]] = {
        "data": lambda row: row.data,
        "setting": lambda row: row.method,
        "PSNR (dB)": lambda row: f"{row.psnr_db:.2f}",
        "±": lambda row: f"{row.psnr_std:.2f}",
        "f(x) (dB)": lambda row: _number(row.output_psnr_db),
        "correlation": lambda row: _number(row.correlation),
        "size": lambda row: _number(row.size),
    }

    def __init__(self, judge: str = PROXY) -> None:
        self.judge = judge
        self.name = "sweeps" if judge == PROXY else f"sweeps-{judge}"

    def cells(self, preset: Preset, pictures: int, *, domain: str, of: Sequence[str] = ()) -> list[Cell]:
        """The cells of the knobs named, all if none is; first the noisy input and the defaults.

        `pictures`: to learn from.
        """
        settings = [Setting(DEFAULTS), *(setting for name in of or KNOBS for setting in KNOBS[name])]
        protocol = self._protocol(preset, pictures)
        return [
            Cell(self.name, INPUT, METHODS[INPUT], "denoise", "", None),
            *(
                Cell(self.name, s.name, s.method, "denoise", s.network, protocol, by_itself=True)
                for s in settings
                if domain in s.domains
            ),
        ]

    def sections(self, results: Sequence[Row]) -> list[str]:
        found = by_data(results)
        return [
            *(part for block in found for part in (f"## {block.title}", *self.block(block))),
            picture(self.title, f"{self.name}.png") if any(block.find(DEFAULTS) for block in found) else "",
            SPREAD if any(row.trials > 1 for row in results) else "",
        ]

    def block(self, block: Block) -> list[str]:
        noisy, defaults = block.find(INPUT), block.find(DEFAULTS)
        head = ("", "PSNR (dB)", "less defaults (dB)", "PSNR of f(x) (dB)", "correlation", "size")
        lines = [
            (
                row.method,
                psnr(row),
                NONE if defaults is None or row is defaults else difference(row, defaults).text,
                *map(_number, (row.output_psnr_db, row.correlation, row.size)),
            )
            for row in _swept(block)
        ]
        return [f"Noisy input: {psnr(noisy)} dB / {ssim(noisy)}." if noisy else "", table(head, lines)]

    def draw(self, results: Sequence[Row], folder: Path) -> None:
        """For each kind of data: what each setting changes in PSNR, and the residual's correlation with the noise.

        Kinds without a row of the defaults are left out.
        """
        found = [(block, defaults, _swept(block)) for block in by_data(results) if (defaults := block.find(DEFAULTS))]
        if not found:
            return
        lines = max(len(rows) for _, _, rows in found)
        figure, axes = panel_grid(len(found), 2, height=0.9 + LINE * lines)
        for number, (block, defaults, rows) in enumerate(found):
            changes, correlations = axes[2 * number : 2 * number + 2]
            _draw_changes(changes, rows, defaults)
            changes.set_title(block.short, fontsize=10)
            found_there = [row.correlation or 0.0 for row in rows]
            correlations.plot(found_there, range(len(rows)), "o", markersize=5, color=OURS)
            correlations.set(xlabel="correlation of residual and noise", xlim=(-0.1, 1.0))
            name_lines(changes, [row.method for row in rows])
            name_lines(correlations, [""] * len(rows))
        save(figure, folder / f"{self.name}.png")

    def _protocol(self, preset: Preset, pictures: int) -> Protocol:
        if self.judge == PROXY:
            return preset.proxy
        fewest = min((count for count in preset.label_counts if 0 < count < pictures), default=None)
        return replace(preset.finetune, labels=fewest)


def _draw_changes(ax: Axes, rows: Sequence[Row], defaults: Row) -> None:
    for line, row in enumerate(rows):
        if row is not defaults:
            apart = difference(row, defaults)
            ax.errorbar(apart.db, line, xerr=apart.two_errors or 0.0, fmt="o", markersize=5, capsize=2, color=OURS)
    ax.axvline(0, color=REFERENCE, linewidth=0.6)
    ax.set_xscale("symlog", linthresh=_LINEAR_DB)
    low, high = ax.get_xlim()
    shown = [tick for tick in _TICKS if low <= tick <= high]
    ax.set_xticks(shown, [f"{tick:+g}".replace("-", "−") if tick else "0" for tick in shown])
    ax.set_xlabel("PSNR less that of the defaults (dB)")


def _swept(block: Block) -> list[Row]:
    return [row for row in block.rows if row.correlation is not None]


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}".replace("-", "−")
