"""`rcl evaluate`: how good a model's results are, against clean files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource
from rich.markup import escape

from rcl_cli.cli.console import exit_code, new_table, print_failures, print_json_line, print_table, progress, say
from rcl_cli.cli.plugin_options import PluginCommand, PluginFlag, load_network
from rcl_cli.cli.protocol_options import evaluate_protocol, protocol_options
from rcl_cli.cli.restoring_options import restoring_options
from rcl_cli.errors import FileError

if TYPE_CHECKING:
    from rcl_cli.evaluate.score import Restore
    from rcl_cli.task import Task

NO_MODEL = "none"


class _Command(PluginCommand):
    plugin_flags = (PluginFlag("network", load_network, "unet"),)


@click.command(cls=_Command)
@click.option("--task", "task_name", required=True, help="What to judge; see `rcl tasks`.")
@click.option(
    "--pairs",
    "folder",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Folder of noisy and clean files, as `rcl simulate` writes it.",
)
@protocol_options
@click.option(
    "--model",
    metavar="NAME|PATH|none",
    help="Head to judge; none: interpolation alone, or the noisy input.  [default: your newest, else the shipped one]",
)
@click.option(
    "--space",
    type=click.Choice(["linear", "srgb"]),
    default="linear",
    show_default=True,
    help="Compare linear values, or values as displayed: clipped to 0…1 and sRGB-encoded.",
)
@click.option(
    "--profile",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Noise profiles (JSON).  [default: calibrated for camera and ISO, else the file's tag, else a blind estimate]",
)
@restoring_options
@click.option("--linear", is_flag=True, help="Take the values of RGB files as linear, without decoding the sRGB curve.")
@click.option("--device", default="auto", show_default=True, help="auto, cuda, mps or cpu.")
@click.option("--store", type=click.Path(path_type=Path), help="Model store; else $RCL_STORE, else your data folder.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a file, then their mean.")
@click.pass_context
def command(
    ctx: click.Context,
    /,
    task_name: str,
    folder: Path | None,
    model: str | None,
    space: str,
    profile: Path | None,
    strength: float | str,
    ensemble: bool,
    linear: bool,
    device: str,
    store: Path | None,
    as_json: bool,
    **given: Any,
) -> None:
    """Compare a task's results with clean files: PSNR in dB and SSIM, of each file and on average.

    The noisy files go through the same steps as in `rcl apply`. Mosaics are compared in packed planes. Both figures
    have a peak of 1 (white); PSNR takes the error over all channels together.

    With --protocol a backbone is judged instead: in each trial it learns from a few clean pictures with simulated
    noise, and the mean and standard deviation over the trials are printed.
    """
    from rcl_cli.data.file_pairs import find_pairs
    from rcl_cli.evaluate.score import Scoring, mean_figures
    from rcl_cli.task import get_task

    task = get_task(task_name)
    _check_mode(ctx, folder, given)
    if folder is None:
        evaluate_protocol(task, given, linear=linear, device=device, store=store, as_json=as_json)
        return
    restore = None
    if model != NO_MODEL:
        restore = _restore(task, model, profile, device, store, strength=strength, ensemble=ensemble)
    scoring = Scoring(task, restore, srgb=space == "srgb", linear=linear)
    pairs, failures = find_pairs(folder)
    rows: dict[Path, dict[str, float]] = {}
    with progress(len(pairs), "evaluate") as bar:
        for files in pairs:
            try:
                rows[files.noisy] = scoring(files)
            except FileError as error:
                failures.append(error)
            else:
                if as_json:
                    print_json_line({"input": files.noisy, **rows[files.noisy]})
            bar.advance()
    mean = mean_figures(list(rows.values()))
    if rows and as_json:
        print_json_line({"mean": mean})
    elif rows:
        _print_rows({str(path.relative_to(folder)): figures for path, figures in rows.items()} | {"mean": mean})
    print_failures(failures)
    ctx.exit(exit_code(len(rows), len(failures)))


def _check_mode(ctx: click.Context, folder: Path | None, given: dict[str, Any]) -> None:
    if (folder is None) == (given["mode"] is None):
        raise click.UsageError("give pairs (--pairs) or a protocol (--protocol), one of the two")
    ours, theirs = (
        ("--protocol", ("model", "space", "profile", "strength", "ensemble"))
        if folder is None
        else ("--pairs", tuple(given))
    )
    for parameter in ctx.command.params:
        name = parameter.name or ""
        if name in theirs and ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            raise click.UsageError(f"{parameter.opts[0]} does not go with {ours}")


def _restore(
    task: Task,
    model: str | None,
    profile: Path | None,
    device: str,
    store: Path | None,
    *,
    strength: float | str,
    ensemble: bool,
) -> Restore:
    from rcl_cli.inference.apply import Settings, open_pipeline

    settings = Settings(model, profile, strength, ensemble, device=device, store=store)
    pipeline = open_pipeline(task, settings, say)
    return lambda frame: pipeline.restore(frame).pixels


def _print_rows(rows: dict[str, dict[str, float]]) -> None:
    names = list(rows["mean"])
    table = new_table("file", *names, right=names)
    for label, figures in rows.items():
        table.add_row(escape(label), *(f"{figures[name]:.4f}" for name in names))
    print_table(table)
