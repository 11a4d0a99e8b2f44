"""The page of a run of `rcl evaluate`: the scores of each file, and the worst, the middle and the best as pictures."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rcl_cli.errors import FileError, RclError
from rcl_cli.measure.metrics import mean_figures
from rcl_cli.raw.frame import Frame
from rcl_cli.raw.guarded import read_frame
from rcl_cli.raw.picture import Picture
from rcl_cli.report.kit import html
from rcl_cli.report.kit.before_after import before_after
from rcl_cli.report.kit.chart import Dots, chart
from rcl_cli.report.kit.shown import Shown
from rcl_cli.report.pairs import spread
from rcl_cli.report.results import failed_section
from rcl_cli.task import Task

_SHOWN = 3
_NAMES = {"psnr_db": "PSNR, dB", "ssim": "SSIM"}
Figures = Mapping[str, float]
Restore = Callable[[Frame], NDArray[np.float32]]


def scores_page(
    task: Task,
    rows: Mapping[Path, Mapping[str, Figures]],
    failures: Sequence[FileError],
    facts: Mapping[str, str],
    restore: Restore | None = None,
    *,
    linear: bool = False,
) -> str:
    """The page. `rows`: of each noisy file the figures of each way to restore it, by its name for a person; the first
    is what the page is about. `restore` makes its results anew for the few that are shown, a mosaic (H, W) or
    (H, W, 3); None: scores alone.
    """
    ways = list(dict.fromkeys(way for row in rows.values() for way in row))
    means = {way: mean_figures([dict(row[way]) for row in rows.values() if way in row]) for way in ways}
    names = list(means[ways[0]]) if ways else []
    charts = [_sorted(name, {way: [row[way][name] for row in rows.values()] for way in ways}) for name in names]
    words = {_word(name): f"{means[ways[0]][name]:.4g}" for name in names}
    first = {path: row[ways[0]] for path, row in rows.items()}
    return html.page(
        f"Scores of {task.name}",
        html.facts({**facts, "files": str(len(rows)), **words}),
        [
            _pictures(first, names, restore, linear) if restore and rows else "",
            html.section("Scores", html.grid(charts), *(_table(name, rows, means) for name in names)),
            failed_section(failures),
        ],
    )


def _table(name: str, rows: Mapping[Path, Mapping[str, Figures]], means: Mapping[str, Figures]) -> str:
    def line(first: str, row: Mapping[str, Figures]) -> tuple[str | float, ...]:
        return first, *(row.get(way, {}).get(name, float("nan")) for way in means)

    lines = [line(path.name, row) for path, row in rows.items()]
    return html.heading(_word(name)) + html.table(["file", *means], [*lines, line("mean", means)])


def _word(name: str) -> str:
    return _NAMES.get(name, name)


def _sorted(name: str, values: Mapping[str, Sequence[float]]) -> str:
    if any(len(some) < 3 for some in values.values()):
        return ""
    marks = [
        Dots([float(i) for i in range(1, len(some) + 1)], sorted(some), way if len(values) > 1 else "", color)
        for color, (way, some) in enumerate(values.items())
    ]
    return chart(marks, "file, from the lowest", _word(name), f"{_word(name)} of the files, in order.")


def _pictures(rows: Mapping[Path, Figures], names: Sequence[str], restore: Restore, linear: bool) -> str:
    by = "psnr_db" if "psnr_db" in names else names[0]
    ordered = sorted(rows, key=lambda path: rows[path].get(by, 0.0))
    parts = []
    for path in spread(ordered, _SHOWN):
        try:
            before = read_frame(path, linear=linear)
            about = {_word(name): f"{value:.4g}" for name, value in rows[path].items()}
            parts.append(before_after(path.name, Shown.of(before), _result(before, restore(before)), about))
        except (RclError, OSError, ValueError) as error:
            parts.append(html.heading(path.name) + html.paragraph(f"Cannot be shown: {error}", soft=True))
    said = f"By {_word(by)}: from the lowest to the highest."
    return html.section("Pictures", html.paragraph(said, soft=True) if len(parts) > 1 else "", *parts)


def _result(frame: Frame, pixels: NDArray[np.float32]) -> Shown:
    scale = pixels.shape[0] // frame.size[0]
    return Shown(Picture.from_frame(frame, pixels, cfa=frame.cfa if pixels.ndim == 2 else None, scale=scale))
