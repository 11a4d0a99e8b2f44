"""The few-label loop: a head, and unless frozen the backbone under it, trained on pairs of one task."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch
from torch import Tensor, nn

from rcl_cli.data.pairs import Pair, PairSource, batch
from rcl_cli.data.seeds import seed_step
from rcl_cli.errors import CheckpointError, RclError
from rcl_cli.measure.metrics import mean_figures
from rcl_cli.models.task_model import TaskModel
from rcl_cli.task import Task
from rcl_cli.train.batches import Seen, batches, predict
from rcl_cli.train.descent import Descent
from rcl_cli.train.device import autocast, choose_device, place_module
from rcl_cli.train.few_label_run import Record, Run, of_validation
from rcl_cli.train.keep import Keeper
from rcl_cli.train.processes import ALONE, Lost, Processes


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
    diverged: bool = False
    """It went astray again and again, however slow it was made, and was given up."""

    @property
    def learnt(self) -> bool:
        """Whether the model is any better than it came in, and came about without going astray for good."""
        return self.best_step > 0 and not self.diverged and all(map(math.isfinite, self.figures.values()))


def train_head(
    task: Task,
    model: TaskModel,
    pairs: PairSource,
    settings: FinetuneSettings,
    *,
    log: Callable[[Record], None] = lambda record: None,
    advance: Callable[[str], None] = lambda words: None,
    state: Path | None = None,
    resume: bool = False,
    should_stop: Callable[[], bool] = lambda: False,
    team: Processes = ALONE,
) -> FinetuneResult:
    """Train `model` in place and leave it, in evaluation mode, with its best weights by validation.

    `log` hears of each validation: `step`, `loss` (mean of the training steps since the last one), `learning_rate`, and
    `val_…` for each figure. `advance` hears after each step, with a few words for a progress bar. `should_stop` is
    asked before each, and Ctrl-C ends the training early and well. Where the training diverges it goes back to the best
    weights and on more slowly, or ends where that has not helped several times; `log` hears `restored`, the step it
    went back to.

    `state`: a file in which the run is kept, from the start and once a minute; with `resume` it goes on from there, bit
    for bit as if it had not stopped. Raises FileError where that cannot be read, or the last state not be written.

    The processes of a `team` each call this with the same arguments, but for the device, and end with the same weights,
    as one process would but for rounding. The first one validates and writes. Raises RclError for a network that cannot
    be divided, and Lost where another process has ended; what there is by then is saved.
    """
    device = choose_device(settings.device)
    place_module(model, device)
    descent = Descent(_trained_parameters(model, freeze=settings.freeze), settings.learning_rate, settings.steps)
    team.share(model)
    held_out = pairs.validation() if team.first else []

    def through(x: Tensor, sigma: Tensor | None) -> Tensor:
        with autocast(device):
            prediction = model.seen(x, sigma)
        return prediction.float()

    if resume and state is not None:
        run = Run.load(state, model, descent)
    else:
        start = team.given(lambda: validate(task, model, held_out, device))
        run = Run.begin(model, descent, start)
        log({"step": 0, **of_validation(start)})

    def save(step: int) -> None:
        if state is not None and team.first:
            with suppress(CheckpointError):  # weights that are no numbers: the next step goes back
                run.save(state)

    keeper = Keeper(save)

    def judge() -> None:
        figures: dict[str, float] = {}
        if team.first:  # before the others hear of it, so that it is done where one is lost
            figures = validate(task, model, held_out, device)
            log(run.judge(figures))
        with _kept(run, keeper):
            figures = team.given(lambda: figures)
        if not team.first:
            log(run.judge(figures))

    if run.step == 0:
        keeper.now(0)
    interrupted = False
    steps = 0 if run.diverged else settings.steps
    drawn = batches(partial(batch, pairs), settings.batch, settings.seed, steps, run.step + 1, device)
    look_every = _look_every(device)
    try:
        for step, pair in enumerate(drawn, start=run.step + 1):
            with _kept(run, keeper):
                if team.any(should_stop()):
                    interrupted = True
                    break
                seed_step(settings.seed, step)
                seen = Seen.by(model.train(), pair, device, told=task.noise_aware)
                loss = task.loss(team.divided(through, seen.x, seen.sigma), seen.target)
                run.unread.append(descent.step(step, loss))
            run.step = step
            due = step % settings.validate_every == 0 or step == settings.steps
            if ((due or step % look_every == 0) and not run.read()) or due:
                judge()
            advance(run.words)
            if run.diverged:
                break
            keeper.after(step)
        keeper.now(run.step)
    except KeyboardInterrupt:  # in the midst of a step, after which no state would be right
        if team.count > 1:  # each is at another place now, and cannot go on with the others
            raise
        interrupted = True
    model.load_state_dict(run.best.weights)
    model.eval().requires_grad_(True)
    return FinetuneResult(run.best.step, run.best.figures, run.start, run.step, interrupted, run.diverged)


@contextmanager
def _kept(run: Run, keeper: Keeper) -> Iterator[None]:
    """Where another process is lost, the weights are still those after the last step, and are saved."""
    try:
        yield
    except Lost:
        keeper.now(run.step)
        raise


def _look_every(device: torch.device) -> int:
    """Steps after which losses are looked at: a device that is not the CPU has to be awaited for that."""
    return 1 if device.type == "cpu" else 10


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


def _trained_parameters(model: TaskModel, *, freeze: bool) -> list[nn.Parameter]:
    model.requires_grad_(True)
    model.network.requires_grad_(not freeze)
    return [p for p in model.parameters() if p.requires_grad]
