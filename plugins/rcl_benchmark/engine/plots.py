"""What the figures share, drawn with matplotlib."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from rcl_cli.disk.write import atomic_path
from rcl_cli.errors import RclError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

OURS, THEIRS, REFERENCE = "#c1272d", "#999999", "#333333"
LINE = 0.24
"""Inches of height for each line of a panel that has one a method."""


def need_matplotlib() -> None:
    """Raises RclError where it is not installed, before anything is measured."""
    if find_spec("matplotlib") is None:
        raise RclError("matplotlib is not installed; pip install 'rcl-cli[benchmark]'")


def panel_grid(rows: int, columns: int, *, height: float, shared: bool = False) -> tuple[Figure, list[Axes]]:
    """A figure with its panels in reading order; `height` inches each. `shared`: they have one vertical axis."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9 if columns > 1 else 6.5, height * rows), layout="constrained")
    FigureCanvasAgg(figure)
    return figure, list(figure.subplots(rows, columns, squeeze=False, sharey=shared).flat)


def name_lines(ax: Axes, names: Sequence[str]) -> None:
    """A line for each name, from the top down."""
    ax.set_yticks(range(len(names)), names)
    ax.set_ylim(len(names) - 0.5, -0.5)
    ax.grid(axis="y", linewidth=0.3)


def save(figure: Figure, path: Path) -> None:
    """Write the picture, in place of an earlier one."""
    with atomic_path(path, overwrite=True) as temporary:
        figure.savefig(temporary, dpi=110)
