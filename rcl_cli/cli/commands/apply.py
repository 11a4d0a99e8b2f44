"""`rcl apply`: a task on files and folders."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from rcl_cli.cli.applied import print_summary, say_full
from rcl_cli.cli.console import (
    exit_code,
    print_failures,
    print_json_line,
    progress,
    say,
    say_left_out,
)
from rcl_cli.cli.options.file_lists import paths_argument
from rcl_cli.cli.options.formats import FORMAT_OF_RESULTS
from rcl_cli.cli.options.numbers import Whole
from rcl_cli.cli.options.report import REPORT, Report
from rcl_cli.cli.options.shared import (
    CHROMA_STRENGTH,
    DASK,
    DEVICE,
    ENSEMBLE,
    LINEAR,
    OVERWRITE,
    PROFILE,
    SELECT,
    STORE,
    STRENGTH,
    Option,
    json_option,
)
from rcl_cli.cli.options.words import MODEL, TASK, Word
from rcl_cli.cli.shard_log import ShardLog, shard_log
from rcl_cli.errors import FileError

if TYPE_CHECKING:
    from rcl_cli.inference.apply import Batch
    from rcl_cli.inference.batch import Outcome
    from rcl_cli.inference.outputs import Job
    from rcl_cli.raw.select import Selection

INTERRUPTED = 130


@click.command()
@paths_argument()
@click.option(
    "--task",
    required=True,
    type=TASK,
    metavar="NAME",
    help="Task to run: denoise, demosaic, sr, jdensr or one of a plugin; see `rcl tasks`.",
)
@click.option(
    "-o",
    "--output",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of the results.  [default: a folder named after the task, in the folder given or beside the file]",
)
@click.option(
    "--suffix",
    default="",
    metavar="WORD",
    help="End of the names of results, such as _dn: a_dn.dng. Without --output they go beside the files.",
)
@click.option(
    "--model",
    type=MODEL,
    metavar="NAME|PATH",
    help="Head to use.  [default: the newest in the store, else the shipped one]",
)
@PROFILE
@click.option(
    "--iso",
    cls=Option,
    type=Whole(1),
    metavar="N",
    show_default="unknown",
    help="ISO of files that do not say theirs, such as scans and exports. A high one says that there is noise.",
)
@STRENGTH
@CHROMA_STRENGTH
@ENSEMBLE
@FORMAT_OF_RESULTS
@SELECT
@OVERWRITE
@DEVICE
@click.option(
    "--tile",
    cls=Option,
    type=Whole(1),
    metavar="N",
    show_default="as memory allows",
    help="Largest side of a tile, in elements.",
)
@click.option(
    "--precision",
    type=Word(("auto", "float32")),
    default="auto",
    show_default=True,
    help="What the network computes in. auto: half precision where the device is faster so, else float32. Results"
    " differ by some ten-thousandths of white.",
)
@LINEAR
@click.option(
    "--engine",
    type=Word(("auto", "torch", "onnx")),
    default="auto",
    show_default=True,
    help="What runs the head. onnx: onnxruntime on the CPU, without torch, for heads from `rcl export`. auto: onnx"
    " where --model is an .onnx file, else torch.",
)
@STORE
@click.option(
    "--shard",
    metavar="I/N",
    help="Do only the I-th of N parts of the files, such as 1/8.  [default: in a SLURM array or under torchrun that of"
    " the process, else 1/1]",
)
@DASK
@click.option(
    "--dry-run", is_flag=True, help="Only show what would be done, by which head, and where results would go."
)
@REPORT
@json_option("each input")
@click.option("--debug", is_flag=True, help="Stop at an unexpected error and show the full traceback.")
@click.pass_context
def command(
    ctx: click.Context,
    paths: tuple[Path, ...],
    task: str,
    folder: Path | None,
    suffix: str,
    model: str | None,
    profile: Path | None,
    iso: int | None,
    strength: float | str,
    chroma_strength: float | None,
    ensemble: bool,
    file_format: str,
    select: tuple[Selection, ...],
    overwrite: bool,
    device: str,
    tile: int | None,
    precision: str,
    linear: bool,
    engine: str,
    store: Path | None,
    shard: str | None,
    cluster: str | None,
    dry_run: bool,
    report: Path | None,
    as_json: bool,
    debug: bool,
) -> None:
    """Run a task on files and folders.

    PATHS are files or folders. Folders are searched with their subfolders. PATHS defaults to the current folder. A
    path - stands for the paths on standard input, and @LIST for those in the file LIST: one a line, or ended by NUL.

    Results go to --output. By default they go to a folder named after the task: in each folder given, or beside each
    file given. Subfolders are kept. A raw becomes a DNG: a mosaic after `denoise`, linear RGB after the other tasks.
    Other pictures keep their format. The mean brightness of a picture does not change.

    Each result records how it was made. Results are never read as inputs, unless they are named themselves. Existing
    results are kept, unless --overwrite is given.

    Many machines that see the same folders divide the work by --shard: a file belongs to one part by the hash of its
    path below the folder given, whatever else is there. What exists is skipped, so a part that was cut off is simply
    run again. Each part keeps a log in the folder of the results; `rcl logs merge` puts them together.

    A --strength of 1 removes all noise, 0 none. `denoise` blends its result with the input; `demosaic` and `jdensr`
    tell the network a lower noise level. auto is for `denoise`: it estimates the error of each blend from the noise
    level and takes the best. It removes nearly all of strong noise, and little of weak noise.
    --strength 0.6 --chroma-strength 1 keeps grain and removes coloured blotches.
    """
    from rcl_cli.raw.apart.pool import start_reader

    start_reader()
    from rcl_cli.inference.apply import Settings, open_batch
    from rcl_cli.inference.batch import Outcome
    from rcl_cli.inference.shard import shard_here

    found = shard_here() if shard is None else None
    shard = str(found[0]) if found else shard
    how = (model, profile, strength, ensemble, file_format, overwrite, device, tile, linear, store, shard, select)
    settings = Settings(*how, engine, suffix, chroma_strength, precision, iso)
    batch = open_batch(task, paths or (Path(),), folder, settings)
    say_left_out(batch.results)
    if select:
        say(batch.selected)
    if shard is not None:
        of = f"{len(batch.jobs) + len(batch.unfit)} of {batch.files} files"
        say(f"Shard {shard}: {of}" + (f" (by {found[1]}; --shard 1/1 does all)" if found else ""))
    if dry_run:
        from rcl_cli.cli.dry_run import show_plan

        if cluster is not None:
            say(f"The scheduler {cluster} is not asked in a dry run.")
        ctx.exit(show_plan(batch, as_json=as_json))
    page = Report.begin(report, shard)
    log = shard_log(paths or (Path(),), folder, task, suffix, batch.settings.shard)
    log.begin()
    failures = list(batch.failures)
    outcomes: list[Outcome] = []
    for failure in failures:
        log.write(Outcome(failure.path, None, "failed", failure.reason).to_dict(task))
    if as_json:
        for failure in failures:
            print_json_line(Outcome(failure.path, None, "failed", failure.reason).to_dict(task))
    interrupted = False
    if batch.jobs or batch.unfit:
        start = time.perf_counter()
        try:
            _run(batch, outcomes, cluster, log, as_json=as_json, debug=debug)
        except KeyboardInterrupt:
            interrupted = True
        print_summary(outcomes, time.perf_counter() - start, to_stderr=as_json)
    failures += [FileError(o.path, o.reason) for o in outcomes if o.status == "failed" and o.full is None]
    print_failures(failures)
    say_full(outcomes)
    if page.wanted and not interrupted:
        undone = [FileError(o.path, o.reason) for o in outcomes if o.full is not None]
        try:
            _report(page, task, outcomes, [*failures, *undone], linear)
        except KeyboardInterrupt:
            interrupted = True
    if interrupted:
        say("Interrupted. Finished results are kept. Run the same command again to do the rest.")
        ctx.exit(INTERRUPTED)
    if shard is not None and not outcomes and not failures:
        ctx.exit(page.code(0))  # the files are other shards'
    ctx.exit(page.code(exit_code(sum(o.status != "failed" and o.fits for o in outcomes), len(failures))))


def _report(page: Report, task: str, outcomes: list[Outcome], failures: list[FileError], linear: bool) -> None:
    from rcl_cli.report.applied import applied_page

    with progress(None, "Making the report", "pictures") as bar:
        page.end(lambda: applied_page(task, outcomes, failures, linear=linear, done=bar.advance))


def _run(
    batch: Batch, outcomes: list[Outcome], cluster: str | None, log: ShardLog, *, as_json: bool, debug: bool
) -> None:
    with progress(len(batch.jobs) + len(batch.unfit), batch.task.name) as bar:
        advanced = 0.0

        def report(job: Job, done: float) -> None:
            nonlocal advanced
            bar.advance(len(outcomes) + done - advanced)
            advanced = len(outcomes) + done

        if cluster is None:
            doing = batch.run(announce=say, report=report, debug=debug)
        else:
            from rcl_cli.inference.spread import spread

            doing = spread(batch, cluster, say)
        for outcome in doing:
            outcomes.append(outcome)
            log.write(outcome.to_dict(batch.task.name))
            bar.advance(len(outcomes) - advanced)
            advanced = len(outcomes)
            if as_json:
                print_json_line(outcome.to_dict(batch.task.name))
