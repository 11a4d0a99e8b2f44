"""The few-label loop: a head, and unless frozen the backbone under it, trained on pairs of one task."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor, nn

from rcl_cli.data.pairs import Pair, PairSource, batch
from rcl_cli.errors import RclError
from rcl_cli.measure.metrics import mean_figures
from rcl_cli.models.task_model import TaskModel
from rcl_cli.task import Task
from rcl_cli.train.batches import Seen, batches, predict
from rcl_cli.train.descent import Descent
from rcl_cli.train.device import autocast, choose_device, place_module

Record = dict[str, float]
_ASTRAY = 2.0
"""A validation loss this many times the best one means that the training has diverged."""


@dataclass(frozen=True)
class FinetuneSettings:
    """How long and how."""

    steps: int = 2000
    batch: int = 8
    learning_rate: float = 1e-3
    """The paper's (section 4), but rising at the start and falling to 0 in the last quarter of the steps, which was
    0.4 dB better after 400 steps of demosaicing than a cosine over the whole run.

    The double learns more in the first 400 steps, but of four runs of 2000 to 4000 steps two diverged.
    """
    freeze: bool = False
    """Train the head alone."""
    validate_every: int = 200
    seed: int = 0
    device: str = "auto"

    def __post_init__(self) -> None:
        """Raises RclError for settings by which nothing would be learnt."""
        for name in ("steps", "batch", "validate_every"):
            if getattr(self, name) < 1:
                raise RclError(f"--{name.replace('_', '-')} must be 1 or more")
        if not 0 < self.learning_rate < math.inf:
            raise RclError("--lr must be above 0")


@dataclass(frozen=True)
class FinetuneResult:
    """What came out; the model holds the weights of the best validation."""

    best_step: int
    """0: nothing beat the model as it came in."""
    figures: dict[str, float]
    """Mean validation metrics at that step, and `loss`."""
    start: dict[str, float]
    """The same before the first step."""
    steps: int
    """Steps done."""
    interrupted: bool = False


@dataclass(frozen=True)
class _Best:
    step: int
    figures: dict[str, float]
    weights: dict[str, Tensor]

    def or_better(self, step: int, figures: dict[str, float], model: nn.Module) -> _Best:
        return _Best(step, figures, _copied(model)) if quality(figures) > quality(self.figures) else self


def train_head(
    task: Task,
    model: TaskModel,
    pairs: PairSource,
    settings: FinetuneSettings,
    *,
    log: Callable[[Record], None] = lambda record: None,
    advance: Callable[[str], None] = lambda words: None,
) -> FinetuneResult:
    """Train `model` in place and leave it, in evaluation mode, with its best weights by validation.

    `log` hears of each validation: `step`, `loss` (mean of the training steps since the last one), `learning_rate`, and
    `val_…` for each figure. `advance` hears after each step, with a few words for a progress bar. Ctrl-C ends the
    training early and well. Where the training diverges it goes back to the best weights and on more slowly, or ends
    where that has not helped several times; `log` hears `restored`, the step it went back to.
    """
    device = choose_device(settings.device)
    place_module(model, device)
    trained = _trained_parameters(model, freeze=settings.freeze)
    descent = Descent(trained, settings.learning_rate, settings.steps)
    held_out = pairs.validation()
    start = validate(task, model, held_out, device)
    best, step, interrupted = _Best(0, start, _copied(model)), 0, False
    drawn = batches(partial(batch, pairs), settings.batch, settings.seed, settings.steps)
    log({"step": 0, **_prefixed(start)})
    try:
        losses: list[float] = []
        words = _words(start)
        for step, pair in enumerate(drawn, start=1):
            seen = Seen.by(model.train(), pair, device, told=task.noise_aware)
            with autocast(device):
                prediction = model.seen(seen.x, seen.sigma)
            loss = task.loss(prediction.float(), seen.target)
            losses.append(descent.step(step, loss))
            finite = math.isfinite(losses[-1])
            if not finite or step % settings.validate_every == 0 or step == settings.steps:
                figures, hopeful = validate(task, model, held_out, device), True
                record = {"step": step, "loss": math.fsum(losses) / len(losses), "learning_rate": descent.rate(step)}
                if finite and figures["loss"] < _ASTRAY * best.figures["loss"]:
                    best = best.or_better(step, figures, model)
                else:
                    model.load_state_dict(best.weights)
                    hopeful = descent.slow_down()
                    record["restored"] = best.step
                log({**record, **_prefixed(figures)})
                if not hopeful:
                    break
                losses, words = [], _words(figures)
            advance(words)
    except KeyboardInterrupt:
        interrupted = True
    model.load_state_dict(best.weights)
    model.eval().requires_grad_(True)
    return FinetuneResult(best.step, best.figures, start, step, interrupted)


@torch.no_grad()
def validate(task: Task, model: TaskModel, pairs: Sequence[Pair], device: torch.device) -> dict[str, float]:
    """Mean of the task's metrics, and of its `loss`, over `pairs`."""
    model.eval()
    rows: list[dict[str, float]] = []
    for pair in pairs:
        prediction = predict(model, pair, device, told=task.noise_aware).cpu()
        loss = float(task.loss(prediction, pair.target[None]))
        rows.append({"loss": loss, **task.metrics(prediction[0], pair.target)})
    return mean_figures(rows)


def quality(figures: dict[str, float]) -> float:
    """What "best" means: PSNR where the task measures it, else the negative loss."""
    return figures.get("psnr_db", -figures["loss"])


def _trained_parameters(model: TaskModel, *, freeze: bool) -> list[nn.Parameter]:
    model.requires_grad_(True)
    model.network.requires_grad_(not freeze)
    return [p for p in model.parameters() if p.requires_grad]


def _copied(model: nn.Module) -> dict[str, Tensor]:
    return {name: value.detach().cpu().clone() for name, value in model.state_dict().items()}


def _prefixed(figures: dict[str, float]) -> Record:
    return {f"val_{name}": value for name, value in figures.items()}


def _words(figures: dict[str, float]) -> str:
    names = {"psnr_db": "{:.2f} dB", "ssim": "SSIM {:.4f}"}
    shown = [form.format(figures[name]) for name, form in names.items() if name in figures]
    return "validation " + ", ".join(shown or [f"loss {figures['loss']:.4g}"])
