"""`rcl finetune`: a head for one task from few labels."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rcl_cli.console import console, exit_code, print_failures, print_json_line, progress
from rcl_cli.domain import Domain
from rcl_cli.noise_options import chosen_noise, noise_options

if TYPE_CHECKING:
    from rcl_cli.finetune import FinetuneResult, FinetuneSettings
    from rcl_cli.finetune.sources import Source, Wanted
    from rcl_cli.finetune.start import Start
    from rcl_cli.noise import NoiseSource
    from rcl_cli.store import Store
    from rcl_cli.task import Task

_INTERRUPTED = 130


@click.command()
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
@click.option("--width", type=click.IntRange(1), default=24, show_default=True, help="Features of a fresh network.")
@click.option("--depth", type=click.IntRange(0, 6), default=2, show_default=True, help="Levels of a fresh network.")
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
    width: int,
    depth: int,
    reduce: int | None,
    linear: bool,
    camera: str,
    seed: int,
    device: str,
    output: Path | None,
    name: str | None,
    store_path: Path | None,
    as_json: bool,
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
    from rcl_cli.plugins import get_task
    from rcl_cli.store import Store

    if bool(clean) == (pairs_folder is not None):
        raise click.UsageError("give clean pictures (--clean) or pairs (--pairs), one of the two")
    task, store = get_task(task_name), Store.open(store_path)
    noise = None if pairs_folder else chosen_noise(profile, shot, read, sigma_range)
    if pairs_folder and (shot is not None or read is not None or sigma_range is not None):
        raise click.UsageError("--shot, --read and --sigma-range go with --clean; pairs have noise already")
    chosen = choose_domain(task, domain, backbone, pairs_folder, store)
    start = starting_model(task, chosen, find_backbone(backbone, chosen, store), width=width, depth=depth, seed=seed)
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

    from rcl_cli.finetune.sources import clean_source, paired_source
    from rcl_cli.noise import SensorNoise
    from rcl_cli.profiles import profile_for

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
    from rcl_cli.pretrain.metrics import MetricsLog

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
