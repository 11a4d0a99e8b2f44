"""`rcl finetune`: a head for one task from few labels."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rcl_cli.cli.console import console, exit_code, print_failures, print_json_line, progress
from rcl_cli.cli.noise_options import chosen_noise, noise_options
from rcl_cli.cli.option_values import named_values
from rcl_cli.cli.plugin_options import PluginCommand, PluginFlag, load_network, take_plugin_options
from rcl_cli.domain import Domain

if TYPE_CHECKING:
    from rcl_cli.finetune import FinetuneResult, FinetuneSettings
    from rcl_cli.finetune.sources import Source, Wanted
    from rcl_cli.finetune.start import Start
    from rcl_cli.models.store import Store
    from rcl_cli.noise import NoiseSource
    from rcl_cli.task import Task

_INTERRUPTED = 130


def _task(name: str) -> type[Any]:
    from rcl_cli.task import get_task

    return type(get_task(name))


class _Command(PluginCommand):
    plugin_flags = (PluginFlag("task", _task), PluginFlag("network", load_network, "unet"))


@click.command(cls=_Command)
@click.option("--task", "task_name", required=True, help="What to learn; see `rcl tasks`.")
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
@click.option("--labels", type=click.IntRange(1), help="Learn from this many clean pictures.  [default: all]")
@click.option(
    "--backbone",
    help="NAME or PATH of a pretrained backbone, or none.  [default: newest in the store for the domain, or none]",
)
@click.option("--freeze", is_flag=True, help="Train the head alone; the backbone stays as it is.")
@click.option(
    "--domain",
    type=click.Choice([d.value for d in Domain]),
    help="Of the noisy files.  [default: the pairs' or the backbone's, else bayer]",
)
@noise_options("with --clean, the noise of sensors at any ISO")
@click.option("--steps", type=click.IntRange(1), default=2000, show_default=True, help="Optimiser steps.")
@click.option("--batch", type=click.IntRange(1), default=8, show_default=True, help="Crops a step.")
@click.option(
    "--crop", type=click.IntRange(1), default=128, show_default=True, help="Side of a crop in pixels of the result."
)
@click.option("--lr", type=click.FloatRange(0, min_open=True), default=1e-3, show_default=True, help="Learning rate.")
@click.option("--validate-every", type=click.IntRange(1), default=200, show_default=True, help="Steps in between.")
@click.option("--network", help="Fresh network under the head; see `rcl networks`.  [default: the task's]")
@click.option(
    "--network-option",
    "network_extra",
    multiple=True,
    callback=named_values,
    metavar="NAME=VALUE",
    help="Setting of a fresh network; --NAME VALUE says the same.",
)
@click.option(
    "--option",
    "extra",
    multiple=True,
    callback=named_values,
    metavar="NAME=VALUE",
    help="Setting of the task; --NAME VALUE says the same.",
)
@click.option(
    "--reduce",
    type=click.IntRange(1, 8),
    help="Shrink clean pictures by this first, against JPEG and CFA traces.  [default: 2 from 1024 pixels on, else 1]",
)
@click.option("--linear", is_flag=True, help="Take the values of RGB files as linear, without decoding the sRGB curve.")
@click.option("--camera", default="", help="Use the head for this camera's files alone.  [default: for all]")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Of everything random.")
@click.option("--device", default="auto", show_default=True, help="auto, cuda, mps or cpu.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    help="The run's folder.  [default: a new one in the store]",
)
@click.option("--name", help="The model's name in the store.  [default: TASK-DOMAIN]")
@click.option("--store", "store_path", type=click.Path(path_type=Path, file_okay=False), help="Model store.")
@click.option("--json", "as_json", is_flag=True, help="Print each validation and the result as JSON lines.")
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
    name: str | None,
    store_path: Path | None,
    as_json: bool,
    **given: Any,
) -> None:
    """Train a head for a task, with few labels.

    It learns from clean pictures (--clean) or from pairs of noisy and clean files (--pairs). A tenth of the pictures,
    at most 16, is held out; the weights that do best on it are kept, so the result is never worse there than the
    start. Ctrl-C ends early and keeps the best so far. `rcl apply` then finds the head in the store. Without noise
    options, --clean simulates the noise of sensors from base ISO to the highest.
    """
    from rcl_cli.finetune import FinetuneSettings
    from rcl_cli.finetune.run import HEAD, METRICS, run_folder, save_run
    from rcl_cli.finetune.sources import Wanted
    from rcl_cli.finetune.start import choose_domain, find_backbone, starting_model
    from rcl_cli.models.store import Store
    from rcl_cli.task import get_task

    if bool(clean) == (pairs_folder is not None):
        raise click.UsageError("give clean pictures (--clean) or pairs (--pairs), one of the two")
    task = get_task(task_name, extra | take_plugin_options(given, "task"))
    store = Store.open(store_path)
    noise = None if pairs_folder else chosen_noise(profile, shot, read, sigma_range)
    if pairs_folder and (shot is not None or read is not None or sigma_range is not None):
        raise click.UsageError("--shot, --read and --sigma-range go with --clean; pairs have noise already")
    chosen = choose_domain(task, domain, backbone, pairs_folder, store)
    network_options = network_extra | take_plugin_options(given, "network")
    origin = find_backbone(backbone, chosen, store)
    if origin is not None and (network or network_options):
        raise click.UsageError("the network is the backbone's; --network and its options go with --backbone none")
    start = starting_model(task, chosen, origin, network=network, network_options=network_options, seed=seed)
    name = name or f"{task.name}-{chosen.value}"
    folder = run_folder(output, store, name)
    wanted = Wanted(task, chosen, start.model.multiple, crop, labels, seed, linear)
    source = _source(clean, pairs_folder, wanted, noise, profile, reduce, store)
    about = source.pairs.describe()
    console.print(
        f"{task.name} on {chosen.value}, backbone {start.parent}: {about['labels']} clean pictures to learn from, "
        f"{about['validation']} held out",
        markup=False,
        soft_wrap=True,
    )
    settings = FinetuneSettings(steps, batch, lr, freeze, validate_every, seed, device)
    result = _train(task, start, source, settings, folder / METRICS, as_json)
    save_run(folder / HEAD, wanted, start, source, settings, result, camera)
    added = store.add_model(folder / HEAD, name)
    _report(result, added, folder, as_json)
    sys.exit(_INTERRUPTED if result.interrupted else exit_code(1, len(source.failures)))


def _source(
    clean: tuple[Path, ...],
    pairs_folder: Path | None,
    wanted: Wanted,
    noise: NoiseSource | None,
    profile: Path | None,
    reduce: int | None,
    store: Store,
) -> Source:
    from dataclasses import replace

    from rcl_cli.calibrate.book import profile_for
    from rcl_cli.finetune.sources import clean_source, paired_source
    from rcl_cli.noise import SensorNoise

    with progress(None, "decode", "pictures") as bar:
        wanted = replace(wanted, done=bar.advance)
        if pairs_folder is None:
            source = clean_source(clean, wanted, noise or SensorNoise(), reduce)
        else:
            source = paired_source(
                pairs_folder, wanted, lambda frame: profile_for(frame, given=profile, store=store.root)[0]
            )
    print_failures(source.failures)
    return source


def _train(
    task: Task, start: Start, source: Source, settings: FinetuneSettings, metrics: Path, as_json: bool
) -> FinetuneResult:
    from rcl_cli.finetune import finetune
    from rcl_cli.train.log import MetricsLog

    with MetricsLog(metrics) as log, progress(settings.steps, "finetune", "steps") as bar:

        def on_validation(record: dict[str, Any]) -> None:
            log.write(record)
            if as_json:
                print_json_line(record)

        def on_step(words: str) -> None:
            bar.advance()
            bar.describe(words)

        return finetune(task, start.model, source.pairs, settings, log=on_validation, advance=on_step)


def _report(result: FinetuneResult, model: Path, folder: Path, as_json: bool) -> None:
    known = [name for name in ("psnr_db", "ssim", "loss") if name in result.figures]
    changes = ", ".join(f"{name} {result.start[name]:.4g} → {result.figures[name]:.4g}" for name in known)
    ended = "Interrupted" if result.interrupted else "Done"
    console.print(
        f"{ended} after {result.steps} steps; best at step {result.best_step}: {changes} (validation)\n"
        f"Model {model.stem}: {model}\nRun: {folder}",
        markup=False,
        soft_wrap=True,
    )
    if as_json:
        print_json_line({"model": model, "name": model.stem, "step": result.best_step, **result.figures})
