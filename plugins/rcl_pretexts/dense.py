"""What contrasts between places have in common: overlapping crops, and keys by a copy of network and projections."""

from __future__ import annotations

import copy
from typing import ClassVar, cast

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

from rcl_cli.nn.momentum import Queue, follow
from rcl_cli.pretext import Pretext, Restorer
from rcl_pretexts.overlap import overlap_margin

HIDDEN, EMBEDDING = 128, 64


class DenseContrast(Pretext):
    """Queries by f_θ's features and trained projections, keys by a momentum copy of both (He et al. 2020).

    The crops are only shifted: colours, blur and scaling, which the papers vary too, would change the noise.
    `options` hold `momentum`, `tau` and, where there are queues, `queue`, their length.
    """

    projected: ClassVar[tuple[str, ...]]
    """Names of the projections."""
    queued: ClassVar[tuple[str, ...]] = ()
    """Those whose keys are kept in a queue as later negatives."""

    @property
    def margin(self) -> int:
        return overlap_margin(self.setup.crop, self.setup.domain)

    def build_modules(self, model: Restorer) -> nn.Module:
        """The projections, the copies that follow them and f_θ, and the queues."""
        self.projections = nn.ModuleDict({name: self.projection(model.feature_channels) for name in self.projected})
        self.follower = Follower(model, self.projections, self.options.momentum)
        self.queues = {name: Queue(self.options.queue, EMBEDDING) for name in self.queued}
        queues = nn.ModuleDict(self.queues)
        return nn.ModuleDict({"projections": self.projections, "follower": self.follower, "queues": queues})

    def projection(self, features: int) -> nn.Sequential:
        """(N, F, h, w) → (N, 64, h, w), element by element: two 1×1 convolutions."""
        return nn.Sequential(nn.Conv2d(features, HIDDEN, 1), nn.ReLU(), nn.Conv2d(HIDDEN, EMBEDDING, 1))

    def project(self, name: str, features: Tensor) -> Tensor:
        """Queries, not yet of unit length: (N, F, h, w) → (N, 64, h, w)."""
        projected: Tensor = self.projections[name](features)
        return projected


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
        """Keys, not yet of unit length, by the copy of the projection `name`: (N, F, h, w) → (N, 64, h, w)."""
        projected: Tensor = self.projections[name](features)
        return projected


def unit(x: Tensor) -> Tensor:
    """(N, D, …) with vectors of length 1 along D."""
    return normalize(x, dim=1)
