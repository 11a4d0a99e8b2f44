"""The pretraining loop: any pretext, Adam with the paper's constants (section 4), resumable bit for bit."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from rcl_cli.data.crops import RegionSource
from rcl_cli.data.seeds import seed_step, step_generator
from rcl_cli.models.backbone import Backbone
from rcl_cli.pretext import Losses, Pretext, Views
from rcl_cli.pretraining.restorer import MixedPrecision
from rcl_cli.train.ahead import ahead
from rcl_cli.train.device import pinned, placed
from rcl_cli.train.keep import Keeper
from rcl_cli.train.optimizer import descend, require_number, share_of_rate
from rcl_cli.train.processes import ALONE, Lost, Processes
from rcl_cli.train.readings import Numbers, Readings

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
    on_lost: Callable[[int], None] = lambda step: None,
    should_stop: Callable[[], bool] = lambda: False,
    team: Processes = ALONE,
) -> int:
    """Train from step `start` to `settings.steps`, or until `should_stop` between two steps; returns the steps done.

    `optimizer` has the parameters of `model` and of the pretext's modules, which are built and loaded by now.
    Each step draws from a generator of its own, so step k is the same in a whole and in a resumed run. `on_step` gets
    the metrics of each step, counted from 1, those of a few steps together where the network is not on the CPU;
    `on_checkpoint` the steps done, once a minute and at the end. Raises RclError when the loss is no longer a number;
    nothing is saved then.

    The processes of a `team` each call this with the same arguments, and end with the same weights at the same step, as
    one process would but for rounding. `on_lost` gets the steps done where one of them has ended and Lost is raised:
    the weights are those after that step, but the pretext's modules may be in the midst of the next.
    """
    device = next(model.parameters()).device
    restorer = MixedPrecision(model, device, team)
    side = pretext.setup.crop + pretext.margin

    def views(step: int) -> Views:
        rng = step_generator(settings.seed, step)
        made = pretext.views(source.sample(settings.batch, side, rng), rng)
        return {name: pinned(view, device) for name, view in made.items()}

    def save(step: int) -> None:
        readings.read()
        on_checkpoint(step)

    readings, keeper, step = Readings(device, _Reports(restorer, on_step)), Keeper(save), start
    try:
        with closing(ahead(views, range(start, settings.steps), device)) as made:
            while step < settings.steps and not team.any(should_stop()):
                drawn = {name: placed(view, device) for name, view in next(made).items()}
                seed_step(settings.seed, step)
                losses = pretext.loss(restorer, drawn)
                norms = _gradient_norms(model, losses) if step % settings.gradients_every == 0 else {}
                total = descend(optimizer, losses.total, settings.rate(step + 1))
                step += 1
                readings.add({"step": step, "total": total, **losses.log, **norms})
                if step < settings.steps:
                    keeper.after(step)
    except Lost:
        on_lost(step)
        raise
    keeper.now(step)
    return step


class _Reports:
    """Tells `on_step` of each step, with the pictures a second since the last time."""

    def __init__(self, restorer: MixedPrecision, on_step: Callable[[Metrics], None]) -> None:
        self._restorer, self._on_step = restorer, on_step
        self._last, self._passed = time.perf_counter(), restorer.pictures

    def __call__(self, rows: Sequence[Numbers]) -> None:
        now, passed = time.perf_counter(), self._restorer.pictures
        crops_per_s = (passed - self._passed) / (now - self._last)
        for row in rows:
            require_number(row["total"], int(row["step"]))
            self._on_step({**row, "crops_per_s": crops_per_s})
        self._last, self._passed = now, passed


def _gradient_norms(model: nn.Module, losses: Losses) -> dict[str, Tensor]:
    """‖∂term/∂θ‖ of each weighted term: which of them steers the network."""
    parameters = [p for p in model.parameters() if p.requires_grad]
    norms: dict[str, Tensor] = {}
    for name, term in losses.terms.items():
        gradients = torch.autograd.grad(term, parameters, retain_graph=True, allow_unused=True)
        squares = [g.float().square().sum() for g in gradients if g is not None]
        norms[f"gradient_{name}"] = torch.stack(squares).sum().sqrt() if squares else torch.zeros(())
    return norms
