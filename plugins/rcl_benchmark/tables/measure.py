"""The jobs of the tables: a row for each cell, the samples of figure 2, and the backbones that they need."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import torch

from rcl_benchmark.engine.code import beside, code_version, protocol_version
from rcl_benchmark.engine.jobs import Job
from rcl_benchmark.engine.page import About
from rcl_benchmark.engine.records import digest
from rcl_benchmark.engine.row import Row
from rcl_benchmark.tables.camera import LitPictures
from rcl_benchmark.tables.densities import Patches, cut, densities, samples, true_noise
from rcl_benchmark.tables.fig2 import FIG2, NOISE, TRAINED, UNTRAINED, Sample
from rcl_benchmark.tables.methods import METHODS
from rcl_benchmark.tables.residual import with_residual
from rcl_benchmark.tables.table import Cell
from rcl_benchmark.tables.workshop import Workshop, backbone
from rcl_cli.data.pairs import Degradation, Pair
from rcl_cli.data.seeds import step_generator
from rcl_cli.evaluate.labels import PictureFiles, fixed_pairs
from rcl_cli.evaluate.protocol import Figures, measure, run_protocol
from rcl_cli.evaluate.settings import Protocol
from rcl_cli.evaluate.start import Interpolation, Start
from rcl_cli.models.backbone import Backbone, load_backbone
from rcl_cli.network import get_network
from rcl_cli.task import get_task

ROUNDS = 8
"""Pairs of crops of each test picture, of figure 2."""
_RCL = METHODS["rcl-emd"]
_LEAST_TEST_SIDE = 48
_BY_ITSELF = code_version(*beside(__file__, "residual"))
_DENSITIES = code_version(*beside(__file__, "residual", "densities"))


def cell_jobs(workshop: Workshop, cells: Sequence[Cell]) -> list[Job]:
    """One for each cell. Raises RclError where a method cannot be set up."""
    return [
        Job(
            f"{cell.title}, {workshop.domain.value}",
            measure_cell,
            (workshop,),
            {cell_key(workshop, cell): cell},
            workshop.needs(cell.method, cell.network),
        )
        for cell in cells
    ]


def cell_key(workshop: Workshop, cell: Cell) -> str:
    """A digest of everything that decides a row."""
    return digest(
        cell={"table": cell.table, "name": cell.name, "task": cell.task, "network": cell.network},
        protocol=asdict(cell.protocol) if cell.protocol else None,
        backbone=workshop.key(cell.method, cell.network) if cell.method.pretrained else "",
        tests=_tests_key(workshop, cell.task),
        **({"by itself": _BY_ITSELF} if cell.by_itself else {}),
    )


def fig2_jobs(workshop: Workshop, networks: Sequence[str]) -> list[Job]:
    """One for each network, of all samples."""
    return [
        Job(
            f"{FIG2.name}, {network}",
            measure_samples,
            (workshop, network),
            {
                digest(
                    sample=[FIG2.name, name, network],
                    backbone=workshop.key(_RCL, network),
                    tests=_tests_key(workshop, "denoise"),
                    code=_DENSITIES,
                ): name
                for name in (UNTRAINED, TRAINED, NOISE)
            },
            workshop.needs(_RCL, network),
        )
        for network in networks
    ]


def measure_cell(workshop: Workshop, cell: Cell) -> list[Row]:
    """One row."""
    degradation = degradation_of(workshop, cell.task)
    start = _start(workshop, cell)
    tests = tests_of(workshop, degradation, start.multiple)
    task, domain = degradation.task, workshop.domain
    if cell.protocol is None:
        figures = measure(task, Interpolation(task, domain), tests, workshop.device)
        return [_row(workshop, cell, None, [figures], 0.0)]
    outcome = run_protocol(cell.protocol, start, degradation, _labels(workshop), tests, workshop.device)
    labels = len(workshop.data.train) if cell.protocol.labels is None else cell.protocol.labels
    row = _row(workshop, cell, labels, outcome.trials, outcome.seconds)
    return [with_residual(row, start, task, tests, workshop.device) if cell.by_itself else row]


def measure_samples(workshop: Workshop, network: str, *names: str) -> list[Sample]:
    """Samples of figure 2, on the test pictures with noise as in pretraining."""
    trained, _ = load_backbone(backbone(workshop, _RCL, network), workshop.domain)
    torch.manual_seed(workshop.preset.pretrain.seed)  # as `pretrain` does: the weights that it started from
    untrained = Backbone(type(trained.network)(workshop.domain, vars(trained.network.options)), skip=trained.skip)
    patches = _patches(workshop, trained.network.multiple)
    residuals = [
        densities(untrained.eval(), patches, UNTRAINED),
        densities(trained.eval(), patches, TRAINED),
        true_noise(patches),
    ]
    found = {sample.sample: sample for sample in samples(network, residuals)}
    return [found[name] for name in names]


def degradation_of(workshop: Workshop, task: str) -> Degradation:
    """The task with the noise of the tables."""
    return Degradation(get_task(task), workshop.domain, workshop.noise)


def tests_of(workshop: Workshop, degradation: Degradation, multiple: int) -> list[Pair]:
    """The test pictures, the same for all methods."""
    preset = workshop.preset
    pictures = _files(workshop, workshop.data.test, _LEAST_TEST_SIDE)
    side = preset.test_side * workshop.domain.pixels
    return fixed_pairs(pictures, degradation, side, multiple, preset.pretrain.seed)


def about(workshop: Workshop, command: str, preset: str, rows: Sequence[Row] = ()) -> About:
    """What the page says of its run; `rows`: those of the page."""
    made, data = workshop.preset, workshop.data
    pretraining = made.pretrain
    low, high = pretraining.sigma_range or (0.0, 0.0)
    settings = {
        "pretraining": f"{pretraining.steps} steps of {pretraining.batch} crops of {pretraining.crop}²",
        "network": ", ".join(f"{name} {value}" for name, value in pretraining.network_options.items()),
        "encoder": Path(workshop.encoder).name,
        "σ at white": f"{low:g} to {high:g} of 255",
        "last layer": _words(made.proxy),
        "finetuning": _words(made.finetune),
        **({"trials of all rows": f"{sum(row.seconds for row in rows) / 60:.0f} min"} if rows else {}),
    }
    facts = (
        f"Preset {preset}",
        f"Seed {pretraining.seed} (trials 0 to {made.proxy.trials - 1})",
        f"{len(data.train)} pictures to learn from, the middle {made.test_side}² of {len(data.test)} others",
        f"Settings: {', '.join(f'{name} {value}' for name, value in settings.items())}",
    )
    return About(command, facts, workshop.device.type)


def _tests_key(workshop: Workshop, task: str) -> str:
    """Of the protocol's code, and of the pictures that it judges by."""
    pretraining = workshop.preset.pretrain
    network = get_network(pretraining.network)
    return digest(
        network=[pretraining.network, pretraining.network_options],
        noise=pretraining.sigma_range,
        test=[workshop.preset.test_side, pretraining.seed],
        data=workshop.pictures,
        code=protocol_version(network, type(get_task(task))),
    )


