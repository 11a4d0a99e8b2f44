from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import torch
from scipy.stats import wasserstein_distance
from torch import Tensor

from rcl_calibration.profile import NoiseProfile
from rcl_cli.data.crops import RegionSource
from rcl_cli.domain import Domain
from rcl_cli.errors import RclError
from rcl_cli.pretext import Batch, PretextSetup, get_pretext
from rcl_pretexts.rcl import PAPER, ResidualContrast
from rcl_pretexts.recorrupted import Recorrupted

Source = Callable[..., RegionSource]


@dataclass(frozen=True)
class Restoring:
    """A function that stands in for f_θ."""

    restore: Callable[[Tensor, Tensor | None], Tensor]
    feature_channels: int = 3

    def __call__(self, x: Tensor, sigma: Tensor | None = None) -> Tensor:
        return self.restore(x, sigma)

    features = __call__


blurred = Restoring(lambda x, sigma: x.mean((2, 3), keepdim=True).expand_as(x))
shrunk = Restoring(lambda x, sigma: 0.9 * x)


def test_it_is_found_by_name() -> None:
    assert get_pretext("rcl") is ResidualContrast


def test_the_loss_is_the_papers_on_a_batch_computed_with_scipy(noisy_source: Source) -> None:
    options = {**PAPER, "alpha": 0.5, "tau": 2.0}
    pretext = ResidualContrast(PretextSetup(Domain.RGB, 16, lambda x: [2 * x], options))
    rng = torch.Generator().manual_seed(0)
    views = pretext.views(noisy_source().sample(4, 16 + pretext.margin, rng), rng)
    losses = pretext.loss(blurred, views)
    x = views["input"]
    residuals = 255 * (x - blurred(x)).flatten(1).numpy().astype(np.float64)
    contrast = []
    for j, anchor in enumerate(residuals[:4]):
        similarity = [math.exp(-wasserstein_distance(anchor, other) / 2.0) for other in residuals[4:]]
        contrast.append(-math.log(similarity[j] / sum(similarity)))
    consistency = [np.square(2 * r / 255).mean() for r in residuals]
    assert losses.log["contrast"] == pytest.approx(np.mean(contrast), rel=1e-4)
    assert losses.log["consistency"] == pytest.approx(np.mean(consistency), rel=1e-4)
    assert losses.total.item() == pytest.approx(0.5 * sum(contrast) + sum(consistency) / 2, rel=1e-4)


def test_noise_tells_pictures_apart(noisy_source: Source) -> None:
    pretext = ResidualContrast(PretextSetup(Domain.RGB, 16))
    rng = torch.Generator().manual_seed(0)
    losses = pretext.loss(blurred, pretext.views(noisy_source().sample(4, 24, rng), rng))
    assert losses.log["accuracy"] == 1.0
    assert losses.log["emd_positive"] < 0.2 < 0.8 < losses.log["emd_negative"]
    assert "consistency" not in losses.terms


@pytest.mark.parametrize("domain", list(Domain))
def test_patches_of_an_image_overlap(domain: Domain) -> None:
    pretext = ResidualContrast(PretextSetup(domain, 16))
    side = 16 + pretext.margin
    places = torch.arange(float(side * side)).view(1, 1, side, side).expand(20, domain.channels, side, side)
    views = pretext.views(Batch(places), torch.Generator().manual_seed(0))
    for first, second in zip(*views["input"].chunk(2), strict=True):
        assert np.isin(first[0].numpy(), second[0].numpy()).sum() >= 8 * 8


def test_raws_are_compared_plane_by_plane_by_default() -> None:
    assert ResidualContrast(PretextSetup(Domain.BAYER, 16)).options.planes == "separate"
    assert ResidualContrast(PretextSetup(Domain.RGB, 16)).options.planes == "pooled"


@pytest.mark.parametrize(
    "options",
    [
        {"distance": "cosine"},
        {"planes": "each"},
        {"tau": 0.0},
        {"alpha": -1.0},
        {"temperature": 1.0},
        {"neighbours": -1.0},
        {"recorrupted": 1.0},
        {"noise_aware": True},
    ],
)
def test_impossible_options_are_refused(options: dict[str, object]) -> None:
    with pytest.raises(RclError):
        ResidualContrast(PretextSetup(Domain.RGB, 16, None, options))


@pytest.mark.parametrize("distance", ["emd", "bd", "mmd"])
def test_gradients_reach_the_network(distance: str, noisy_source: Source, device: str) -> None:
    gain = torch.tensor(0.5, requires_grad=True, device=device)
    pretext = ResidualContrast(PretextSetup(Domain.RGB, 16, lambda x: [x], {"distance": distance}))
    rng = torch.Generator().manual_seed(0)
    views = pretext.views(noisy_source().sample(3, 24, rng), rng)
    views = {name: view.to(device) for name, view in views.items()}
    losses = pretext.loss(Restoring(lambda x, sigma: gain * x), views)
    for term in losses.terms.values():
        (gradient,) = torch.autograd.grad(term, gain, retain_graph=True)
        assert torch.isfinite(gradient)
        assert gradient != 0


