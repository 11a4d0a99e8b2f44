"""`Pretext`: what a backbone is pretrained to do on pictures without labels."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

import torch
from torch import Tensor, nn

from rcl_cli.data.batch import Batch
from rcl_cli.domain import Domain

Views = dict[str, Tensor]


class FeatureExtractor(Protocol):
    """The fixed g_e of the consistency term: (N, C, h, w) in the backbone's domain → feature maps φ(g_e(x))."""

    def __call__(self, x: Tensor) -> list[Tensor]: ...


class Restorer(Protocol):
    """f_θ: a picture restored, and the features that its last layer makes it from.

    `sigma`, (N, C, h, w): the noise level of each element, where f_θ is to be told.
    """

    @property
    def feature_channels(self) -> int:
        """F."""

    def __call__(self, x: Tensor, sigma: Tensor | None = None) -> Tensor:
        """(N, C, h, w) → (N, C, h, w)."""

    def features(self, x: Tensor, sigma: Tensor | None = None) -> Tensor:
        """(N, C, h, w) → (N, F, h, w)."""


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
    noise_levels: bool = False
    """The noise levels of most pictures are known, and batches come with them."""
    steps: int | None = None
    """Of the whole run; None where the pretext is made for something else."""
    noise_input: bool = True
    """f_θ may be told σ(x); False beside a contrast, which could name the pictures by it."""


@dataclass(frozen=True)
class Losses:
    """One step's result: `total` is minimised, `terms` are its weighted parts, `log` goes to the metrics file.

    Sums over the pictures of the batch, so that the losses of several pretexts can be added.
    """

    total: Tensor
    terms: dict[str, Tensor] = field(default_factory=dict)
    log: dict[str, float] = field(default_factory=dict)


class Pretext(ABC):
    """Views of a batch, and a loss on them."""

    name: ClassVar[str]
    """For `--pretext NAME`; also the entry point's name."""
    domains: ClassVar[frozenset[Domain]] = frozenset(Domain)
    uses_encoder: ClassVar[bool] = False
    """The loss has a consistency term of its own; only then is an encoder made."""
    needs_clean: ClassVar[bool] = False
    """Batches are clean, with the profile of the noise to add to each picture."""
    needs_noise: ClassVar[bool] = False
    """Batches come with the profile of the noise in each picture; a picture without one is left out."""
    uses_noise: ClassVar[bool] = False
    """Batches come with such profiles where they can be trusted, and with one of λ = 0 elsewhere."""
    needs_covariance: ClassVar[bool] = False
    """Batches come with the covariance of the noise in each picture, for RGB whose noise is not independent."""
    denoises: bool = False
    """f_θ(x) is x without noise when training ends: the host makes it a head for `denoise`."""

    def __init__(self, setup: PretextSetup) -> None:
        self.setup = setup

    @classmethod
    def wants_encoder(cls, options: Mapping[str, Any], noise_levels: bool) -> bool:
        """Whether an encoder is made unless the user says otherwise. Default: where the loss uses one.

        `options` as in `PretextSetup`; `noise_levels`: whether those of most pictures are known.
        """
        return cls.uses_encoder

    @property
    def margin(self) -> int:
        """Elements beyond the crop's side that `views` needs in each region. Default: 0."""
        return 0

    def describe(self) -> dict[str, Any]:
        """The settings in force, as plain values for the model's header. Default: the options given."""
        return dict(self.setup.options)

    def build_modules(self, model: Restorer) -> nn.Module:
        """Modules besides f_θ = `model`, an nn.Module: projections, a momentum copy of it, queues as buffers.

        Called once, before the first step. The host moves them to the device, trains the parameters that require
        gradients, and saves and resumes everything in them. Default: none.
        """
        return nn.Module()

    @abstractmethod
    def views(self, batch: Batch, rng: torch.Generator) -> Views:
        """Named inputs cut from `batch`, whose sides are crop + margin. All randomness of a step is drawn here."""

    @abstractmethod
    def loss(self, model: Restorer, views: Views) -> Losses:
        """The loss of f_θ = `model` on the views."""
