"""Noisy pictures as targets, and after a first half of training what the network makes of them."""

from __future__ import annotations

import copy
from typing import Any, cast

import torch
from torch import Tensor, nn

from rcl_cli.nn.momentum import follow
from rcl_cli.pretext import Restorer
from rcl_cli.train.device import autocast

_HORIZON = 1 / 8
"""Of the steps, over which the copy averages: it renews the targets some four times in the second half."""


class RefinedTargets(nn.Module):
    """y in the first half of `steps` calls, then f̄(y), f̄ a copy that follows f_θ slowly; `steps` None: y always."""

    calls: Tensor

    def __init__(self, model: Restorer, steps: int | None) -> None:
        super().__init__()
        # In a tuple, which does not make it a submodule: it is saved elsewhere.
        self._followed = (cast(nn.Module, model),)
        self.network = copy.deepcopy(self._followed[0]).requires_grad_(False)
        self.steps = steps
        self.register_buffer("calls", torch.zeros((), dtype=torch.long))
        self._called: int | None = 0

    @property
    def refined(self) -> bool:
        """Whether the next call gives f̄(y)."""
        # The buffer is read once after loading: a device would have to be awaited each time.
        if self._called is None:
            self._called = int(self.calls)
        return self.steps is not None and self._called >= self.steps // 2

    def _load_from_state_dict(self, *given: Any) -> None:
        super()._load_from_state_dict(*given)
        self._called = None

    @torch.no_grad()
    def forward(self, y: Tensor) -> Tensor:
        """(N, C, h, w) → (N, C, h, w); call it once a step."""
        refined = self.refined
        assert self._called is not None  # `refined` has just read it
        self._called += 1
        self.calls.fill_(self._called)
        if self.steps is not None:
            follow(self.network, self._followed[0], max(0.0, 1 - 1 / (_HORIZON * self.steps)))
        if not refined:
            return y
        with autocast(y.device):
            target: Tensor = self.network(y)
        return target.float()
