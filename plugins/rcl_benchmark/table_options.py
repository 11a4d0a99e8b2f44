"""The options that all tables and figures of `rcl benchmark` take."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from rcl_benchmark.tables.methods import NETWORKS
from rcl_benchmark.tables.presets import PRESETS

if TYPE_CHECKING:
    from rcl_benchmark.tables.pretrained import Workshop

Command = TypeVar("Command", bound=Callable[..., Any])

_OPTIONS: tuple[Callable[[Any], Any], ...] = (
    click.option(
        "--data",
        required=True,
        type=click.Path(exists=True, file_okay=False, path_type=Path),
        help="Clean pictures: a folder with train/ and test/ in it, or any, which is then split by the seed.",
    ),
    click.option(
        "--test",
        type=click.Path(exists=True, file_okay=False, path_type=Path),
        help="Folder of test pictures.  [default: DATA/test; where that holds folders alone, the first of them]",
    ),
    click.option(
        "--preset",
        type=click.Choice(list(PRESETS)),
        default="small",
        show_default=True,
        help="Minutes to see that it works, about an hour a table on two cores, or the paper's setting on a GPU.",
    ),
    click.option("--steps", type=click.IntRange(min=1), help="Of each pretraining.  [default: the preset's]"),
    click.option("--encoder", default="auto", show_default=True, help="As in `rcl pretrain`; all methods share it."),
    click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Of everything random."),
    click.option("--device", default="auto", show_default=True, help="auto, cuda, mps or cpu."),
    click.option(
        "--work",
        type=click.Path(file_okay=False, path_type=Path),
        help="Folder of backbones and rows, which all tables can share; a run goes on where it was.  "
        "[default: OUTPUT/work]",
    ),
    click.option(
        "--output",
        type=click.Path(file_okay=False, path_type=Path),
        default=Path("docs/benchmarks"),
        show_default=True,
        help="Folder of the page and its plots.",
    ),
    click.option("--json", "as_json", is_flag=True, help="Print each result as a JSON line."),
)


network_option = click.option(
    "--network", "networks", multiple=True, type=click.Choice(NETWORKS), help="Only this one."
)
"""Of the tables that are measured with both networks."""


def table_options(command: Command) -> Command:
    """Add them to a verb, which gets them as keyword arguments."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def open_workshop(given: dict[str, Any]) -> Workshop:
    """Where backbones are made, by the values of the options. Raises RclError where something cannot be used."""
    from rcl_benchmark.tables.data import find_data
    from rcl_benchmark.tables.pretrained import Workshop
    from rcl_cli.train.device import choose_device

    preset = PRESETS[given["preset"]].seeded(given["seed"])
    if given["steps"] is not None:
        preset = replace(preset, pretrain=replace(preset.pretrain, steps=given["steps"]))
    data = find_data(given["data"], given["seed"], test=given["test"], count=preset.test_count)
    work = given["work"] or given["output"] / "work"
    return Workshop(preset, data, work.resolve(), choose_device(given["device"]), given["encoder"])
