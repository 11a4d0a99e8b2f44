"""One pretraining run in its folder: the encoder, the network, the loop, and the files that they leave."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import nn

from rcl_cli.data.crops import RegionSource
from rcl_cli.data.seeds import step_generator
from rcl_cli.errors import RclError
from rcl_cli.files import exists
from rcl_cli.models.backbone import Backbone, save_backbone
from rcl_cli.models.header import Header
from rcl_cli.models.store import BACKBONE
from rcl_cli.models.task_model import denoiser, save_head
from rcl_cli.nn.encoder import Encoder
from rcl_cli.noise import SigmaNoise
from rcl_cli.pretext import PretextSetup
from rcl_cli.pretraining.encoders import load_encoder
from rcl_cli.pretraining.loop import LoopSettings, Metrics, run_loop
from rcl_cli.pretraining.noise_level import levels_known, noise_level
from rcl_cli.pretraining.parts import Parts
from rcl_cli.pretraining.pictures import Pictures
from rcl_cli.pretraining.self_encoder import (
    LAYERS,
    MomentumContrast,
    load_self_encoder,
    save_self_encoder,
    train_self_encoder,
)
from rcl_cli.pretraining.settings import PretrainSettings
from rcl_cli.train.device import place_module
from rcl_cli.train.log import MetricsLog
from rcl_cli.train.optimizer import make_optimizer
from rcl_cli.train.processes import ALONE, Processes
from rcl_cli.train.state import load_state, save_state

DENOISER = "denoise.safetensors"
ENCODER = "encoder.safetensors"
ENCODER_STATE = "encoder-state.safetensors"
METRICS = "metrics.jsonl"
STATE = "state.safetensors"
_SAMPLE = 16
_ENCODER_CROP = 48
_ASTRAY = 100.0
"""A network whose results are so many times as large as its inputs has gone astray: both are brightnesses."""


@dataclass(frozen=True)
class Result:
    """How a run ended."""

    backbone: Path
    step: int
    finished: bool
    """False where it was stopped before its last step."""
    denoiser: Path | None = None
    """The same network as a head for `denoise`, where the pretext makes a denoiser."""
    lacks_skip: bool = False
    """The pretext makes a denoiser, but a plain network cannot be that head."""


def make_encoder(
    parts: Parts,
    source: RegionSource,
    folder: Path,
    device: torch.device,
    *,
    resume: bool = False,
    on_step: Callable[[float], None] = lambda loss: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Encoder | None:
    """The run's encoder, its layers standardised on the pictures; None where nothing needs one.

    The self encoder is trained and kept in `folder`; `resume` takes the one kept there, or goes on with it. Raises
    RclError as `load_encoder` does, KeyboardInterrupt where `should_stop` says so while it is trained.
    """
    settings, chosen = parts.settings, parts.encoder(levels_known(source))
    if chosen == "none":
        return None
    encoder = (
        _self_encoder(settings, source, folder, device, resume, on_step, should_stop)
        if chosen == "self"
        else load_encoder(chosen, source.domain, settings.layers or None)
    ).to(device)
    sample = source.batch(min(_SAMPLE, len(source)), settings.crop, step_generator(settings.seed, -1))
    encoder.standardise(sample.to(device))
    return encoder


def _self_encoder(
    settings: PretrainSettings,
    source: RegionSource,
    folder: Path,
    device: torch.device,
    resume: bool,
    on_step: Callable[[float], None],
    should_stop: Callable[[], bool],
) -> Encoder:
    layers, path, state = settings.layers or LAYERS, folder / ENCODER, folder / ENCODER_STATE
    if not (resume and path.is_file()):
        if not resume:
            state.unlink(missing_ok=True)
        training = MomentumContrast(steps=settings.encoder_steps, crop=min(_ENCODER_CROP, settings.crop))
        encoder = train_self_encoder(
            source, training, settings.seed, device, on_step=on_step, state=state, should_stop=should_stop
        )
        save_self_encoder(path, encoder, settings.encoder_steps)
        state.unlink(missing_ok=True)
    try:
        return load_self_encoder(path, source.domain, layers)
    except ValueError as error:
        raise RclError(f"--encoder-layers: {error}") from error


def train(
    parts: Parts,
    pictures: Pictures,
    encoder: Encoder | None,
    folder: Path,
    device: torch.device,
    *,
    resume: bool = False,
    on_step: Callable[[Metrics], None] = lambda metrics: None,
    should_stop: Callable[[], bool] = lambda: False,
    team: Processes = ALONE,
) -> Result:
    """Train a backbone on `pictures` and leave it, the run's state and its metrics in `folder`.

    Where the pretext makes a denoiser and the network has the skip of a denoise head, that head is left there too.
    It is saved once a minute and where `should_stop` says so; `resume` goes on from there, or begins where nothing has
    been saved. Raises RclError where the pretext does not know the domain or has other settings, and where the network
    has gone astray: nothing is saved then. Of a `team` the first process writes.
    """
    settings, source = parts.settings, pictures.source
    parts.check_domain(pictures.domain)
    setup = PretextSetup(
        pictures.domain,
        settings.crop,
        encoder,
        noise=noise_level(source),
        noise_levels=levels_known(source),
        steps=settings.steps,
    )
    pretext = parts.make(setup)
    torch.manual_seed(settings.seed)
    backbone = Backbone(parts.make_network(pictures.domain), skip=settings.skip)
    trained = nn.ModuleDict({"backbone": backbone, "pretext": pretext.build_modules(backbone)})
    place_module(trained, device)
    optimizer = make_optimizer(trained, settings.lr)
    start = load_state(folder / STATE, trained, optimizer) if resume and exists(folder / STATE) else 0
    denoises = pretext.denoises and settings.skip
    loop = LoopSettings(
        settings.steps, min(settings.batch, len(source)), settings.lr, settings.seed, fall=settings.fall
    )
    if loop.batch < team.count:
        raise RclError(f"{team.count} processes cannot divide a batch of {loop.batch}; use fewer processes")

    def save(step: int) -> None:
        if step == settings.steps:
            _require_sane(backbone, source, settings, device)
        save_state(folder / STATE, trained, optimizer, step)
        header = replace(_header(settings, pictures, pretext.describe(), step), name=folder.name)
        save_backbone(folder / BACKBONE, backbone, header)
        if denoises:
            head = replace(header, kind="head", task="denoise", name=f"{folder.name}-denoise", parent=folder.name)
            save_head(folder / DENOISER, denoiser(backbone), head)

    run = partial(run_loop, backbone, optimizer, pretext, source, loop, start=start, should_stop=should_stop, team=team)
    if not team.first:
        step = run(on_step=lambda metrics: None, on_checkpoint=lambda step: None)
        return Result(folder / BACKBONE, step, step >= settings.steps)
    with MetricsLog(folder / METRICS, start or None) as log:

        def report(metrics: Metrics) -> None:
            log.write(metrics)
            on_step(metrics)

        # What a pretext keeps may be in the midst of a step; the last state saved is not.
        on_lost = (lambda step: None) if trained["pretext"].state_dict() else save
        step = run(on_step=report, on_checkpoint=save, on_lost=on_lost)
    return Result(
        folder / BACKBONE,
        step,
        step >= settings.steps,
        folder / DENOISER if denoises else None,
        pretext.denoises and not denoises,
    )


@torch.no_grad()
def _require_sane(backbone: Backbone, source: RegionSource, settings: PretrainSettings, device: torch.device) -> None:
    x = source.batch(min(_SAMPLE, len(source)), settings.crop, step_generator(settings.seed, -1)).to(device)
    size, limit = backbone(x).square().mean().sqrt(), _ASTRAY * max(float(x.square().mean().sqrt()), 1e-3)
    if not float(size) < limit:
        raise RclError(f"the training went astray: its results are about {float(size):.3g}; use a smaller --lr")


def _header(settings: PretrainSettings, pictures: Pictures, options: dict[str, Any], step: int) -> Header:
    noise = SigmaNoise(*settings.sigma_range).describe() if settings.sigma_range else {"kind": "as in the pictures"}
    return Header(
        "backbone",
        pictures.domain,
        step=step,
        noise=noise,
        data=pictures.data,
        camera=pictures.camera,
        notes={
            "pretext": settings.pretext,
            "options": options,
            "encoder": settings.encoder,
            "crop": settings.crop,
            "batch": min(settings.batch, len(pictures.used)),
            "seed": settings.seed,
        },
    )
