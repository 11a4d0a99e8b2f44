"""`Pretext`: what a backbone is pretrained to do on pictures without labels."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

import torch
from torch import Tensor

from rcl_cli.domain import Domain

Views = dict[str, Tensor]


class FeatureExtractor(Protocol):
    """The fixed g_e of the consistency term: (N, C, h, w) in the backbone's domain → feature maps φ(g_e(x))."""

    def __call__(self, x: Tensor) -> list[Tensor]: ...


class Restorer(Protocol):
    """f_θ: (N, C, h, w) → (N, C, h, w)."""

    def __call__(self, x: Tensor) -> Tensor: ...


@dataclass(frozen=True)
class PretextSetup:
    """What the host tells a pretext when a run starts."""

    domain: Domain
    crop: int
    """Side of a training crop in tensor elements."""
    encoder: FeatureExtractor | None = None
    """None where the run has no consistency term."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """The pretext's own settings, by name."""
    noise: float | None = None
    """Typical standard deviation of the pictures' noise, in normalised units; None where it is not known."""


@dataclass(frozen=True)
class Losses:
    """One step's result: `total` is minimised, `terms` are its weighted parts, `log` goes to the metrics file."""

    total: Tensor
    terms: dict[str, Tensor] = field(default_factory=dict)
    log: dict[str, float] = field(default_factory=dict)


class Pretext(ABC):
    """Views of a batch, and a loss on them."""

    name: ClassVar[str]
    """For `--pretext NAME`; also the entry point's name."""
    domains: ClassVar[frozenset[Domain]] = frozenset(Domain)

    def __init__(self, setup: PretextSetup) -> None:
        self.setup = setup

    @property
    def margin(self) -> int:
        """Elements beyond the crop's side that `views` needs in each region. Default: 0."""
        return 0

    def describe(self) -> dict[str, Any]:
        """The settings in force, as plain values for the model's header. Default: the options given."""
        return dict(self.setup.options)

    @abstractmethod
    def views(self, batch: Tensor, rng: torch.Generator) -> Views:
        """Named inputs cut from `batch`, (N, C, crop + margin, crop + margin), one region of each of N images."""

    @abstractmethod
    def loss(self, model: Restorer, views: Views) -> Losses:
        """The loss of f_θ = `model` on the views."""
