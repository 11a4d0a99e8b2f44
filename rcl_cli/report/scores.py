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
from rcl_cli.report import html
from rcl_cli.report.before_after import before_after
from rcl_cli.report.chart import Dots, chart
from rcl_cli.report.pairs import spread
from rcl_cli.report.results import failed_section
from rcl_cli.report.shown import Shown
from rcl_cli.task import Task

_SHOWN = 3
_NAMES = {"psnr_db": "PSNR, dB", "ssim": "SSIM"}
Figures = Mapping[str, float]
Restore = Callable[[Frame], NDArray[np.float32]]


def scores_page(
    task: Task,
    rows: Mapping[Path, dict[str, float]],
    failures: Sequence[FileError],
    facts: Mapping[str, str],
    restore: Restore | None = None,
    *,
    linear: bool = False,
) -> str:
    """The page. `rows`: the figures of each noisy file. `restore` makes results anew for the few that are shown, a
    mosaic (H, W) or (H, W, 3); None: scores alone."""
    mean = mean_figures(list(rows.values()))
    names = list(mean)
    table: list[tuple[str | float, ...]] = [
        (path.name, *(row.get(name, float("nan")) for name in names)) for path, row in rows.items()
    ]
    table += [("mean", *(mean[name] for name in names))] if rows else []
    charts = [_sorted(name, [row[name] for row in rows.values() if name in row]) for name in names]
    words = {_NAMES.get(name, name): f"{value:.4g}" for name, value in mean.items()}
    return html.page(
        f"Scores of {task.name}",
        html.facts({**facts, "files": str(len(rows)), **words}),
        [
            _pictures(rows, names, restore, linear) if restore and rows else "",
            html.section("Scores", html.grid(charts), html.table(["file", *map(_word, names)], table)),
            failed_section(failures),
        ],
    )


def _word(name: str) -> str:
    return _NAMES.get(name, name)


def _sorted(name: str, values: Sequence[float]) -> str:
    if len(values) < 3:
        return ""
    ranked = sorted(values)
    mark = Dots([float(i) for i in range(1, len(ranked) + 1)], ranked)
    return chart([mark], "file, from the lowest", _word(name), f"{_word(name)} of each file, in order.")


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
