"""Verbs that train in several processes: started by torchrun, or by `--processes N`."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from rcl_cli.cli.console import json_output
from rcl_cli.cli.options.numbers import Whole
from rcl_cli.errors import RclError
from rcl_cli.files import exists, is_file
from rcl_cli.models.runs import newest_run, notes, written_since
from rcl_cli.models.store import SUFFIX, Store
from rcl_cli.train.launch import LOST, Place, launch

if TYPE_CHECKING:
    from rcl_cli.train.processes import Processes

_MOST_ON_A_CORE = 8
"""Processes; each takes a quarter of a gigabyte before it does anything."""
PROCESSES = click.option(
    "--processes",
    type=Whole(1),
    metavar="N",
    help="Divide each batch among N processes on this machine, one for each GPU.  [default: 1, under torchrun its own]",
)


def start_processes(
    ctx: click.Context, count: int | None, paths: Sequence[Path], output: Path | None, note: str
) -> None:
    """Run the command again in `count` processes and exit as they do; nothing where this is one of them, or alone.

    `note`: the file by which the folder of such a run is known. Raises RclError where one of them was lost, with the
    way to go on, if anything was saved.
    """
    place = Place.here()
    if place is not None:
        if count not in (None, place.count):
            raise click.UsageError(f"torchrun has started {place.count} processes, so leave out --processes")
        place.end_with_parent()
        return
    if count in (None, 1):
        return
    cores = os.cpu_count() or 1
    if count > _MOST_ON_A_CORE * cores:
        raise RclError(f"{count} processes are too many for {cores} cores; there is work for one a GPU, or one a core")
    arguments = list(ctx.find_root().obj)
    from_input = any(word == "-" or word.endswith("=-") for word in arguments)
    listed = b"".join(os.fsencode(path) + b"\0" for path in paths) if from_input else b""
    store = Store.open(ctx.params.get("store"))
    before = None if output else notes(store, note)
    if before is not None and ctx.params.get("resume"):
        output = newest_run(store, note)
    try:
        code = launch(arguments, count, listed=listed, output=json_output())
    except RclError as error:
        folder = output or written_since(store, note, before or {})
        raise RclError(f"{error}; {_way_to_go_on(str(ctx.info_name), folder, note, count)}") from error
    sys.exit(code)


def _way_to_go_on(verb: str, folder: Path | None, note: str, count: int) -> str:
    if folder is None or not exists(folder / note):
        return "nothing had been saved yet; give the same command again"
    again = f"rcl {verb} --resume -o {shlex.quote(str(folder))} --processes {count}"
    if any(is_file(file) for file in folder.glob(f"[!.]*{SUFFIX}")):
        return f"what was saved last goes on with: {again}"
    return f"nothing had been learnt yet; the run begins again with: {again}"


@contextmanager
def together(device: str) -> Iterator[Processes]:
    """The processes that this one trains with.

    Where another one is lost, the process that has started them says so, under torchrun the first, and the others end
    without a word.
    """
    from rcl_cli.train.processes import Lost, processes

    try:
        with processes(device) as team:
            yield team
    except Lost:
        place = Place.here()
        if place is None or (place.parent is None and place.rank == 0):
            raise
        sys.exit(LOST)
