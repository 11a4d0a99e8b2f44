"""`rcl finetune`: a head for one task from few labels."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click
from click.core import ParameterSource

from rcl_cli.cli.console import exit_code, json_head, print_json_line
from rcl_cli.cli.misplaced import task_names
from rcl_cli.cli.options.file_lists import expanded
from rcl_cli.cli.options.noise import chosen_noise, noise_options
from rcl_cli.cli.options.numbers import Number, Whole
from rcl_cli.cli.options.plugins import PluginCommand, PluginFlag, load_network, take_plugin_options
from rcl_cli.cli.options.report import REPORT, Report
from rcl_cli.cli.options.shared import (
    DEVICE,
    LINEAR,
    NETWORK_OPTION,
    PATH,
    SEED,
    STORE,
    Option,
    json_option,
    network_option,
    plugin_option,
)
from rcl_cli.cli.options.words import CAMERA, MODEL, TASK, Word
from rcl_cli.cli.several import PROCESSES, start_processes, together
from rcl_cli.domain import Domain

if TYPE_CHECKING:
    from rcl_cli.finetuning.session import Finetuned

_INTERRUPTED = 130
_OF_RESUMED = frozenset(
    [
        "resume",
        "output",
        "store",
        "device",
        "as_json",
        "name",
        "steps",
        "clean",
        "pairs_folder",
        "processes",
        "debug",
        "help",
        "report",
    ]
)
"""Options that go with --resume."""


def _task(name: str) -> type[Any]:
    from rcl_cli.task import get_task

    return type(get_task(name))


class _Command(PluginCommand):
    plugin_flags = (PluginFlag("task", _task), PluginFlag("network", load_network, "restorer"))


@click.command(cls=_Command)
@click.option(
    "--task", "task_name", type=TASK, metavar="NAME", help="Task to learn; see `rcl tasks`. Needed but with --resume."
)
@click.option(
    "--clean",
    multiple=True,
    type=PATH,
    callback=expanded,
    help="Clean pictures: a file or a folder. Noise is simulated. Repeatable.",
)
@click.option(
    "--pairs",
    "pairs_folder",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Folder of noisy and clean files, as `rcl simulate` writes it.",
)
@click.option(
    "--labels",
    cls=Option,
    type=Whole(1),
    metavar="N",
    show_default="all",
    help="Number of clean pictures to learn from.",
)
@click.option(
    "--backbone",
    type=MODEL,
    metavar="NAME|PATH|shipped|none",
    help="What to start from: a name in the store, a model file, the folder of a run, or the head that comes with the "
    "task.  [default: the newest backbone in the store for the domain, else shipped]",
)
@click.option("--freeze", is_flag=True, help="Train the head only and leave the backbone unchanged.")
@click.option(
    "--domain",
    type=Word([d.value for d in Domain]),
    help="Layout of the noisy pictures.  [default: that of the pairs or the backbone, else bayer]",
)
@noise_options("noise of real sensors at any ISO")
@click.option("--steps", type=Whole(1), default=2000, show_default=True, metavar="N", help="Optimiser steps.")
@click.option("--batch", type=Whole(1), default=8, show_default=True, metavar="N", help="Crops per step.")
@click.option(
    "--crop",
    type=Whole(1),
    default=128,
    show_default=True,
    metavar="N",
    help="Side of a crop, in pixels of the result.",
)
@click.option(
    "--lr",
    type=Number(0, open_=True),
    default=1e-3,
    show_default=True,
    metavar="RATE",
    help="Learning rate.",
)
@click.option(
    "--validate-every",
    type=Whole(1),
    default=200,
    show_default=True,
    metavar="N",
    help="Steps between validations.",
)
@network_option("that of the task")
@NETWORK_OPTION
@plugin_option("task")
@click.option(
    "--reduce",
    cls=Option,
    type=Whole(1, 8),
    metavar="N",
    show_default="2 for pictures of 1024 pixels or more, else 1",
    help="Factor by which clean pictures are downscaled first, to remove traces of JPEG and of the CFA.",
)
@LINEAR
@click.option(
    "--camera",
    default="",
    type=CAMERA,
    metavar="NAME",
    help="Camera whose files the head is for.  [default: all cameras]",
)
@SEED
@DEVICE
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of the run.  [default: a new one in the store]",
)
@PROCESSES
@click.option("--resume", is_flag=True, help="Continue the run in --output, or the newest in the store, up to --steps.")
@click.option("--name", default="", metavar="NAME", help="Name of the head in the store.  [default: TASK-DOMAIN]")
@STORE
@REPORT
@json_option("each validation and the result")
@click.pass_context
def command(
    ctx: click.Context,
    /,
    task_name: str | None,
    clean: tuple[Path, ...],
    pairs_folder: Path | None,
    labels: int | None,
    backbone: str | None,
    freeze: bool,
    domain: str | None,
    profile: Path | None,
    shot: float | None,
    read: float | None,
    sigma_range: tuple[float, float] | None,
    steps: int,
    batch: int,
    crop: int,
    lr: float,
    validate_every: int,
    network: str | None,
    network_extra: dict[str, str],
    extra: dict[str, str],
    reduce: int | None,
    linear: bool,
    camera: str,
    seed: int,
    device: str,
    output: Path | None,
    processes: int | None,
    resume: bool,
    name: str,
    store: Path | None,
    report: Path | None,
    as_json: bool,
    **given: Any,
) -> None:
    """Train a head for a task from a few labels.

    A label is a clean picture. Give clean pictures (--clean), to which noise is added, or pairs of noisy and clean
    files (--pairs). A tenth of the pictures, at most 16, is held out for validation. The weights with the best
    validation are kept, so the result is never worse there than the start. Ctrl-C ends the training, keeps the best
    weights so far, and saves the run, which --resume continues. It is saved once a minute as well.

    The head goes to the store, where `rcl apply` finds it. By default --clean simulates the noise of real sensors, from
    base ISO to the highest.

    With --processes, or started by torchrun, the result is that of one process with the whole batch, but for rounding.
    A run can be continued with another number of processes.
    """
    by_hand = shot is not None or read is not None or sigma_range is not None
    if resume:
        _refuse_changes(ctx)
    elif task_name is None:
        tasks = ", ".join(task_names())
        raise click.UsageError(f"name the task to learn, --task ({tasks}), or continue a run with --resume")
    elif pairs_folder and by_hand:
        raise click.UsageError("--shot, --read and --sigma-range go with --clean; pairs have noise already")
    from rcl_cli.models.runs import FINETUNING

    start_processes(ctx, processes, clean, output, FINETUNING)
    from rcl_cli.cli.watch import TerminalWatch
    from rcl_cli.finetuning.begin import finetune
    from rcl_cli.task import get_task
    from rcl_cli.train.few_labels import FinetuneSettings

    asked: dict[str, Any] = {"clean": clean, "pairs": pairs_folder, "output": output, "name": name, "store": store}
    if resume:
        steps_given = ctx.get_parameter_source("steps") is not ParameterSource.DEFAULT
        asked |= {"resume": True, "device": device, **({"steps": steps} if steps_given else {})}
    else:
        asked |= {
            "task": get_task(str(task_name), extra | take_plugin_options(given, "task")),
            "labels": labels,
            "backbone": backbone,
            "domain": domain,
            "network": network,
            "network_options": network_extra | take_plugin_options(given, "network"),
            "noise": None if pairs_folder else chosen_noise(profile, shot, read, sigma_range),
            "profile": profile,
            "settings": FinetuneSettings(steps, batch, lr, freeze, validate_every, seed, device),
            "crop": crop,
            "reduce": reduce,
            "linear": linear,
            "camera": camera,
        }
    with together(device) as team:
        page = Report.begin(report if team.first else None)
        done = finetune(**asked, watch=TerminalWatch(as_json=as_json), team=team)
    if not team.first:
        sys.exit(_INTERRUPTED if done.result.interrupted else 0)
    _end(done, as_json, page)


def _end(done: Finetuned, as_json: bool, page: Report) -> NoReturn:
    if as_json:
        about = {"name": done.model.stem if done.model else None, "run": done.folder, "step": done.result.best_step}
        print_json_line({**json_head("model", done.model), **about, **done.result.figures})
    if page.wanted:
        from rcl_cli.report.run_page import run_page

        page.end(lambda: run_page(done.folder))
    sys.exit(_INTERRUPTED if done.result.interrupted else page.code(exit_code(1, len(done.left_out))))


def _refuse_changes(ctx: click.Context) -> None:
    for parameter in ctx.command.get_params(ctx):
        name = parameter.name or ""
        if name not in _OF_RESUMED and ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            raise click.UsageError(f"a resumed run keeps its settings, so leave out {parameter.opts[0]}")