def _patches(workshop: Workshop, multiple: int) -> Patches:
    pairs = tests_of(workshop, degradation_of(workshop, "denoise"), multiple)
    settings = workshop.preset.pretrain
    rng = step_generator(settings.seed, 0)
    return cut([pair.target for pair in pairs], [pair.x for pair in pairs], settings.crop, ROUNDS, rng)


def _labels(workshop: Workshop) -> PictureFiles:
    return _files(workshop, workshop.data.train, workshop.preset.pretrain.crop * workshop.domain.pixels)


def _files(workshop: Workshop, paths: Sequence[Path], least_side: int) -> PictureFiles:
    return LitPictures(paths, least_side) if workshop.domain.is_raw else PictureFiles(paths, least_side, linear=True)


def _start(workshop: Workshop, cell: Cell) -> Start:
    if cell.method.pretrained:
        return Start.load(backbone(workshop, cell.method, cell.network), workshop.domain)
    settings = workshop.settings(cell.method, cell.network)
    network = get_network(settings.network)
    return Start(lambda: Backbone(network(workshop.domain, settings.network_options), skip=settings.skip))


def _row(workshop: Workshop, cell: Cell, labels: int | None, trials: Sequence[Figures], seconds: float) -> Row:
    figures = [(trial["psnr_db"], trial["ssim"]) for trial in trials]
    return Row.of_trials(
        cell.table, cell.name, cell.task, cell.network, workshop.domain.value, labels, figures, seconds
    )


def _words(protocol: Protocol) -> str:
    return f"{protocol.steps} steps of {protocol.batch} crops of {protocol.crop}²"
