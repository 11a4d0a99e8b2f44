"""`rcl apply`: a task on files and folders."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from rcl_cli.cli.console import console, exit_code, new_table, print_failures, print_json_line, print_table, progress
from rcl_cli.cli.restoring_options import restoring_options
from rcl_cli.errors import FileError, RclError

if TYPE_CHECKING:
    from rcl_cli.inference.batch import Outcome
    from rcl_cli.inference.outputs import Job
    from rcl_cli.inference.pipeline import Pipeline

FORMATS = ("auto", "dng", "tiff", "png", "jpeg", "npy", "exr")
INTERRUPTED = 130


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option("--task", required=True, help="What to do: denoise, demosaic, sr, jdensr or a plugin's (see rcl tasks).")
@click.option(
    "-o", "--output", "folder", required=True, type=click.Path(file_okay=False, path_type=Path), help="Output folder."
)
@click.option("--model", metavar="NAME|PATH", help="Head to use.  [default: your newest, else the shipped one]")
@click.option(
    "--profile",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Noise profiles (JSON).  [default: calibrated for camera and ISO, else the file's tag, else a blind estimate]",
)
@restoring_options
@click.option(
    "--format",
    "file_format",
    type=click.Choice(FORMATS),
    default="auto",
    show_default=True,
    help="auto: DNG of a raw, the same kind of file of a picture.",
)
@click.option("--overwrite", is_flag=True, help="Replace results that exist; else their inputs are skipped.")
@click.option("--device", default="auto", show_default=True, help="auto, cuda, mps or cpu.")
@click.option(
    "--tile", type=click.IntRange(min=1), help="Largest side of a tile, in elements.  [default: as memory allows]"
)
@click.option("--linear", is_flag=True, help="Take the values of pictures as linear, not as sRGB.")
@click.option("--store", type=click.Path(path_type=Path), help="Model store; else $RCL_STORE, else your data folder.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object an input on standard output.")
@click.option("--debug", is_flag=True, help="Stop at an unforeseen error and show its whole traceback.")
@click.pass_context
def command(
    ctx: click.Context,
    paths: tuple[Path, ...],
    task: str,
    folder: Path,
    model: str | None,
    profile: Path | None,
    strength: float | None,
    ensemble: bool,
    file_format: str,
    overwrite: bool,
    device: str,
    tile: int | None,
    linear: bool,
    store: Path | None,
    as_json: bool,
    debug: bool,
) -> None:
    """Do a task on files and folders.

    PATHS are files, and folders with all that is in them; without PATHS it is the current folder.

    Results go to the output folder, relative folders kept. A raw becomes a DNG: a mosaic after `denoise`, linear RGB
    after the other tasks. A picture keeps its kind (JPEG at high quality). Mean brightness stays as it was.

    Strength: where the result has the layout of the input, it is blended with the input, and 0 gives the input
    exactly; `demosaic` and `jdensr` tell the network less noise instead. auto estimates the error that a share of
    `denoise` leaves from the noise level alone, and takes the share with the least: almost all where there is much
    noise, little where there is next to none.
    """
    from rcl_cli.inference.outputs import leave_out_results, plan_outputs
    from rcl_cli.raw.folder import find_files

    given = list(paths) or [Path()]
    found, failures = find_files(given)
    jobs = plan_outputs(leave_out_results(found, given, folder), folder, task, file_format)
    if not jobs and not failures:
        raise RclError(f"there is nothing to {task} in {', '.join(map(str, given))}")
    if as_json:
        for failure in failures:
            print_json_line(_failed(failure, task))

    outcomes: list[Outcome] = []
    interrupted = False
    if jobs:
        pipeline = _pipeline(task, model, store, device, tile, strength, profile, ensemble=ensemble)
        start = time.perf_counter()
        try:
            _run(pipeline, jobs, outcomes, linear=linear, overwrite=overwrite, as_json=as_json, debug=debug)
        except KeyboardInterrupt:
            interrupted = True
        _print_summary(outcomes, time.perf_counter() - start, to_stderr=as_json)
    failures += [FileError(o.source, o.reason) for o in outcomes if o.status == "failed"]
    print_failures(failures)
    if interrupted:
        console.print("Interrupted; what is done is kept, and the same command goes on with the rest.")
        ctx.exit(INTERRUPTED)
    ctx.exit(exit_code(sum(o.status != "failed" for o in outcomes), len(failures)))


def _pipeline(
    name: str,
    model: str | None,
    store: Path | None,
    device: str,
    tile: int | None,
    strength: float | None,
    profile: Path | None,
    *,
    ensemble: bool,
) -> Pipeline:
    from rcl_cli.calibrate.book import load_profiles
    from rcl_cli.inference.models import Models
    from rcl_cli.inference.pipeline import Pipeline
    from rcl_cli.inference.restore import Restoration
    from rcl_cli.models.choose import given_model
    from rcl_cli.models.store import Store
    from rcl_cli.task import get_task
    from rcl_cli.train.device import choose_device

    # What is wrong with the options is said once, before the first file.
    task, opened, chosen = get_task(name), Store.open(store), choose_device(device)
    if model is not None:
        given_model(task, opened, model)
    if profile is not None:
        load_profiles(profile)
    for domain in task.domains:
        Restoration(task, domain, strength)
    for error in opened.scan()[1]:
        _say(f"Left out of the store: {error}")
    models = Models(task, opened, chosen, model, tile, announce=_say)
    return Pipeline(models, strength, profile, ensemble, announce=_say)


def _say(sentence: str) -> None:
    console.print(sentence, markup=False, soft_wrap=True)


def _run(
    pipeline: Pipeline,
    jobs: list[Job],
    outcomes: list[Outcome],
    *,
    linear: bool,
    overwrite: bool,
    as_json: bool,
    debug: bool,
) -> None:
    from rcl_cli.inference.batch import run_batch

    task = pipeline.models.task.name
    with progress(len(jobs), task) as bar:
        advanced = 0.0

        def report(job: Job, done: float) -> None:
            nonlocal advanced
            bar.advance(len(outcomes) + done - advanced)
            advanced = len(outcomes) + done

        for outcome in run_batch(pipeline, jobs, linear=linear, overwrite=overwrite, debug=debug, report=report):
            outcomes.append(outcome)
            bar.advance(len(outcomes) - advanced)
            advanced = len(outcomes)
            if as_json:
                print_json_line(outcome.to_dict(task))


def _print_summary(outcomes: list[Outcome], seconds: float, *, to_stderr: bool) -> None:
    table = new_table("status", "files", "MP", "seconds", "MP/s", right=("files", "MP", "seconds", "MP/s"))
    for status in ("done", "skipped", "failed"):
        some = [outcome for outcome in outcomes if outcome.status == status]
        if not some:
            continue
        megapixels = sum(outcome.megapixels for outcome in some)
        rate = (f"{megapixels:.1f}", f"{seconds:.1f}", f"{megapixels / seconds:.2f}") if status == "done" else ()
        table.add_row(status, str(len(some)), *rate)
    if outcomes:
        print_table(table, error=to_stderr)


def _failed(failure: FileError, task: str) -> dict[str, object]:
    from rcl_cli.inference.batch import Outcome

    return Outcome(failure.path, None, "failed", failure.reason).to_dict(task)
