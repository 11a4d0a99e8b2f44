"""Adam with a schedule, gradients of limited size, and a way back from a step too far."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

RISE, FALL = 0.05, 0.25
"""Parts of the steps in which the learning rate rises from 0 and falls to 0."""
ODD = 4.0
"""Gradients are cut to this many times their usual norm: one odd batch must not undo what a backbone has learnt."""
_SLOWEST = 1 / 64


class Descent:
    """Steps of Adam, β = (0.9, 0.999) and ε = 1e-7 (the paper, section 4), on `parameters`."""

    def __init__(self, parameters: Sequence[nn.Parameter], learning_rate: float, steps: int) -> None:
        self.parameters = parameters
        self.learning_rate = learning_rate
        self.steps = steps
        self.usual_norm = 0.0
        self._pace = 1.0
        self._adam = self._fresh()

    def rate(self, step: int) -> float:
        """The learning rate of step 1 … `steps`."""
        left = 1.0 - (step - 1) / self.steps
        return self._pace * self.learning_rate * min(1.0, step / (RISE * self.steps), left / FALL)

    def step(self, number: int, loss: Tensor) -> float:
        """Do step `number`, downhill from the scalar `loss`; its value. A loss that is not finite changes nothing."""
        value = float(loss.detach())
        if not math.isfinite(value):
            return value
        self._adam.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        self.limit_gradients()
        self._adam.param_groups[0]["lr"] = self.rate(number)
        self._adam.step()
        return value

    def limit_gradients(self) -> None:
        """Cut the gradients to ODD times the running mean of their norm."""
        limit = ODD * self.usual_norm if self.usual_norm else math.inf
        norm = float(nn.utils.clip_grad_norm_(self.parameters, limit).detach())
        self.usual_norm = 0.98 * self.usual_norm + 0.02 * min(norm, limit) if self.usual_norm else norm

    def slow_down(self) -> bool:
        """Go on at half the learning rate, without the momentum that led astray; False: it did not help before."""
        self._pace /= 2
        self._adam = self._fresh()
        return self._pace >= _SLOWEST

    def _fresh(self) -> torch.optim.Adam:
        return torch.optim.Adam(self.parameters, self.learning_rate, betas=(0.9, 0.999), eps=1e-7)
