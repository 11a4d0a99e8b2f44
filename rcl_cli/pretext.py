"""`Pretext`: what a backbone is pretrained to do on pictures without labels."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any, ClassVar, Protocol

import torch
from torch import Tensor, nn

from rcl_calibration.profile import NoiseProfile
from rcl_cli.domain import Domain
from rcl_cli.noise import add_noises
from rcl_cli.plugins.entries import PRETEXTS, Entry
from rcl_cli.plugins.load import find, load_part
from rcl_cli.plugins.options import plain_options, read_options

Views = dict[str, Tensor]


class Pictures(Enum):
    """What a pretext learns from."""

    NOISY = "noisy"
    CLEAN = "clean"
    """Batches are clean, with the profile of the noise to add to each picture."""


class NoiseLevel(Enum):
    """What a pretext has to know of the noise in noisy pictures."""

    IGNORED = "ignored"
    WHERE_KNOWN = "where known"
    """Batches come with profiles where they can be trusted, and with one of λ = 0 elsewhere."""
    REQUIRED = "required"
    """Batches come with the profile of each picture; a picture without one is left out."""
    COVARIANCE = "with covariance"
    """Each profile has the covariance of the picture's noise, for RGB whose noise is not independent."""


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
class Batch:
    """One region of each of N different pictures."""

    pictures: Tensor
    """(N, C, h, w), normalised; noisy, or clean where the pretext asks for clean ones."""
    noise: tuple[NoiseProfile, ...] = ()
    """Of each picture: the noise in it, or the noise to be added to it. Empty where nobody asked for it."""
    numbers: tuple[int, ...] = ()
    """Which of the run's pictures each is. Empty where that is not known."""

    @property
    def identities(self) -> Tensor:
        """`numbers`, (N,); 0…N − 1 where they are not known."""
        return torch.tensor(self.numbers or range(len(self.pictures)))

    def noisy(self, domain: Domain, rng: torch.Generator) -> Batch:
        """With the pictures' noise added, for a batch of clean pictures."""
        return replace(self, pictures=add_noises(self.pictures, self.noise, domain, rng))


@dataclass(frozen=True)
class PretextSetup:
    """What the host tells a pretext when a run starts."""

    domain: Domain
    crop: int
    """Side of a training crop in tensor elements."""
    encoder: FeatureExtractor | None = None
    """None where the run has no consistency term."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """The pretext's own settings, by name: values or text."""
    noise: float | None = None
    """Typical standard deviation of the pictures' noise, in normalised units; None where it is not known."""
    noise_levels: bool = False
    """The noise levels of most pictures are known, and batches come with them."""
    steps: int | None = None
    """Of the whole run; None where the pretext is made for something else."""
    noise_input: bool = True
    """f_θ may be told σ(x); False where another pretext joins this one, which could name the pictures by it."""
    joins: bool = False
    """It adds its loss to that of another pretext, which decides what the pictures are."""


@dataclass(frozen=True)
class Losses:
    """One step's result: `total` is minimised, `terms` are its weighted parts, `log` goes to the metrics file.

    Sums over the pictures of the batch, so that the losses of several pretexts can be added.
    """

    total: Tensor
    terms: dict[str, Tensor] = field(default_factory=dict)
    log: dict[str, float | Tensor] = field(default_factory=dict)
    """Numbers, or tensors of one number, which spare the host to wait for the device."""


class Pretext(ABC):
    """Views of a batch, and a loss on them."""

    name: ClassVar[str]
    """For `--pretext NAME`; also the entry point's name."""
    domains: ClassVar[frozenset[Domain]] = frozenset(Domain)
    pictures: ClassVar[Pictures] = Pictures.NOISY
    """What it learns from."""
    noise_level: ClassVar[NoiseLevel] = NoiseLevel.IGNORED
    """What it has to know of the noise in noisy pictures."""
    denoises: bool = False
    """f_θ(x) is x without noise when training ends: the host makes it a head for `denoise`."""

    @dataclass(frozen=True)
    class Options:
        """What it can be set to; see `rcl_cli.plugins.options`. Default: nothing."""

    options: Any
    """The `Options` in force."""

    def __init__(self, setup: PretextSetup) -> None:
        """Raises RclError for options that there are not, or values that cannot work."""
        self.setup = setup
        self.options = read_options(type(self), setup.options)

    @classmethod
    def wants_encoder(cls, options: Mapping[str, Any], noise_levels: bool, joins: bool = False) -> bool | None:
        """Whether an encoder is made unless the user says otherwise; None where the loss never uses one: the default.

        `options`, `noise_levels` and `joins` as in `PretextSetup`.
        """
        return None

    @property
    def margin(self) -> int:
        """Elements beyond the crop's side that `views` needs in each region. Default: 0."""
        return 0

    def describe(self) -> dict[str, Any]:
        """The settings in force, as plain values for the model's header. Default: the options."""
        return plain_options(self.options)

    def build_modules(self, model: Restorer) -> nn.Module:
        """Modules besides f_θ = `model`, an nn.Module: projections, a momentum copy of it, queues as buffers.

        Called once, before the first step. The host moves them to the device, trains the parameters that require
        gradients, and saves and resumes everything in them. Default: none.
        """
        return nn.Module()

    @abstractmethod
    def views(self, batch: Batch, rng: torch.Generator) -> Views:
        """Named inputs cut from `batch`, whose sides are crop + margin. All randomness of a step is drawn here.

        Called by threads, several steps ahead: from `rng` alone it draws, and it neither keeps anything nor uses what
        `loss` changes.
        """

    @abstractmethod
    def loss(self, model: Restorer, views: Views) -> Losses:
        """The loss of f_θ = `model` on the views."""


def get_pretext(name: str) -> type[Pretext]:
    """The pretext class of this name; loads only its own plugin. Raises PluginError where it is missing or broken."""
    return load_pretext(find(PRETEXTS, name))


def load_pretext(entry: Entry) -> type[Pretext]:
    """The pretext class that a plugin registers. Raises BrokenPlugin."""
    return load_part(entry, Pretext, {"views": _wrong_views, "loss": _wrong_loss})  # type: ignore[type-abstract]


def _wrong_views(found: object, *rest: Any) -> str:
    named = isinstance(found, dict) and all(isinstance(view, Tensor) for view in found.values())
    return "" if named else f"returns a {type(found).__name__}; it must be a dict of tensors by name"


def _wrong_loss(found: object, *rest: Any) -> str:
    if not isinstance(found, Losses) or not isinstance(found.total, Tensor) or found.total.numel() != 1:
        return f"returns a {type(found).__name__}; it must be Losses, whose total is one number in a tensor"
    return ""