def test_tau_follows_the_noise_unless_given() -> None:
    usual, clean = (ResidualContrast(PretextSetup(Domain.RGB, 16, noise=dn / 255)) for dn in (8.0, 0.8))
    assert usual.options.tau == pytest.approx(10 * clean.options.tau)
    assert usual.options.alpha == clean.options.alpha
    given = ResidualContrast(PretextSetup(Domain.RGB, 16, None, {"alpha": 0.1, "tau": 3.0}, noise=1.0))
    assert {"alpha": 0.1, "tau": 3.0, "distance": "emd", "planes": "pooled"}.items() <= given.describe().items()
    # MMD has no unit, and so needs no scale.
    by_mmd = (ResidualContrast(PretextSetup(Domain.RGB, 16, None, {"distance": "mmd"}, dn)) for dn in (0.1, 0.2))
    assert len({pretext.options.tau for pretext in by_mmd}) == 1


def known(options: dict[str, object], **rest: Any) -> ResidualContrast:
    return ResidualContrast(PretextSetup(Domain.RGB, 16, None, options, noise_levels=True, **rest))


def test_known_noise_decides_what_stands_beside_the_contrast() -> None:
    blind, told = ResidualContrast(PretextSetup(Domain.RGB, 16)), known({})
    assert (blind.options.recorrupted, blind.options.neighbours, blind.denoises) == (0, 1, False)
    assert (told.options.recorrupted, told.options.neighbours, told.denoises) == (1, 0, True)
    assert told.options.noise_aware
    assert not known({}, noise_input=False).options.noise_aware
    off = known({"recorrupted": "0"})
    assert (off.options.neighbours, off.options.noise_aware, off.denoises) == (1, False, False)
    for pretext, options in ((blind, {}), (off, {"recorrupted": "0"})):
        assert ResidualContrast.wants_encoder(options, pretext.setup.noise_levels)
    assert not ResidualContrast.wants_encoder({}, noise_levels=True)


def test_f_cannot_be_told_levels_that_are_not_used() -> None:
    with pytest.raises(RclError, match="noise_aware goes with recorrupted"):
        known({"recorrupted": 0.0, "noise_aware": True})


def test_recorruption_beside_the_contrast_is_the_pretext_recorrupted() -> None:
    profiles = (NoiseProfile.uniform(0.01, 1e-4), NoiseProfile.uniform(0.0, 4e-4))
    noisy = torch.rand(2, 3, 24, 24, generator=torch.Generator().manual_seed(1))
    pretext, rng = known({"alpha": 0.0}), torch.Generator().manual_seed(0)
    views = pretext.views(Batch(noisy, profiles), rng)
    alone = Recorrupted(PretextSetup(Domain.RGB, 16))
    assert pretext.loss(shrunk, views).total.item() == pytest.approx(
        alone.loss(shrunk, views).total.item() / 2, rel=1e-6
    )


def test_a_picture_of_unknown_noise_takes_part_in_the_contrast_only() -> None:
    profiles = (NoiseProfile.uniform(0.01, 1e-4), NoiseProfile.uniform(0.0, 0.0))
    noisy = torch.rand(2, 3, 24, 24, generator=torch.Generator().manual_seed(1))
    pretext = known({})
    views = pretext.views(Batch(noisy, profiles), torch.Generator().manual_seed(0))
    changed = views["target"].clone()
    changed[[1, 3]] += 1
    first, second = (pretext.loss(shrunk, v) for v in (views, {**views, "target": changed}))
    torch.testing.assert_close(first.terms["recorrupted"], second.terms["recorrupted"], rtol=0, atol=0)
    changed[0] += 1
    assert pretext.loss(shrunk, {**views, "target": changed}).total > first.total + 1


def test_both_consistencies_can_be_in_force_with_the_level_told() -> None:
    batch = Batch(torch.rand(2, 3, 24, 24), (NoiseProfile.uniform(0.01, 1e-4),) * 2)
    pretext = known({"neighbours": 1.0})
    heard: list[tuple[Tensor, Tensor | None]] = []

    def listening(x: Tensor, sigma: Tensor | None) -> Tensor:
        heard.append((x, sigma))
        return x

    losses = pretext.loss(Restoring(listening), pretext.views(batch, torch.Generator().manual_seed(0)))
    assert {"recorrupted", "neighbours", "contrast"} == set(losses.terms)
    # Twice the variance of the picture itself, at full size and at half.
    for x, sigma in heard:
        assert sigma is not None
        torch.testing.assert_close(sigma, (2 * (0.01 * x.clamp_min(0) + 1e-4)).sqrt())
    assert [x.shape[-1] for x, _ in heard] == [16, 8]
