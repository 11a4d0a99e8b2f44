from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from scipy.stats import wasserstein_distance
from torch import Tensor

from rcl_cli.data.batch import Batch
from rcl_cli.data.crops import RegionSource
from rcl_cli.domain import Domain
from rcl_cli.errors import RclError
from rcl_cli.plugins import get_pretext
from rcl_cli.pretext import PretextSetup
from rcl_pretexts.rcl import PAPER, ResidualContrast

Source = Callable[..., RegionSource]


def blurred(x: Tensor) -> Tensor:
    return x.mean((2, 3), keepdim=True).expand_as(x)


def test_it_is_found_by_name() -> None:
    assert get_pretext("rcl") is ResidualContrast


def test_the_loss_is_the_papers_on_a_batch_computed_with_scipy(noisy_source: Source) -> None:
    options = {**PAPER, "alpha": 0.5, "tau": 2.0}
    pretext = ResidualContrast(PretextSetup(Domain.RGB, 16, lambda x: [2 * x], options))
    rng = torch.Generator().manual_seed(0)
    views = pretext.views(noisy_source().sample(4, 16 + pretext.margin, rng), rng)
    losses = pretext.loss(blurred, views)
    residuals = {k: 255 * (v - blurred(v)).flatten(1).numpy().astype(np.float64) for k, v in views.items()}
    contrast = []
    for j, anchor in enumerate(residuals["first"]):
        similarity = [math.exp(-wasserstein_distance(anchor, other) / 2.0) for other in residuals["second"]]
        contrast.append(-math.log(similarity[j] / sum(similarity)))
    consistency = [np.square(2 * r / 255).mean() for r in (*residuals["first"], *residuals["second"])]
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
    for first, second in zip(views["first"], views["second"], strict=True):
        assert np.isin(first[0].numpy(), second[0].numpy()).sum() >= 8 * 8


def test_raws_are_compared_plane_by_plane_by_default() -> None:
    assert ResidualContrast(PretextSetup(Domain.BAYER, 16)).options["planes"] == "separate"
    assert ResidualContrast(PretextSetup(Domain.RGB, 16)).options["planes"] == "pooled"


@pytest.mark.parametrize(
    "options",
    [
        {"distance": "cosine"},
        {"planes": "each"},
        {"tau": 0.0},
        {"alpha": -1.0},
        {"temperature": 1.0},
        {"neighbours": -1.0},
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
    losses = pretext.loss(lambda x: gain * x, {name: view.to(device) for name, view in views.items()})
    for term in losses.terms.values():
        (gradient,) = torch.autograd.grad(term, gain, retain_graph=True)
        assert torch.isfinite(gradient)
        assert gradient != 0


def test_tau_follows_the_noise_and_alpha_its_square_unless_given() -> None:
    usual, clean = (ResidualContrast(PretextSetup(Domain.RGB, 16, noise=dn / 255)) for dn in (8.0, 0.8))
    assert usual.options["tau"] == pytest.approx(10 * clean.options["tau"])
    assert usual.options["alpha"] == pytest.approx(100 * clean.options["alpha"])
    given = ResidualContrast(PretextSetup(Domain.RGB, 16, None, {"alpha": 0.1, "tau": 3.0}, noise=1.0))
    assert {"alpha": 0.1, "tau": 3.0, "distance": "emd", "planes": "pooled"}.items() <= given.describe().items()
    # MMD has no unit, and so needs no scale.
    by_mmd = (ResidualContrast(PretextSetup(Domain.RGB, 16, None, {"distance": "mmd"}, dn)) for dn in (0.1, 0.2))
    assert len({pretext.options["tau"] for pretext in by_mmd}) == 1
