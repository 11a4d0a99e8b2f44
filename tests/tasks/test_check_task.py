"""`check_task` and `check_pretext` name each way to break the contract."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from rcl_calibration.profile import NoiseProfile
from rcl_cli.domain import Domain
from rcl_cli.nn.heads import ResidualHead, UpsamplingHead
from rcl_cli.pretext import Batch, Losses, Pretext, Restorer, Views
from rcl_cli.task import Task
from rcl_cli.testing import check_pretext, check_task


class Identity(Task):
    """Keeps the contract; each test breaks one promise."""

    name = "identity"
    domains = frozenset({Domain.RGB})

    def build_head(self, domain: Domain, feature_channels: int) -> nn.Module:
        return ResidualHead(feature_channels, domain.channels)

    def degrade(
        self, clean: Tensor, domain: Domain, noise: NoiseProfile, rng: torch.Generator
    ) -> tuple[Tensor, Tensor]:
        return clean + 0.1 * torch.randn(clean.shape, generator=rng), clean


class ChangesItsInput(Identity):
    def degrade(
        self, clean: Tensor, domain: Domain, noise: NoiseProfile, rng: torch.Generator
    ) -> tuple[Tensor, Tensor]:
        return clean.mul_(0.5), clean


class UsesTheGlobalGenerator(Identity):
    def degrade(
        self, clean: Tensor, domain: Domain, noise: NoiseProfile, rng: torch.Generator
    ) -> tuple[Tensor, Tensor]:
        return clean + torch.randn(clean.shape), clean


class SwapsTheAxes(Identity):
    def degrade(
        self, clean: Tensor, domain: Domain, noise: NoiseProfile, rng: torch.Generator
    ) -> tuple[Tensor, Tensor]:
        return clean.mT, clean


class GivesDoubles(Identity):
    def degrade(
        self, clean: Tensor, domain: Domain, noise: NoiseProfile, rng: torch.Generator
    ) -> tuple[Tensor, Tensor]:
        return clean.double(), clean


class PromisesMore(Identity):
    def output(self, domain: Domain) -> Domain:
        return Domain.BAYER


class WrongHead(Identity):
    def build_head(self, domain: Domain, feature_channels: int) -> nn.Module:
        return UpsamplingHead(feature_channels, domain, scale=2)


class Deaf(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.gain = nn.Parameter(torch.ones(()))

    def forward(self, features: Tensor, x: Tensor, sigma: Tensor | None = None) -> Tensor:
        return self.gain * x


class IgnoresTheFeatures(Identity):
    def build_head(self, domain: Domain, feature_channels: int) -> nn.Module:
        return Deaf()


class Global(ResidualHead):
    def forward(self, features: Tensor, x: Tensor, sigma: Tensor | None = None) -> Tensor:
        return super().forward(features, x) + features.mean()


class LooksEverywhere(Identity):
    def build_head(self, domain: Domain, feature_channels: int) -> nn.Module:
        return Global(feature_channels, domain.channels)


class LossPerElement(Identity):
    def loss(self, prediction: Tensor, target: Tensor) -> Tensor:
        return (prediction - target).abs()


class MetricsInTensors(Identity):
    def metrics(self, prediction: Tensor, target: Tensor) -> dict[str, float]:
        return {"error": (prediction - target).abs().mean()}  # type: ignore[dict-item]


class NoDomain(Identity):
    domains = frozenset()


class DomainByWord(Identity):
    domains = frozenset({"bayer"})  # type: ignore[arg-type]


def test_a_good_task_passes() -> None:
    check_task(Identity())


@pytest.mark.parametrize(
    ("task", "complaint"),
    [
        (ChangesItsInput, "changes the clean crop"),
        (UsesTheGlobalGenerator, "global generator"),
        (SwapsTheAxes, r"x from `degrade` must be \(3, 36, 48\), not \(3, 48, 36\)"),
        (GivesDoubles, "float32"),
        (PromisesMore, "upsample"),
        (WrongHead, r"the head's result must be \(2, 3, 36, 48\), not \(2, 3, 72, 96\)"),
        (IgnoresTheFeatures, "ignores the backbone's features"),
        (LooksEverywhere, "tiles"),
        (LossPerElement, "scalar"),
        (MetricsInTensors, "metrics"),
        (NoDomain, "`domains` is empty"),
        (DomainByWord, r"must hold members of Domain \(Domain.BAYER, .*\), not 'bayer'"),
    ],
)
def test_each_broken_promise_is_named(task: type[Task], complaint: str) -> None:
    with pytest.raises(AssertionError, match=complaint):
        check_task(task())


def test_a_class_is_not_a_task() -> None:
    with pytest.raises(AssertionError, match="instantiate"):
        check_task(Identity)  # type: ignore[arg-type]


class Reconstruct(Pretext):
    """Keeps the contract."""

    name = "reconstruct"

    @property
    def margin(self) -> int:
        return 4

    def views(self, batch: Batch, rng: torch.Generator) -> Views:
        y = int(torch.randint(self.margin, (), generator=rng))
        return {"x": batch.pictures[..., y : y + self.setup.crop, : self.setup.crop]}

    def loss(self, model: Restorer, views: Views) -> Losses:
        return Losses((model(views["x"]) - views["x"]).abs().mean())


class Forgetful(Reconstruct):
    def views(self, batch: Batch, rng: torch.Generator) -> Views:
        return {"x": batch.pictures + torch.randn(())}


class Blind(Reconstruct):
    def loss(self, model: Restorer, views: Views) -> Losses:
        return Losses(views["x"].mean())


class Remembering(Reconstruct):
    steps = 0

    def loss(self, model: Restorer, views: Views) -> Losses:
        self.steps += 1
        return Losses(self.steps * super().loss(model, views).total)


class Drawing(Reconstruct):
    def loss(self, model: Restorer, views: Views) -> Losses:
        return Losses(torch.rand(()) * super().loss(model, views).total)


def test_pretexts() -> None:
    check_pretext(Reconstruct)
    with pytest.raises(AssertionError, match="remembers something"):
        check_pretext(Remembering)
    with pytest.raises(AssertionError, match="draws random numbers"):
        check_pretext(Drawing)
    with pytest.raises(AssertionError, match="global generator"):
        check_pretext(Forgetful)
    with pytest.raises(AssertionError, match="no gradient"):
        check_pretext(Blind)
