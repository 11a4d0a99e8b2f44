"""How far a few-label training has come: the best weights so far, and what is judged and saved on the way."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path

from torch import Tensor, nn

from rcl_cli.errors import FileError
from rcl_cli.models.task_model import TaskModel
from rcl_cli.train.descent import Descent
from rcl_cli.train.readings import numbers
from rcl_cli.train.state import load_more, load_state, save_state

Record = dict[str, float]
_ASTRAY = 2.0
"""A validation loss this many times the best one means that the training has diverged."""


@dataclass(frozen=True)
class Best:
    """The weights that did best in validation."""

    step: int
    figures: dict[str, float]
    weights: dict[str, Tensor]
    """On the CPU."""

    @classmethod
    def of(cls, step: int, figures: dict[str, float], model: nn.Module) -> Best:
        """Those that `model` has now."""
        return cls(step, figures, {name: value.detach().cpu().clone() for name, value in model.state_dict().items()})


@dataclass
class Run:
    """A training after `step` steps."""

    model: TaskModel
    descent: Descent
    start: dict[str, float]
    """The figures before the first step."""
    best: Best
    step: int = 0
    losses: list[float] = field(default_factory=list)
    """Since the last validation."""
    words: str = ""
    """For a progress bar."""
    diverged: bool = False
    unread: list[Tensor] = field(default_factory=list)
    """The latest losses, which the device may still be at."""

    @classmethod
    def begin(cls, model: TaskModel, descent: Descent, figures: dict[str, float]) -> Run:
        """Before the first step."""
        return cls(model, descent, figures, Best.of(0, figures, model), words=_words(figures))

    @classmethod
    def load(cls, path: Path, model: TaskModel, descent: Descent) -> Run:
        """Raises FileError as `load_state`."""
        step = load_state(path, model, descent.optimizer)
        weights, notes = load_more(path)
        try:
            descent.restore(notes["descent"])
            best = Best(notes["best"][0], notes["best"][1], weights)
            return cls(model, descent, notes["start"], best, step, notes["losses"], notes["words"], notes["diverged"])
        except (KeyError, TypeError, IndexError) as error:
            raise FileError(path, "is not the state of a finetuning; start again in a new folder") from error

    def save(self, path: Path) -> None:
        """What `load` goes on from. Raises FileError and CheckpointError as `save_state`."""
        self.read()
        notes = {
            "descent": self.descent.notes(),
            "start": self.start,
            "best": [self.best.step, self.best.figures],
            "losses": self.losses,
            "words": self.words,
            "diverged": self.diverged,
        }
        save_state(path, self.model, self.descent.optimizer, self.step, best=self.best.weights, notes=notes)

    def read(self) -> bool:
        """Wait for the losses; whether all are finite."""
        self.losses += [row["loss"] for row in numbers([{"loss": loss} for loss in self.unread])]
        self.unread = []
        return all(map(math.isfinite, self.losses))

    def judge(self, figures: dict[str, float]) -> Record:
        """Keep the weights where they are the best, go back where they have gone astray; what there is to log."""
        finite = self.read()
        record = {
            "step": self.step,
            "loss": math.fsum(self.losses) / len(self.losses) if finite else math.nan,
            "learning_rate": self.descent.rate(self.step),
        }
        if not finite or not figures["loss"] < _ASTRAY * self.best.figures["loss"]:
            self.model.load_state_dict(self.best.weights)
            self.diverged = not self.descent.slow_down()
            record["restored"] = self.best.step
        elif quality(figures) > quality(self.best.figures):
            self.best = Best.of(self.step, figures, self.model)
        if not self.diverged:
            self.losses, self.words = [], _words(figures)
        return {**record, **of_validation(figures)}


def quality(figures: dict[str, float]) -> float:
    """What "best" means: PSNR where the task measures it, else the negative loss."""
    return figures.get("psnr_db", -figures["loss"])


def of_validation(figures: dict[str, float]) -> Record:
    """The figures under the names that they have in a log.

    >>> of_validation({"loss": 0.5})
    {'val_loss': 0.5}
    """
    return {f"val_{name}": value for name, value in figures.items()}


def _words(figures: dict[str, float]) -> str:
    names = {"psnr_db": "{:.2f} dB", "ssim": "SSIM {:.4f}"}
    shown = [form.format(figures[name]) for name, form in names.items() if name in figures]
    return "validation " + ", ".join(shown or [f"loss {figures['loss']:.4g}"])
