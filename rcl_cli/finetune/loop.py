"""The few-label loop: a head, and unless frozen the backbone under it, trained on pairs of one task."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from rcl_cli.data.pairs import Pair, PairSource, batch
from rcl_cli.device import autocast, choose_device, step_generator
from rcl_cli.errors import RclError
from rcl_cli.nn.model import TaskModel
from rcl_cli.task import Task

Record = dict[str, float]
_RISE, _FALL = 0.05, 0.25
"""Parts of the steps in which the learning rate rises and falls."""
_ODD = 4.0
"""Times the usual norm of the gradient."""


@dataclass(frozen=True)
class FinetuneSettings:
    """How long and how."""

    steps: int = 2000
    batch: int = 8
    learning_rate: float = 2e-3
    """Of Adam with β = (0.9, 0.999) and ε = 1e-7 (the paper's, section 4); rises from 0 in the first twentieth of the
    steps and falls to 0 in the last quarter.

    The paper has 1e-3 throughout. Within 250 to 400 steps from scratch, the double learnt more on two tasks, and the
    fall at the end cost nothing, while a cosine over the whole run fell too early.
    """
    freeze: bool = False
    """Train the head alone."""
    validate_every: int = 200
    seed: int = 0
    device: str = "auto"


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


def finetune(
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
    training early and well. Raises RclError where the loss is no longer finite.
    """
    device = choose_device(settings.device)
    model.to(device)
    trained = _trained_parameters(model, freeze=settings.freeze)
    optimiser = torch.optim.Adam(trained, settings.learning_rate, betas=(0.9, 0.999), eps=1e-7)
    limit = _GradientLimit()
    held_out = pairs.validation()
    start = validate(task, model, held_out, device)
    best, step, interrupted = _Best(0, start, _copied(model)), 0, False
    log({"step": 0, **_prefixed(start)})
    try:
        losses: list[float] = []
        words = _words(start)
        for step, pair in enumerate(_batches(pairs, settings), start=1):
            optimiser.param_groups[0]["lr"] = _rate(settings, step)
            losses.append(_train_step(task, model, pair, optimiser, limit, device))
            if not math.isfinite(losses[-1]):
                raise RclError(f"the loss is {losses[-1]} at step {step}; use a smaller --lr")
            if step % settings.validate_every == 0 or step == settings.steps:
                figures = validate(task, model, held_out, device)
                best = best.or_better(step, figures, model)
                mean, rate = math.fsum(losses) / len(losses), _rate(settings, step)
                log({"step": step, "loss": mean, "learning_rate": rate, **_prefixed(figures)})
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
        prediction = predict(task, model, pair, device).cpu()
        loss = float(task.loss(prediction, pair.target[None]))
        rows.append({"loss": loss, **task.metrics(prediction[0], pair.target)})
    return {name: math.fsum(row[name] for row in rows) / len(rows) for name in rows[0]}


def predict(task: Task, model: TaskModel, pair: Pair, device: torch.device) -> Tensor:
    """The float32 prediction for a pair, or for a batch of pairs: (N, C_out, h·U, w·U)."""
    x, sigma = (t if t.ndim == 4 else t[None] for t in (pair.x, pair.sigma))
    with autocast(device):
        y: Tensor = model(x.to(device), sigma.to(device) if task.noise_aware else None)
    return y.float()


def quality(figures: dict[str, float]) -> float:
    """What "best" means: PSNR where the task measures it, else the negative loss."""
    return figures.get("psnr_db", -figures["loss"])


def _train_step(
    task: Task,
    model: TaskModel,
    pair: Pair,
    optimiser: torch.optim.Adam,
    limit: _GradientLimit,
    device: torch.device,
) -> float:
    model.train()
    optimiser.zero_grad(set_to_none=True)
    loss = task.loss(predict(task, model, pair, device), pair.target.to(device))
    loss.backward()  # type: ignore[no-untyped-call]
    limit(optimiser.param_groups[0]["params"])
    optimiser.step()
    return float(loss.detach())


def _batches(pairs: PairSource, settings: FinetuneSettings) -> Iterator[Pair]:
    # One batch is made while the network works on the one before.
    def make(step: int) -> Pair:
        return batch(pairs, settings.batch, step_generator(settings.seed, step))

    with ThreadPoolExecutor(1) as pool:
        ahead = pool.submit(make, 1)
        for step in range(1, settings.steps + 1):
            ready = ahead.result()
            if step < settings.steps:
                ahead = pool.submit(make, step + 1)
            yield ready


def _trained_parameters(model: TaskModel, *, freeze: bool) -> list[nn.Parameter]:
    model.requires_grad_(True)
    model.unet.requires_grad_(not freeze)
    return [p for p in model.parameters() if p.requires_grad]


def _rate(settings: FinetuneSettings, step: int) -> float:
    done = (step - 1) / settings.steps
    return settings.learning_rate * min(1.0, step / (_RISE * settings.steps), (1.0 - done) / _FALL)


@dataclass
class _GradientLimit:
    """Gradients are cut to a few times their usual norm: one odd batch must not undo what a backbone has learnt."""

    usual: float = 0.0

    def __call__(self, parameters: Sequence[nn.Parameter]) -> None:
        limit = _ODD * self.usual if self.usual else math.inf
        norm = float(nn.utils.clip_grad_norm_(parameters, limit).detach())
        self.usual = norm if not self.usual else 0.98 * self.usual + 0.02 * min(norm, limit)


def _copied(model: nn.Module) -> dict[str, Tensor]:
    return {name: value.detach().cpu().clone() for name, value in model.state_dict().items()}


def _prefixed(figures: dict[str, float]) -> Record:
    return {f"val_{name}": value for name, value in figures.items()}


def _words(figures: dict[str, float]) -> str:
    names = {"psnr_db": "{:.2f} dB", "ssim": "SSIM {:.4f}"}
    shown = [form.format(figures[name]) for name, form in names.items() if name in figures]
    return "validation " + ", ".join(shown or [f"loss {figures['loss']:.4g}"])
