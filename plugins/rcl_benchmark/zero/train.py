"""Training one denoiser of the comparison."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import nn

from rcl_benchmark.zero.data import NoisyPicture, region_source
from rcl_benchmark.zero.methods import Method
from rcl_benchmark.zero.presets import Budget
from rcl_cli.domain import Domain
from rcl_cli.models.backbone import Backbone
from rcl_cli.network import get_network
from rcl_cli.pretext import Pretext, PretextSetup, get_pretext
from rcl_cli.pretraining.loop import LoopSettings, Metrics, run_loop
from rcl_cli.pretraining.noise_level import levels_known, noise_level
from rcl_cli.pretraining.parts import Parts
from rcl_cli.pretraining.settings import PretrainSettings
from rcl_cli.train.device import place_module
from rcl_cli.train.optimizer import make_optimizer

_CONTRAST = "rcl"


def train(
    method: Method,
    budget: Budget,
    pictures: Sequence[NoisyPicture],
    domain: Domain,
    seed: int,
    device: torch.device,
    *,
    contrast: float = 0.0,
    on_step: Callable[[Metrics], None] = lambda metrics: None,
) -> Backbone:
    """The method's network after `budget.steps`, the same with the same `seed`.

    `contrast`: weight of the residual contrast, for methods that it joins. Raises RclError where training diverges.
    """
    source = region_source(pictures, domain, clean=method.clean)
    setup = PretextSetup(
        domain, budget.crop, noise=noise_level(source), noise_levels=levels_known(source), steps=budget.steps
    )
    pretext = _parts(method, contrast).make(setup)
    torch.manual_seed(seed)
    backbone = Backbone(get_network("unet")(domain, {"width": budget.width, "depth": budget.depth}))
    trained = nn.ModuleDict({"backbone": backbone, "pretext": pretext.build_modules(backbone)})
    place_module(trained, device)
    loop = LoopSettings(
        budget.steps,
        min(budget.batch, len(source)),
        budget.lr,
        seed,
        rise=budget.rise,
        fall=budget.fall,
        gradients_every=budget.steps,
    )
    optimizer = make_optimizer(trained, budget.lr)
    run_loop(backbone, optimizer, pretext, source, loop, on_step=on_step, on_checkpoint=lambda step: None)
    return backbone.eval()


def pretexts(method: Method) -> list[type[Pretext]]:
    """What the method learns by; none where there is nothing to train."""
    if method.pretext is None:
        return []
    return [get_pretext(name) for name in (method.pretext, *([_CONTRAST] if method.contrast else []))]


def _parts(method: Method, contrast: float) -> Parts:
    main, *joining = pretexts(method)
    joins = {pretext.name: {"alpha": contrast} for pretext in joining}
    settings = PretrainSettings(pretext=main.name, options=dict(method.options), joins=joins, encoder="none")
    return Parts(settings, main, tuple(joining), get_network("unet"))
