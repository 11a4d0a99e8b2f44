"""Adam with a schedule, gradients of limited size, and a way back from a step too far."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from rcl_cli.train.optimizer import adam, descend, share_of_rate

RISE, FALL = 0.05, 0.25
"""Parts of the steps in which the learning rate rises from 0 and falls to 0."""
ODD = 4.0
"""Gradients are cut to this many times their usual norm: one odd batch must not undo what a backbone has learnt."""
_SLOWEST = 1 / 64


class Descent:
    """Steps of Adam on `parameters`, at a rate that rises, holds and falls."""

    def __init__(self, parameters: Sequence[nn.Parameter], learning_rate: float, steps: int) -> None:
        self.parameters = parameters
        self.learning_rate = learning_rate
        self.steps = steps
        self.usual_norm = torch.zeros((), device=parameters[0].device if parameters else None)
        self._pace = 1.0
        self._adam = self._fresh()

    def rate(self, step: int) -> float:
        """The learning rate of step 1 … `steps`."""
        return self._pace * self.learning_rate * share_of_rate(step, self.steps, rise=RISE, fall=FALL)

    def step(self, number: int, loss: Tensor) -> Tensor:
        """Do step `number`, downhill from the scalar `loss`; its value, as `descend`."""
        return descend(self._adam, loss, self.rate(number), self.limit_gradients)

    def limit_gradients(self) -> None:
        """Cut the gradients to ODD times the running mean of their norm, without waiting for a device."""
        gradients = [p.grad for p in self.parameters if p.grad is not None]
        if not gradients:
            return
        norm = torch.linalg.vector_norm(torch.stack([torch.linalg.vector_norm(g) for g in gradients]))
        usual = self.usual_norm
        cut = torch.where(usual > 0, torch.minimum(norm, ODD * usual), norm)
        share = torch.where(cut < norm, cut / norm, 1.0)
        for gradient in gradients:
            gradient.mul_(share)
        followed = torch.where(usual > 0, 0.98 * usual + 0.02 * cut, norm)
        self.usual_norm = torch.where(norm.isfinite(), followed, usual)

    def slow_down(self) -> bool:
        """Go on at half the learning rate, without the momentum that led astray; False: it did not help before."""
        self._pace /= 2
        self._adam = self._fresh()
        return self._pace >= _SLOWEST

    @property
    def optimizer(self) -> torch.optim.Adam:
        """What does the steps, to be saved."""
        return self._adam

    def notes(self) -> dict[str, float]:
        """What else there is to be saved, for `restore`."""
        return {"pace": self._pace, "usual_norm": self.usual_norm.item()}

    def restore(self, notes: Mapping[str, float]) -> None:
        """Go on where `notes` were taken; the optimiser's state is loaded apart."""
        self._pace = notes["pace"]
        self.usual_norm = torch.full_like(self.usual_norm, notes["usual_norm"])

    def _fresh(self) -> torch.optim.Adam:
        return adam(self.parameters, self.learning_rate)
