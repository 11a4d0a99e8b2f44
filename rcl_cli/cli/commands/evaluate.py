"""`rcl evaluate`: how good a model's results are, against clean files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

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
from rcl_cli.cli.options.report import REPORT, Report
from rcl_cli.cli.options.shared import CHROMA_STRENGTH, DEVICE, ENSEMBLE, LINEAR, PROFILE, STORE, STRENGTH, json_option
from rcl_cli.cli.options.words import MODEL, TASK, Word
from rcl_cli.errors import FileError

if TYPE_CHECKING:
    from rcl_cli.evaluate.score import Restore
    from rcl_cli.inference.apply import Settings
    from rcl_cli.task import Task

NO_MODEL = "none"
_NOTHING = "doing nothing"


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
    "models",
    type=MODEL,
    multiple=True,
    metavar="NAME|PATH|none",
    help="Head to score; repeatable, to compare several. none: interpolation alone, or the noisy input.  "
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
@REPORT
@json_option("each pair and the mean")
@click.pass_context
def command(
    ctx: click.Context,
    task_name: str,
    folder: Path,
    models: tuple[str, ...],
    space: str,
    profile: Path | None,
    strength: float | str,
    chroma_strength: float | None,
    ensemble: bool,
    linear: bool,
    device: str,
    store: Path | None,
    report: Path | None,
    as_json: bool,
) -> None:
    """Score the results of a task against clean files: PSNR and SSIM.

    Both are printed for each file and as a mean, beside those of doing nothing: of the noisy input, or of interpolation
    alone where the task enlarges or demosaics. The noisy files are restored as by `rcl apply`. Mosaics are compared as
    packed planes. Both figures have a peak of 1 (white). PSNR, in dB, takes the error over all channels together.
    """
    from rcl_cli.data.file_pairs import find_pairs
    from rcl_cli.evaluate.score import Scoring, has_start
    from rcl_cli.inference.apply import Settings
    from rcl_cli.measure.metrics import mean_figures
    from rcl_cli.task import get_task

    task = get_task(task_name)
    page = Report.begin(report)
    restores: dict[str, Restore | None] = {}
    for model in dict.fromkeys(models) or (None,):
        how = {"device": device, "store": store, "chroma_strength": chroma_strength}
        settings = Settings(model, profile, strength, ensemble, **how)  # type: ignore[arg-type]
        restores[model or task.name] = None if model == NO_MODEL else _restore(task, settings)
    if NO_MODEL not in restores and has_start(task):
        restores[NO_MODEL] = None
    scoring = Scoring(task, restores, space == "srgb", linear)
    pairs, failures = find_pairs(folder)
    rows: dict[Path, dict[str, dict[str, float]]] = {}
    with progress(len(pairs), "Evaluating") as bar:
        for files in pairs:
            try:
                rows[files.noisy] = scoring(files)
            except FileError as error:
                failures.append(error)
            else:
                if as_json:
                    for line in _lines(rows[files.noisy], models):
                        print_json_line({**json_head("pair", files.noisy), "clean": files.clean, **line})
            bar.advance()
    means = {name: mean_figures([row[name] for row in rows.values()]) for name in restores}
    if as_json:
        for failure in failures:
            print_json_line(json_head("pair", failure.path, "failed", failure.reason))
        for line in _lines(means, models) if rows else ():
            print_json_line({**json_head("mean", None), **line})
    elif rows:
        _print_rows({str(path.relative_to(folder)): row for path, row in rows.items()}, means)
    print_failures(failures)
    if page.wanted:
        from rcl_cli.report.scores import scores_page

        facts = {"head": ", ".join(models), "values": space, "pairs in": str(folder)}
        named = {
            path: {_NOTHING if name == NO_MODEL else name: row[name] for name in row} for path, row in rows.items()
        }
        restore = next(iter(restores.values()))
        page.end(lambda: scores_page(task, named, failures, facts, restore, linear=linear))
    ctx.exit(page.code(exit_code(len(rows), len(failures))))


def _lines(row: dict[str, dict[str, float]], models: Sequence[str]) -> Iterator[dict[str, Any]]:
    """One for each model that was asked for, with the figures of doing nothing beside them."""
    nothing = row.get(NO_MODEL)
    for name, figures in row.items():
        if name != NO_MODEL or NO_MODEL in models:
            named = {"model": name} if len(models) > 1 else {}
            beside = {"input": nothing} if nothing is not None and name != NO_MODEL else {}
            yield {**named, **figures, **beside}


def _restore(task: Task, settings: Settings) -> Restore:
    from rcl_cli.inference.apply import open_pipeline

    pipeline = open_pipeline(task, settings, say)
    return lambda frame: pipeline.restore(frame).pixels


def _print_rows(rows: dict[str, dict[str, dict[str, float]]], means: dict[str, dict[str, float]]) -> None:
    first, *others = means
    names = list(means[first])
    contenders = [name for name in means if name != NO_MODEL or not others]
    if len(contenders) == 1:
        table = new_table("file", *names, right=names)
        lines = {file: row[first] for file, row in rows.items()} | {"mean": means[first]}
        lines |= {_NOTHING: means[NO_MODEL]} if others else {}
    else:
        heads = [_NOTHING if name == NO_MODEL else name for name in means]
        table = new_table("file", *map(escape, heads), right=heads, title=names[0])
        for label, row in (rows | {"mean": means}).items():
            table.add_row(escape(label), *(f"{row[name][names[0]]:.4f}" for name in means))
        print_table(table)
        table = new_table("mean of", *names, right=names)
        lines = dict(zip(heads, means.values(), strict=True))
    for label, figures in lines.items():
        table.add_row(escape(label), *(f"{figures[name]:.4f}" for name in names))
    print_table(table)
