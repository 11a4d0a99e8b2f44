"""`rcl demo`: the whole way once, with the very commands that a user would type."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from rcl_cli.cli.console import console
from rcl_cli.errors import FileError, RclError

if TYPE_CHECKING:
    from rcl_cli.report.demo import Step

STORE = "RCL_STORE"
LOG = "demo.json"
REPORT = "report.html"
PARTS = ("raws", "truth", "labels", "backbone", "head", "results", "store")
"""Subfolders that a demo makes."""

STEPS = (
    (
        "Make raws with a simulated camera, and the clean pictures",
        "samples {0}/raws --clean {0}/truth --count 8 --iso 800,3200,12800",
    ),
    (
        "Make ten labels: noisy raws with clean pictures",
        "samples {0}/labels/noisy --clean {0}/labels/clean --count 10 --iso 800,3200,12800 --seed 1",
    ),
    ("Measure the noise of the camera", "calibrate {0}/raws --output {0}/profiles.json"),
    (
        "Pretrain a backbone on the noisy raws",
        "pretrain {0}/raws --output {0}/backbone --preset smoke --width 16",
    ),
    (
        "Finetune a head from ten labels",
        "finetune --task denoise --pairs {0}/labels --backbone backbone --steps 300 --output {0}/head",
    ),
    ("Denoise the folder", "apply --task denoise {0}/raws --output {0}/results/denoise"),
    ("Demosaic the folder", "apply --task demosaic {0}/raws --output {0}/results/demosaic"),
    ("Double its resolution", "apply --task sr {0}/raws --output {0}/results/sr"),
    (
        "Denoise, demosaic and double the resolution in one step",
        "apply --task jdensr {0}/raws --output {0}/results/jdensr",
    ),
)
"""What each command is for, and its words; {0} is the demo's folder."""


@click.command()
@click.argument("folder", metavar="[DIR]", default="demo", type=click.Path(file_okay=False, path_type=Path))
@click.option("--overwrite", is_flag=True, help="Remove the results of an earlier demo in DIR and run it again.")
@click.pass_context
def command(ctx: click.Context, folder: Path, overwrite: bool) -> None:
    """Run the whole workflow once on synthetic raws, in a few minutes.

    The demo makes synthetic raws, calibrates them, pretrains a small backbone, finetunes a head from ten labels,
    applies all four tasks and writes DIR/report.html. It shows each command as you would type it. Its models go to a
    store in DIR. DIR defaults to ./demo.
    """
    from rcl_cli.disk.write import write_text
    from rcl_cli.report.demo import demo_report

    _prepare(folder, overwrite=overwrite)
    done: list[Step] = []
    with _store(folder / "store"):
        for number in range(len(STEPS)):
            done.append(_run(ctx.find_root(), folder, number))
            write_text(folder / LOG, json.dumps([asdict(step) for step in done], indent=2) + "\n", overwrite=True)
    write_text(folder / REPORT, demo_report(folder, done), overwrite=True)
    console.print()
    console.print(f"Results are in {folder / 'results'}.", markup=False, soft_wrap=True)
    console.print(f"Open {folder / REPORT} in a browser to see them.", markup=False, soft_wrap=True)


def _prepare(folder: Path, *, overwrite: bool) -> None:
    from rcl_cli.disk.write import write_text

    if folder.is_dir() and any(folder.iterdir()):
        if not (folder / LOG).is_file():
            raise FileError(folder, "is not empty, and no demo made it; give a new folder")
        if not overwrite:
            raise FileError(folder, "holds a demo already; use --overwrite to replace it, or give another folder")
        for part in PARTS:
            shutil.rmtree(folder / part, ignore_errors=True)
        for name in ("profiles.json", REPORT):
            (folder / name).unlink(missing_ok=True)
    write_text(folder / LOG, "[]\n", overwrite=True)


@contextmanager
def _store(folder: Path) -> Iterator[None]:
    """The demo's models stay out of the user's own store, and the user's defaults out of the demo."""
    _show(f"$ export {STORE}={shlex.quote(str(folder))}")
    changed = {STORE: str(folder), "RCL_CONFIG": os.devnull}
    before = {name: os.environ.get(name) for name in changed}
    os.environ.update(changed)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _run(root: click.Context, folder: Path, number: int) -> Step:
    from rcl_cli.cli.main import INTERRUPTED
    from rcl_cli.report.demo import Step

    title, words = STEPS[number]
    # Split before the folder is put in, which may have spaces.
    arguments = [word.format(folder) for word in words.split()]
    typed = shlex.join(["rcl", *arguments])
    _show("", f"{number + 1}/{len(STEPS)} {title}", f"$ {typed}")
    start = time.perf_counter()
    try:
        code = root.command.main(arguments, prog_name="rcl", standalone_mode=False)
    except SystemExit as end:
        code = end.code
    if code == INTERRUPTED:
        raise click.Abort
    if code:
        raise RclError(f"the demo ends here, because `{typed}` ended with exit code {code}")
    return Step(title, typed, time.perf_counter() - start)


def _show(*lines: str) -> None:
    for line in lines:
        console.print(line, style="bold", markup=False, soft_wrap=True)
