"""A training step of `rcl pretrain`, beside its network's own forward and backward passes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor

from rcl_benchmark.speed.calibrate import raws
from rcl_benchmark.speed.names import STEP
from rcl_benchmark.speed.side import Case, Side, Size, Work
from rcl_cli.data.crops import RegionSource
from rcl_cli.data.seeds import step_generator
from rcl_cli.models.backbone import Backbone
from rcl_cli.models.store import Store
from rcl_cli.pretext import Pretext, PretextSetup, Views
from rcl_cli.pretraining.loop import LoopSettings, run_loop
from rcl_cli.pretraining.noise_level import levels_known, noise_level
from rcl_cli.pretraining.parts import Parts
from rcl_cli.pretraining.prepare import collect
from rcl_cli.pretraining.restorer import MixedPrecision
from rcl_cli.pretraining.settings import PRESETS, PretrainSettings
from rcl_cli.train.device import place_module, placed
from rcl_cli.train.optimizer import descend, make_optimizer
from rcl_cli.train.watch import NOBODY

_NETWORK, _RESIDENT = "the network, forward and backward", "step on tensors in memory"
_STEPS = 4
"""In one go, so that what comes ahead of a step can."""
_MEGAPIXELS = 0.3
"""Of a picture: enough for any crop."""


def cases(size: Size, folder: Path) -> list[Case]:
    """With the default preset but for its batch, on Bayer raws.

    One thread trains: where others want the cores too, several wait for each other for most of the time.
    """
    given = folder, size.batch
    sides = (
        Side(_NETWORK, prepare=network, arguments=given, amount=_STEPS),
        Side(_RESIDENT, prepare=resident, arguments=given, amount=_STEPS),
        Side("step on files of the disk, as rcl pretrain does it", prepare=from_disk, arguments=given, amount=_STEPS),
    )
    settings = PRESETS["default"]
    name = f"preset default, {size.batch} crops of {settings.crop}², one thread"
    return [Case(STEP, name, "step", sides, _NETWORK, one_core=True)]


@dataclass(frozen=True)
class Training:
    """All that a step needs."""

    settings: PretrainSettings
    source: RegionSource
    pretext: Pretext
    backbone: Backbone
    optimizer: torch.optim.Optimizer

    @classmethod
    def begin(cls, folder: Path, batch: int) -> Training:
        """As `rcl pretrain` begins, with the pictures decoded into its cache."""
        place = folder / f"pictures-{batch}"
        raws(place, _MEGAPIXELS, batch)
        settings = replace(PRESETS["default"], batch=batch)
        parts, device = Parts.load(settings), torch.device("cpu")
        pictures = collect([place], parts, folder / "cache", 1, Store.open(folder / "no-store"), NOBODY)
        source = pictures.source
        levels = {"noise": noise_level(source), "noise_levels": levels_known(source)}
        pretext = parts.make(PretextSetup(pictures.domain, settings.crop, None, steps=settings.steps, **levels))  # type: ignore[arg-type]
        torch.manual_seed(0)
        backbone = Backbone(parts.make_network(pictures.domain), skip=settings.skip)
        place_module(backbone, device)
        return cls(settings, source, pretext, backbone, make_optimizer(backbone, settings.lr))

    @property
    def restorer(self) -> MixedPrecision:
        """The network as the pretext sees it."""
        return MixedPrecision(self.backbone, torch.device("cpu"))

    @property
    def views(self) -> Views:
        """Those of one step."""
        rng, side = step_generator(0, 0), self.settings.crop + self.pretext.margin
        views = self.pretext.views(self.source.sample(self.settings.batch, side, rng), rng)
        return {name: placed(view, torch.device("cpu")) for name, view in views.items()}


class Passes(MixedPrecision):
    """The network, which notes what passes through it."""

    def __init__(self, training: Training) -> None:
        super().__init__(training.backbone, torch.device("cpu"))
        self.seen: list[tuple[Tensor, Tensor | None]] = []

    def __call__(self, x: Tensor, sigma: Tensor | None = None) -> Tensor:
        """As ever."""
        self.seen.append((x, sigma))
        return super().__call__(x, sigma)


def network(folder: Path, batch: int) -> Work:
    """What a step sends through the network, and back by the simplest loss; no optimiser."""
    training = Training.begin(folder, batch)
    passes = Passes(training)
    training.pretext.loss(passes, training.views)
    inputs, restorer = list(passes.seen), training.restorer

    def work() -> None:
        for _ in range(_STEPS):
            training.optimizer.zero_grad()
            results = [restorer(x, sigma).square().mean() for x, sigma in inputs]
            torch.autograd.backward(torch.stack(results).sum())

    return work


def resident(folder: Path, batch: int) -> Work:
    """Loss and optimiser on views that are there."""
    training = Training.begin(folder, batch)
    views, restorer = training.views, training.restorer

    def work() -> None:
        for _ in range(_STEPS):
            descend(training.optimizer, training.pretext.loss(restorer, views).total, training.settings.lr)

    return work


def from_disk(folder: Path, batch: int) -> Work:
    """The loop, crops drawn from the cache of decoded pictures in each step."""
    training = Training.begin(folder, batch)
    done = 1  # the first step would measure gradient norms

    def work() -> None:
        nonlocal done
        settings = LoopSettings(done + _STEPS, batch, gradients_every=10**9)
        run_loop(
            training.backbone,
            training.optimizer,
            training.pretext,
            training.source,
            settings,
            start=done,
            on_step=lambda metrics: None,
            on_checkpoint=lambda step: None,
        )
        done += _STEPS

    return work
