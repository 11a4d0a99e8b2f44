"""Noisy pictures as targets, and after a first round of training what the network has made of them by then."""

from __future__ import annotations

import copy
from typing import cast

import torch
from torch import Tensor, nn

from rcl_cli.device import autocast
from rcl_cli.pretext import Restorer
from rcl_cli.pretrain.momentum import follow

_MOMENTUM = 0.995


class RefinedTargets(nn.Module):
    """y in the first `first` calls, then f̄(y) by a copy f̄ of f_θ that stays as it is; `first` None: y always.

    f̄ is the running mean of f_θ over some 200 steps, because a network is less noisy so than in any one step.
    """

    calls: Tensor

    def __init__(self, model: Restorer, first: int | None) -> None:
        super().__init__()
        # In a tuple, which does not make it a submodule: it is saved elsewhere.
        self._followed = (cast(nn.Module, model),)
        self.network = copy.deepcopy(self._followed[0]).requires_grad_(False)
        self.first = first
        self.register_buffer("calls", torch.zeros((), dtype=torch.long))

    @property
    def refined(self) -> bool:
        """Whether the next call gives f̄(y)."""
        return self.first is not None and int(self.calls) >= self.first

    @torch.no_grad()
    def forward(self, y: Tensor) -> Tensor:
        """(N, C, h, w) → (N, C, h, w); call it once a step."""
        if not self.refined:
            self.calls += 1
            follow(self.network, self._followed[0], _MOMENTUM)
            return y
        with autocast(y.device):
            target: Tensor = self.network(y)
        return target.float()
