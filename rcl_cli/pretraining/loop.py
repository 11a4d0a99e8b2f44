"""The pretraining loop: any pretext, Adam with the paper's constants (section 4), resumable bit for bit."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import nn

from rcl_cli.data.crops import RegionSource
from rcl_cli.data.seeds import seed_step, step_generator
from rcl_cli.models.backbone import Backbone
from rcl_cli.pretext import Losses, Pretext
from rcl_cli.pretraining.restorer import MixedPrecision
from rcl_cli.train.device import placed
from rcl_cli.train.keep import Keeper
from rcl_cli.train.optimizer import descend, require_number, share_of_rate

Metrics = dict[str, float | int]


@dataclass(frozen=True)
class LoopSettings:
    """How long and how a backbone is trained."""

    steps: int
    batch: int = 64
    """Images a step; the source has at least as many."""
    lr: float = 1e-3
    """As in the paper, where it stays the same."""
    seed: int = 0
    rise: float = 0.0
    """Part of the steps, at the start, in which the learning rate rises from 0."""
    fall: float = 0.0
    """Part of the steps, at the end, in which it falls to 0."""
    gradients_every: int = 50
    """Steps between measurements of each term's gradient norm."""

    def rate(self, step: int) -> float:
        """The learning rate of step 1 … `steps`."""
        return self.lr * share_of_rate(step, self.steps, rise=self.rise, fall=self.fall)


def run_loop(
    model: Backbone,
    optimizer: torch.optim.Optimizer,
    pretext: Pretext,
    source: RegionSource,
    settings: LoopSettings,
    *,
    start: int = 0,
    on_step: Callable[[Metrics], None],
    on_checkpoint: Callable[[int], None],
    should_stop: Callable[[], bool] = lambda: False,
) -> int:
    """Train from step `start` to `settings.steps`, or until `should_stop` between two steps; returns the steps done.

    `optimizer` has the parameters of `model` and of the pretext's modules, which are built and loaded by now.
    Each step draws from a generator of its own, so step k is the same in a whole and in a resumed run. `on_step` gets
    the metrics of each step, counted from 1; `on_checkpoint` the steps done, once a minute and at the end. Raises
    RclError when the loss is no longer a number; nothing is saved then.
    """
    device = next(model.parameters()).device
    restorer = MixedPrecision(model, device)
    side = pretext.setup.crop + pretext.margin
    keeper, step = Keeper(on_checkpoint), start
    while step < settings.steps and not should_stop():
        began, passed = time.perf_counter(), restorer.pictures
        rng = step_generator(settings.seed, step)
        seed_step(settings.seed, step)
        views = pretext.views(source.sample(settings.batch, side, rng), rng)
        losses = pretext.loss(restorer, {name: placed(view, device) for name, view in views.items()})
        norms = _gradient_norms(model, losses) if step % settings.gradients_every == 0 else {}
        step += 1
        total = require_number(descend(optimizer, losses.total, settings.rate(step)), step)
        crops_per_s = (restorer.pictures - passed) / (time.perf_counter() - began)
        on_step({"step": step, "total": total, **losses.log, **norms, "crops_per_s": crops_per_s})
        if step < settings.steps:
            keeper.after(step)
    keeper.now(step)
    return step


def _gradient_norms(model: nn.Module, losses: Losses) -> Metrics:
    """‖∂term/∂θ‖ of each weighted term: which of them steers the network."""
    parameters = [p for p in model.parameters() if p.requires_grad]
    norms: Metrics = {}
    for name, term in losses.terms.items():
        gradients = torch.autograd.grad(term, parameters, retain_graph=True, allow_unused=True)
        squares = [g.float().square().sum() for g in gradients if g is not None]
        norms[f"gradient_{name}"] = torch.stack(squares).sum().sqrt().item() if squares else 0.0
    return norms
