"""`rcl finetune`: a head for one task from few labels."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from rcl_cli.cli.console import exit_code, json_head, print_json_line
from rcl_cli.cli.noise_options import chosen_noise, noise_options
from rcl_cli.cli.options import DEVICE, LINEAR, NETWORK, NETWORK_OPTION, SEED, STORE, json_option, plugin_option
from rcl_cli.cli.plugin_options import PluginCommand, PluginFlag, load_network, take_plugin_options
from rcl_cli.domain import Domain

_INTERRUPTED = 130


def _task(name: str) -> type[Any]:
    from rcl_cli.task import get_task

    return type(get_task(name))


class _Command(PluginCommand):
    plugin_flags = (PluginFlag("task", _task), PluginFlag("network", load_network, "unet"))


@click.command(cls=_Command)
@click.option("--task", "task_name", required=True, help="Task to learn; see `rcl tasks`.")
@click.option(
    "--clean",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Clean pictures, or a folder of them; noise is simulated. May be given again.",
)
@click.option(
    "--pairs",
    "pairs_folder",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Folder of noisy and clean files, as `rcl simulate` writes it.",
)
@click.option("--labels", type=click.IntRange(1), help="Clean pictures to learn from.  [default: all]")
@click.option(
    "--backbone",
    help="Pretrained backbone: a name in the store, a file, the folder of a run, or none.  "
    "[default: the newest in the store for the domain, or none]",
)
@click.option("--freeze", is_flag=True, help="Train the head alone; the backbone stays as it is.")
@click.option(
    "--domain",
    type=click.Choice([d.value for d in Domain]),
    help="Layout of the noisy files.  [default: the pairs' or the backbone's, else bayer]",
)
@noise_options("with --clean, the noise of sensors at any ISO")
@click.option("--steps", type=click.IntRange(1), default=2000, show_default=True, help="Optimiser steps.")
@click.option("--batch", type=click.IntRange(1), default=8, show_default=True, help="Crops per step.")
@click.option(
    "--crop", type=click.IntRange(1), default=128, show_default=True, help="Side of a crop in pixels of the result."
)
@click.option("--lr", type=click.FloatRange(0, min_open=True), default=1e-3, show_default=True, help="Learning rate.")
@click.option(
    "--validate-every", type=click.IntRange(1), default=200, show_default=True, help="Steps between validations."
)
@NETWORK
@NETWORK_OPTION
@plugin_option("task")
@click.option(
    "--reduce",
    type=click.IntRange(1, 8),
    help="Shrink clean pictures by this first, against JPEG and CFA traces.  [default: 2 from 1024 pixels on, else 1]",
)
@LINEAR
@click.option("--camera", default="", help="Camera whose files alone the head is for.  [default: all]")
@SEED
@DEVICE
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of the run.  [default: a new one in the store]",
)
@click.option("--name", default="", help="Name of the head in the store.  [default: TASK-DOMAIN]")
@STORE
@json_option("each validation, and for the result,")
def command(
    task_name: str,
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
    name: str,
    store: Path | None,
    as_json: bool,
    **given: Any,
) -> None:
    """Train a head for a task, with few labels.

    It learns from clean pictures (--clean) or from pairs of noisy and clean files (--pairs). A tenth of the pictures,
    at most 16, is held out; the weights that do best on it are kept, so the result is never worse there than the
    start. Ctrl-C ends early and keeps the best so far. `rcl apply` then finds the head in the store. Without noise
    options, --clean simulates the noise of sensors from base ISO to the highest.
    """
    from rcl_cli.cli.watch import TerminalWatch
    from rcl_cli.finetuning.session import finetune
    from rcl_cli.task import get_task
    from rcl_cli.train.few_labels import FinetuneSettings

    by_hand = shot is not None or read is not None or sigma_range is not None
    if pairs_folder and by_hand:
        raise click.UsageError("--shot, --read and --sigma-range go with --clean; pairs have noise already")
    done = finetune(
        get_task(task_name, extra | take_plugin_options(given, "task")),
        clean=clean,
        pairs=pairs_folder,
        labels=labels,
        backbone=backbone,
        domain=domain,
        network=network,
        network_options=network_extra | take_plugin_options(given, "network"),
        noise=None if pairs_folder else chosen_noise(profile, shot, read, sigma_range),
        profile=profile,
        settings=FinetuneSettings(steps, batch, lr, freeze, validate_every, seed, device),
        crop=crop,
        reduce=reduce,
        linear=linear,
        camera=camera,
        output=output,
        name=name,
        store=store,
        watch=TerminalWatch(as_json=as_json),
    )
    if as_json:
        about = {"name": done.model.stem, "run": done.folder, "step": done.result.best_step}
        print_json_line({**json_head("model", done.model), **about, **done.result.figures})
    sys.exit(_INTERRUPTED if done.result.interrupted else exit_code(1, len(done.left_out)))
