"""`rcl evaluate --protocol`: its options, and the row that it prints."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from rcl_cli.cli.console import new_table, print_json_line, print_table, progress
from rcl_cli.cli.option_values import named_values
from rcl_cli.cli.plugin_options import take_plugin_options
from rcl_cli.evaluate.settings import MODES, Protocol

if TYPE_CHECKING:
    from rcl_cli.evaluate.protocol import Outcome
    from rcl_cli.evaluate.start import Start
    from rcl_cli.task import Task

Command = TypeVar("Command", bound=Callable[..., Any])

_DEFAULT = Protocol()
_FRESH = "none"
_TEST_SIDE, _LEAST_TEST_SIDE = 256, 48
_COUNT = click.IntRange(min=1)
_OPTIONS: tuple[Callable[[Any], Any], ...] = (
    click.option(
        "--protocol",
        "mode",
        type=click.Choice(MODES),
        help="Instead of --pairs, judge a backbone by what few labels make of it: proxy trains a new last layer alone, "
        "finetune all weights.",
    ),
    click.option("--backbone", metavar="NAME|PATH|none", help="With --protocol: what to judge; none: a fresh network."),
    click.option(
        "--clean",
        multiple=True,
        type=click.Path(path_type=Path, exists=True),
        help="With --protocol: clean pictures to learn from, files or folders. May be given again.",
    ),
    click.option(
        "--test",
        multiple=True,
        type=click.Path(path_type=Path, exists=True),
        help=f"With --protocol: other clean pictures to test on, the middle {_TEST_SIDE}² of each. May be given again.",
    ),
    click.option(
        "--labels",
        type=click.IntRange(min=0),
        help=f"Clean pictures a trial learns from; 0: what the backbone gives by itself.  [default: {_DEFAULT.labels}]",
    ),
    click.option("--trials", type=_COUNT, help=f"Trials with seeds of their own.  [default: {_DEFAULT.trials}]"),
    click.option("--steps", type=_COUNT, help=f"Optimiser steps.  [default: {_DEFAULT.steps}]"),
    click.option("--batch", type=_COUNT, help=f"Crops a step.  [default: {_DEFAULT.batch}]"),
    click.option("--crop", type=_COUNT, help=f"Side of a crop in elements of the input.  [default: {_DEFAULT.crop}]"),
    click.option("--lr", type=click.FloatRange(0, min_open=True), help=f"Learning rate.  [default: {_DEFAULT.lr}]"),
    click.option(
        "--sigma-range",
        type=click.FloatRange(0, 255),
        nargs=2,
        metavar="LOW HIGH",
        help="Noise to simulate: σ at white in LOW…HIGH of 255.  [default: 0 20]",
    ),
    click.option("--noise-map", is_flag=True, default=None, help="Tell the network the noise level."),
    click.option("--seed", type=click.IntRange(min=0), help=f"Of everything random.  [default: {_DEFAULT.seed}]"),
    click.option("--network", help="A fresh network; see `rcl networks`.  [default: unet]"),
    click.option(
        "--network-option",
        "network_extra",
        multiple=True,
        callback=named_values,
        metavar="NAME=VALUE",
        help="Setting of a fresh network; --NAME VALUE says the same.",
    ),
    click.option(
        "--skip/--no-skip", default=None, help="A fresh network's result is added to its input.  [default: skip]"
    ),
)


def protocol_options(command: Command) -> Command:
    """Add them to a verb, which gets them as keyword arguments; None or empty: not given."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def evaluate_protocol(
    task: Task, given: dict[str, Any], *, linear: bool, device: str, store: Path | None, as_json: bool
) -> None:
    """Run all trials and print their row. Raises click.UsageError or RclError where something is missing or wrong."""
    from rcl_cli.evaluate.labels import Degradation, PictureFiles, fixed_pairs
    from rcl_cli.evaluate.protocol import run_protocol
    from rcl_cli.noise import SigmaNoise
    from rcl_cli.train.device import choose_device

    if missing := next((name for name in ("backbone", "clean", "test") if not given[name]), None):
        raise click.UsageError(f"--protocol needs --{missing}")
    named = {field.name for field in fields(Protocol)}
    protocol = Protocol(**{name: value for name, value in given.items() if name in named and value is not None})
    start, domain = _start(task, given, store)
    degradation = Degradation(task, domain, SigmaNoise(*given["sigma_range"] or (0.0, 20.0)))
    least = protocol.crop * domain.pixels * task.scale
    labels = PictureFiles(_files(given["clean"]), least, linear)
    tests = fixed_pairs(
        PictureFiles(_files(given["test"]), _LEAST_TEST_SIDE, linear),
        degradation,
        _TEST_SIDE,
        start.multiple,
        protocol.seed,
    )
    with progress(protocol.trials, f"{protocol.mode}, {task.name}", "trials") as bar:
        outcome = run_protocol(
            protocol, start, degradation, labels, tests, choose_device(device), on_trial=lambda figures: bar.advance()
        )
    _print(
        outcome, {"method": _name(given["backbone"]), "task": task.name, "protocol": protocol.mode}, protocol, as_json
    )


def _start(task: Task, given: dict[str, Any], store: Path | None) -> tuple[Start, Any]:
    from rcl_cli.domain import Domain
    from rcl_cli.errors import RclError
    from rcl_cli.evaluate.start import Start
    from rcl_cli.models.backbone import Backbone
    from rcl_cli.models.header import read_header
    from rcl_cli.models.store import Store
    from rcl_cli.network import get_network

    options = given["network_extra"] | take_plugin_options(given, "network")
    if given["backbone"] == _FRESH:
        domain, network = Domain.RGB, get_network(given["network"] or "unet")
        start = Start(lambda: Backbone(network(domain, options), skip=given["skip"] is not False))
    else:
        if given["network"] or options or given["skip"] is not None:
            raise click.UsageError("--network, its options and --skip are for a fresh network, --backbone none")
        path = Store.open(store).resolve(given["backbone"])
        domain = read_header(path).domain
        start = Start.load(path, domain)
    if domain not in task.domains:
        raise RclError(f"{task.name} does not work on {domain.value}, for which this backbone is")
    return start, domain


def _files(paths: Sequence[Path]) -> list[Path]:
    from rcl_cli.raw.folder import find_files

    found, errors = find_files(paths)
    if errors:
        raise errors[0]
    return [file.path for file in found]


def _name(backbone: str) -> str:
    return Path(backbone).stem if backbone.endswith(".safetensors") else backbone


def _print(outcome: Outcome, about: dict[str, Any], protocol: Protocol, as_json: bool) -> None:
    row = {
        **about,
        "psnr_db": outcome.mean("psnr_db"),
        "psnr_std": outcome.std("psnr_db"),
        "ssim": outcome.mean("ssim"),
        "ssim_std": outcome.std("ssim"),
        "trials": len(outcome.trials),
        "labels": protocol.labels,
        "seconds": round(outcome.seconds, 1),
    }
    if as_json:
        print_json_line(row)
        return
    table = new_table(*row, right=[name for name, value in row.items() if not isinstance(value, str)])
    table.add_row(*(f"{value:.4f}" if isinstance(value, float) else str(value) for value in row.values()))
    print_table(table)
