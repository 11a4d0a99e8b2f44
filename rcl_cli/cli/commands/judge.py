"""`rcl judge`: what few labels make of a backbone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rcl_cli.cli.console import (
    exit_code,
    json_head,
    new_table,
    print_failures,
    print_json_line,
    print_table,
    progress,
    say,
)
from rcl_cli.cli.options.numbers import Number, Whole
from rcl_cli.cli.options.plugins import PluginCommand, PluginFlag, load_network, take_plugin_options
from rcl_cli.cli.options.shared import DEVICE, LINEAR, NETWORK_OPTION, SEED, STORE, Option, json_option, network_option
from rcl_cli.cli.options.words import MODEL, TASK, Word
from rcl_cli.domain import Domain
from rcl_cli.evaluate.settings import MODES, PROXY, Protocol

if TYPE_CHECKING:
    from rcl_cli.evaluate.protocol import Outcome
    from rcl_cli.evaluate.start import Start
    from rcl_cli.task import Task

_DEFAULT = Protocol()
_FRESH = "none"
_TEST_SIDE, _LEAST_TEST_SIDE = 256, 48
_COUNT = Whole(1)
_PICTURES = click.Path(path_type=Path, exists=True)


class _Command(PluginCommand):
    plugin_flags = (PluginFlag("network", load_network, "unet"),)


@click.command(cls=_Command)
@click.argument("backbone", type=MODEL, metavar="BACKBONE")
@click.option("--task", "task_name", required=True, type=TASK, metavar="NAME", help="Task to learn; see `rcl tasks`.")
@click.option(
    "--clean",
    multiple=True,
    required=True,
    type=_PICTURES,
    help="Clean pictures to learn from: a file or a folder. Repeatable.",
)
@click.option(
    "--test",
    multiple=True,
    required=True,
    type=_PICTURES,
    help=f"Other clean pictures to test on, of each the middle {_TEST_SIDE}² pixels. Repeatable.",
)
@click.option(
    "--mode",
    type=Word(MODES),
    default=PROXY,
    show_default=True,
    help="What is trained. proxy: a new last layer on frozen features; finetune: all weights.",
)
@click.option(
    "--labels",
    type=Whole(0),
    default=_DEFAULT.labels,
    show_default=True,
    metavar="N",
    help="Number of clean pictures that a trial learns from. 0: score the output of the backbone itself.",
)
@click.option(
    "--trials", type=_COUNT, default=_DEFAULT.trials, show_default=True, metavar="N", help="Number of trials."
)
@click.option(
    "--steps", type=_COUNT, default=_DEFAULT.steps, show_default=True, metavar="N", help="Optimiser steps of a trial."
)
@click.option("--batch", type=_COUNT, default=_DEFAULT.batch, show_default=True, metavar="N", help="Crops per step.")
@click.option(
    "--crop",
    type=_COUNT,
    default=_DEFAULT.crop,
    show_default=True,
    metavar="N",
    help="Side of a crop, in elements of the input.",
)
@click.option(
    "--lr",
    type=Number(0, open_=True),
    default=_DEFAULT.lr,
    show_default=True,
    metavar="RATE",
    help="Learning rate.",
)
@click.option(
    "--sigma-range",
    cls=Option,
    type=Number(0, 255),
    nargs=2,
    default=(0.0, 20.0),
    show_default="0 20",
    metavar="LOW HIGH",
    help="Range from which the noise level is drawn: σ at white, on a scale of 0 to 255.",
)
@click.option("--noise-map", is_flag=True, help="Pass the noise level to the network.")
@network_option("that of the task")
@NETWORK_OPTION
@click.option(
    "--skip/--no-skip",
    default=True,
    show_default=True,
    help="Whether the result of a fresh network is added to its input.",
)
@click.option(
    "--domain",
    "fresh_domain",
    type=Word([domain.value for domain in Domain]),
    help="Layout of the pictures of a fresh network.  [default: rgb]",
)
@SEED
@LINEAR
@DEVICE
@STORE
@json_option("the backbone")
def command(
    backbone: str,
    task_name: str,
    clean: tuple[Path, ...],
    test: tuple[Path, ...],
    sigma_range: tuple[float, float],
    network: str | None,
    network_extra: dict[str, str],
    skip: bool,
    fresh_domain: str | None,
    linear: bool,
    device: str,
    store: Path | None,
    as_json: bool,
    **given: Any,
) -> None:
    """Measure how well a backbone learns a task from few labels.

    BACKBONE is a name in the store, a model file, or none for a fresh network. In each trial it learns from a few clean
    pictures with simulated noise. PSNR and SSIM on the test pictures are printed, as mean and standard deviation over
    the trials. The trials differ in their seeds only, and are the same for every backbone.
    """
    from rcl_cli.data.pairs import Degradation
    from rcl_cli.evaluate.labels import PictureFiles, fixed_pairs
    from rcl_cli.evaluate.protocol import run_protocol
    from rcl_cli.noise import SigmaNoise
    from rcl_cli.task import get_task
    from rcl_cli.train.device import choose_device

    task = get_task(task_name)
    options = network_extra | take_plugin_options(given, "network")
    named = {field.name for field in fields(Protocol)}
    protocol = Protocol(**{name: value for name, value in given.items() if name in named})
    start, domain = _start(task, backbone, network, options, skip, fresh_domain, store)
    degradation = Degradation(task, domain, SigmaNoise(*sigma_range))
    labels = PictureFiles(_files(clean), protocol.crop * domain.pixels * task.scale, linear)
    tested = PictureFiles(_files(test), _LEAST_TEST_SIDE, linear)
    tests = fixed_pairs(tested, degradation, _TEST_SIDE, start.multiple, protocol.seed)
    with progress(protocol.trials, f"{protocol.mode}, {task.name}", "trials") as bar:
        outcome = run_protocol(
            protocol, start, degradation, labels, tests, choose_device(device), on_trial=lambda figures: bar.advance()
        )
    _print(outcome, {"method": _name(backbone), "task": task.name, "protocol": protocol.mode}, protocol, as_json)
    failures = [*labels.failures.values(), *tested.failures.values()]
    print_failures(failures)
    click.get_current_context().exit(exit_code(1, len(failures)))


def _start(
    task: Task,
    backbone: str,
    network: str | None,
    options: dict[str, Any],
    skip: bool,
    fresh_domain: str | None,
    store: Path | None,
) -> tuple[Start, Domain]:
    from rcl_cli.errors import RclError
    from rcl_cli.evaluate.start import Start
    from rcl_cli.models.backbone import Backbone
    from rcl_cli.models.header import read_header
    from rcl_cli.models.store import Store
    from rcl_cli.network import get_network

    if backbone == _FRESH:
        domain = Domain(fresh_domain or Domain.RGB)
        chosen = get_network(network or task.network(domain))
        start = Start(lambda: Backbone(chosen(domain, options), skip=skip))
    else:
        if network or options or fresh_domain or not skip:
            raise click.UsageError(
                "--network, its options, --domain and --no-skip are for a fresh network, BACKBONE none"
            )
        path = Store.open(store).resolve(backbone)
        domain = read_header(path).domain
        start = Start.load(path, domain)
    if domain not in task.domains:
        raise RclError(f"the backbone is for {domain.value} pictures, on which {task.name} does not work")
    return start, domain


def _files(paths: Sequence[Path]) -> list[Path]:
    from rcl_cli.raw.folder import find_files, raws_alone

    found, errors = find_files(paths)
    if errors:
        raise errors[0]
    kept, said = raws_alone(found)
    if said:
        say(said)
    return [file.path for file in kept]


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
        print_json_line({**json_head("backbone", None), **row})
        return
    table = new_table(*row, right=[name for name, value in row.items() if not isinstance(value, str)])
    table.add_row(*(f"{value:.4f}" if isinstance(value, float) else str(value) for value in row.values()))
    print_table(table)
