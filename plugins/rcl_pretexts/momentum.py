"""What contrast between pictures is made of: projections, a copy of the network that follows it, a queue of old keys.

He et al. 2020, "Momentum Contrast for Unsupervised Visual Representation Learning".
"""

from __future__ import annotations

import copy
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

from rcl_cli.pretext import Restorer

HIDDEN, EMBEDDING = 128, 64


def projection(features: int) -> nn.Sequential:
    """(N, F, h, w) → (N, 64, h, w), element by element: two 1×1 convolutions, without batch normalisation."""
    return nn.Sequential(nn.Conv2d(features, HIDDEN, 1), nn.ReLU(), nn.Conv2d(HIDDEN, EMBEDDING, 1))


def unit(x: Tensor) -> Tensor:
    """(N, D, …) with vectors of length 1 along D."""
    return normalize(x, dim=1)


@torch.no_grad()
def follow(key: nn.Module, query: nn.Module, momentum: float) -> None:
    """Move every parameter of `key` to momentum·key + (1 − momentum)·query."""
    for k, q in zip(key.parameters(), query.parameters(), strict=True):
        k.lerp_(q.detach(), 1 - momentum)


class Follower(nn.Module):
    """Copies of f_θ and of projections of its features that follow them and take no gradients."""

    def __init__(self, model: Restorer, projections: nn.ModuleDict, momentum: float) -> None:
        super().__init__()
        # In a tuple, which does not make them submodules: they are saved elsewhere.
        self._followed = (cast(nn.Module, model), projections)
        self.network = copy.deepcopy(self._followed[0]).requires_grad_(False)
        self.projections = copy.deepcopy(projections).requires_grad_(False)
        self.momentum = momentum

    def step(self) -> None:
        """Follow; call it once a step, before keys are made."""
        for key, query in zip((self.network, self.projections), self._followed, strict=True):
            follow(key, query, self.momentum)

    @torch.no_grad()
    def features(self, x: Tensor) -> Tensor:
        """The copy's features of (N, C, h, w), (N, F, h, w)."""
        return cast(Restorer, self.network).features(x)

    @torch.no_grad()
    def project(self, name: str, features: Tensor) -> Tensor:
        """(N, F, h, w) by the copy of the projection `name`."""
        projected: Tensor = self.projections[name](features)
        return projected


class Queue(nn.Module):
    """The latest keys, newest first: (K, D) buffers, so that a resumed run has the same."""

    keys: Tensor
    filled: Tensor

    def __init__(self, length: int, channels: int = EMBEDDING) -> None:
        super().__init__()
        self.register_buffer("keys", torch.zeros(length, channels))
        self.register_buffer("filled", torch.zeros((), dtype=torch.long))

    def __len__(self) -> int:
        return int(self.filled)

    @property
    def latest(self) -> Tensor:
        """A copy of the keys pushed so far, (len, D): a loss may still need it after the next push."""
        return self.keys[: len(self)].clone()

    @torch.no_grad()
    def push(self, keys: Tensor) -> None:
        """Put (M, D) in front; the oldest beyond the length are dropped."""
        length = len(self.keys)
        self.keys.copy_(torch.cat([keys, self.keys])[:length])
        self.filled.fill_(min(length, len(self) + len(keys)))
