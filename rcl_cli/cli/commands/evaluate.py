"""`rcl evaluate`: how good a model's results are, against clean files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.markup import escape

from rcl_cli.cli.console import (
    exit_code,
    json_head,
    new_table,
    print_failures,
    print_json_line,
    print_table,
    progress,
    say,
)
from rcl_cli.cli.options import CHROMA_STRENGTH, DEVICE, ENSEMBLE, LINEAR, PROFILE, STORE, STRENGTH, json_option
from rcl_cli.cli.words import MODEL, TASK, Word
from rcl_cli.errors import FileError

if TYPE_CHECKING:
    from rcl_cli.evaluate.score import Restore
    from rcl_cli.inference.apply import Settings
    from rcl_cli.task import Task

NO_MODEL = "none"


@click.command()
@click.option("--task", "task_name", required=True, type=TASK, metavar="NAME", help="Task to score; see `rcl tasks`.")
@click.option(
    "--pairs",
    "folder",
    required=True,
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Folder of noisy and clean files, as `rcl simulate` writes it.",
)
@click.option(
    "--model",
    type=MODEL,
    metavar="NAME|PATH|none",
    help="Head to score. none: interpolation alone, or the noisy input.  "
    "[default: the newest in the store, else the shipped one]",
)
@click.option(
    "--space",
    type=Word(["linear", "srgb"]),
    default="linear",
    show_default=True,
    help="Values to compare: linear, or srgb as displayed (clipped to 0…1 and sRGB-encoded).",
)
@PROFILE
@STRENGTH
@CHROMA_STRENGTH
@ENSEMBLE
@LINEAR
@DEVICE
@STORE
@json_option("each pair and the mean")
@click.pass_context
def command(
    ctx: click.Context,
    task_name: str,
    folder: Path,
    model: str | None,
    space: str,
    profile: Path | None,
    strength: float | str,
    chroma_strength: float | None,
    ensemble: bool,
    linear: bool,
    device: str,
    store: Path | None,
    as_json: bool,
) -> None:
    """Score the results of a task against clean files: PSNR and SSIM.

    Both are printed for each file and as a mean. The noisy files are restored as by `rcl apply`. Mosaics
    are compared as packed planes. Both figures have a peak of 1 (white). PSNR, in dB, takes the error over all channels
    together.
    """
    from rcl_cli.data.file_pairs import find_pairs
    from rcl_cli.evaluate.score import Scoring
    from rcl_cli.inference.apply import Settings
    from rcl_cli.measure.metrics import mean_figures
    from rcl_cli.task import get_task

    task = get_task(task_name)
    settings = Settings(model, profile, strength, ensemble, device=device, store=store, chroma_strength=chroma_strength)
    scoring = Scoring(task, None if model == NO_MODEL else _restore(task, settings), space == "srgb", linear)
    pairs, failures = find_pairs(folder)
    rows: dict[Path, dict[str, float]] = {}
    with progress(len(pairs), "Evaluating") as bar:
        for files in pairs:
            try:
                rows[files.noisy] = scoring(files)
            except FileError as error:
                failures.append(error)
            else:
                if as_json:
                    print_json_line({**json_head("pair", files.noisy), "clean": files.clean, **rows[files.noisy]})
            bar.advance()
    mean = mean_figures(list(rows.values()))
    if as_json:
        for failure in failures:
            print_json_line(json_head("pair", failure.path, "failed", failure.reason))
        if rows:
            print_json_line({**json_head("mean", None), **mean})
    elif rows:
        _print_rows({str(path.relative_to(folder)): figures for path, figures in rows.items()} | {"mean": mean})
    print_failures(failures)
    ctx.exit(exit_code(len(rows), len(failures)))


def _restore(task: Task, settings: Settings) -> Restore:
    from rcl_cli.inference.apply import open_pipeline

    pipeline = open_pipeline(task, settings, say)
    return lambda frame: pipeline.restore(frame).pixels


def _print_rows(rows: dict[str, dict[str, float]]) -> None:
    names = list(rows["mean"])
    table = new_table("file", *names, right=names)
    for label, figures in rows.items():
        table.add_row(escape(label), *(f"{figures[name]:.4f}" for name in names))
    print_table(table)
