"""Losses without clean pictures agree with the supervised one in expectation."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d

from rcl_calibration.profile import NoiseProfile
from rcl_cli.domain import Domain
from rcl_cli.noise import add_noises, differentiable_sigma
from rcl_cli.pretext import Batch, Pretext, PretextSetup, Restorer, Views
from rcl_pretexts.errors import precision
from rcl_pretexts.noise2noise import Noise2Noise
from rcl_pretexts.recorrupted import Recorrupted
from rcl_pretexts.supervised import Supervised
from rcl_pretexts.sure import Sure

PROFILE = NoiseProfile(shot=(0.02, 0.01, 0.01, 0.005), read=(1e-4, 2e-4, 2e-4, 4e-4))
Profiles = tuple[NoiseProfile, ...]


class Linear(nn.Module):
    """f(y) = k ∗ y, channel by channel: a toy whose risk is easily differentiated."""

    feature_channels = 3

    def __init__(self, kernel: Tensor) -> None:
        super().__init__()
        self.kernel = nn.Parameter(kernel.clone())

    def forward(self, x: Tensor, sigma: Tensor | None = None) -> Tensor:
        return conv2d(x, self.kernel.expand(3, 1, 3, 3), padding=1, groups=3)

    features = forward


@pytest.fixture
def clean() -> Tensor:
    ramp = torch.linspace(0.2, 0.8, 24)
    return (ramp[:, None] * ramp).expand(1, 3, 24, 24) + torch.tensor([0.0, 0.1, 0.2]).view(3, 1, 1)


@pytest.fixture
def linear() -> Linear:
    return Linear(torch.tensor([[0.02, 0.1, 0.03], [0.1, 0.6, 0.05], [0.0, 0.1, 0.02]]))


def mean_gradient(kernel: nn.Parameter, loss: Callable[[torch.Generator], Tensor], draws: int) -> tuple[Tensor, Tensor]:
    """Mean gradient of the kernel over `draws`, and the standard error of that mean."""
    rng = torch.Generator().manual_seed(0)
    gradients = torch.stack([torch.autograd.grad(loss(rng), kernel)[0] for _ in range(draws)])
    return gradients.mean(0), gradients.std(0) / math.sqrt(draws)


def supervised_gradient(model: Linear, clean: Tensor, variance: Tensor) -> Tensor:
    """Of E‖f(clean + n) − clean‖² = ‖f(clean) − clean‖² + Σ k²·(shifted variance), without any sampling."""
    spread = conv2d(variance, model.kernel.square().expand(3, 1, 3, 3), padding=1, groups=3)
    risk = (model(clean) - clean).square() + spread
    return torch.autograd.grad(risk.flatten(1).mean(1).sum(), model.kernel)[0]


def variance_of(x: Tensor, profile: NoiseProfile = PROFILE) -> Tensor:
    shot, read = (
        torch.tensor([v[p] for p in Domain.RGB.noise_planes]).view(1, 3, 1, 1) for v in (profile.shot, profile.read)
    )
    return shot * x + read


def unweighted(
    pretext: Pretext, monkeypatch: pytest.MonkeyPatch, model: Restorer, clean: Tensor
) -> Callable[..., Tensor]:
    """The pretext's loss on fresh noise, in plain squared values: a picture's weight depends on its noise a little."""
    monkeypatch.setattr("rcl_pretexts.sure.precision", lambda sigma: 1.0)
    monkeypatch.setattr("rcl_pretexts.recorrupted.log_errors", lambda mean_squares: mean_squares)

    def loss(rng: torch.Generator) -> Tensor:
        noisy = add_noises(clean, (PROFILE,), Domain.RGB, rng)
        return pretext.loss(model, pretext.views(Batch(noisy, (PROFILE,)), rng)).total

    return loss


@pytest.mark.slow
def test_recorruptions_gradient_is_the_supervised_one(
    clean: Tensor, linear: Linear, monkeypatch: pytest.MonkeyPatch
) -> None:
    strength = 0.7
    pretext = Recorrupted(PretextSetup(Domain.RGB, 24, options={"strength": strength}))
    mean, error = mean_gradient(linear.kernel, unweighted(pretext, monkeypatch, linear, clean), 1500)
    # It denoises y + α·σ·z, whose variance is (1 + α²) times that of y.
    expected = supervised_gradient(linear, clean, (1 + strength**2) * variance_of(clean))
    assert ((mean - expected).abs() <= 4 * error).all()
    assert (error < 0.1 * expected.abs().max()).all()


def test_predicting_the_noisy_picture_itself_is_another_gradient(
    clean: Tensor, linear: Linear, monkeypatch: pytest.MonkeyPatch
) -> None:
    def biased(rng: torch.Generator) -> Tensor:
        noisy = add_noises(clean, (PROFILE,), Domain.RGB, rng)
        return (linear(noisy) - noisy).square().mean((1, 2, 3)).sum()

    mean, error = mean_gradient(linear.kernel, biased, 300)
    assert ((mean - supervised_gradient(linear, clean, variance_of(clean))).abs() > 6 * error).any()


@pytest.mark.slow
def test_sures_gradient_is_the_supervised_one(clean: Tensor, linear: Linear, monkeypatch: pytest.MonkeyPatch) -> None:
    pretext = Sure(PretextSetup(Domain.RGB, 24))
    mean, error = mean_gradient(linear.kernel, unweighted(pretext, monkeypatch, linear, clean), 1500)
    assert ((mean - supervised_gradient(linear, clean, variance_of(clean))).abs() <= 4 * error).all()


def test_sure_is_the_squared_error_in_expectation_for_a_curved_denoiser(
    clean: Tensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Curved(nn.Module):
        feature_channels = 3

        def forward(self, x: Tensor, sigma: Tensor | None = None) -> Tensor:
            assert sigma is not None
            return x - 4 * sigma * torch.tanh(x - x.mean(-1, keepdim=True)) + x.square() / 9

        features = forward

    flat = NoiseProfile.uniform(0.0, 2e-3)
    pretext, model = Sure(PretextSetup(Domain.RGB, 24)), Curved()
    monkeypatch.setattr("rcl_pretexts.sure.precision", lambda sigma: 1.0)
    rng = torch.Generator().manual_seed(0)
    differences = []
    for _ in range(400):
        noisy = add_noises(clean, (flat,), Domain.RGB, rng)
        views = pretext.views(Batch(noisy, (flat,)), rng)
        error = (model(noisy, differentiable_sigma(noisy, views["shot"], views["read"])) - clean).square().mean()
        differences.append((pretext.loss(model, views).total - error).item())
    values = torch.tensor(differences)
    assert abs(values.mean()) <= 4 * values.std() / math.sqrt(len(values))
    assert values.std() / math.sqrt(len(values)) < 0.05 * 2e-3


def test_sure_differentiates_through_the_noise_level_that_f_is_told() -> None:
    class Told(nn.Module):
        feature_channels = 1

        def forward(self, x: Tensor, sigma: Tensor | None = None) -> Tensor:
            assert sigma is not None
            return 0 * x + sigma

        features = forward

    # f(y) = σ(y) = √(s·y), so that ∂f/∂y = s/(2σ), and the divergence term is 2σ²·s/(2σ) = σ·s.
    shot, y = 0.04, torch.full((1, 3, 4, 4), 0.25)
    sigma = 0.1
    views: Views = {"noisy": y, "direction": torch.ones_like(y), "shot": torch.full((1, 3, 1, 1), shot)}
    views["read"] = torch.zeros(1, 3, 1, 1)
    loss = Sure(PretextSetup(Domain.RGB, 4, options={"step": 1e-3})).loss(Told(), views).total.item()
    by_hand = (0.25 - sigma) ** 2 - sigma**2 + sigma * shot
    assert loss == pytest.approx(by_hand / (sigma**2 + 1 / 255**2), rel=2e-3)


def test_sure_knows_how_the_error_changes_where_a_kink_moves(monkeypatch: pytest.MonkeyPatch) -> None:
    class Kinked(nn.Module):
        feature_channels = 3

        def __init__(self) -> None:
            super().__init__()
            self.kernel = nn.Parameter(torch.tensor(0.5))

        def forward(self, x: Tensor, sigma: Tensor | None = None) -> Tensor:
            return torch.relu(x - self.kernel)

        features = forward

    # E(max(z, 0) − 0.5)², z ~ N(0, σ²) being y less the threshold t = 0.5: its derivative by t is by hand
    # −2·E[(max(z, 0) − 0.5)·1(z > 0)] = −2·(σ/√(2π) − 0.5/2).
    deviation = 0.1
    flat = NoiseProfile.uniform(0.0, deviation**2)
    grey, model = torch.full((1, 3, 64, 64), 0.5), Kinked()
    pretext = Sure(PretextSetup(Domain.RGB, 64))
    monkeypatch.setattr("rcl_pretexts.sure.precision", lambda sigma: 1.0)

    def loss(rng: torch.Generator) -> Tensor:
        noisy = add_noises(grey, (flat,), Domain.RGB, rng)
        return pretext.loss(model, pretext.views(Batch(noisy, (flat,)), rng)).total

    mean, error = mean_gradient(model.kernel, loss, 100)
    expected = -2 * (deviation / math.sqrt(2 * math.pi) - 0.25)
    assert abs(mean - expected) <= 4 * error + 0.02 * expected
    assert error < 0.02 * expected


@pytest.mark.slow
def test_noise2noise_has_the_gradient_of_the_clean_target(clean: Tensor, linear: Linear) -> None:
    pretext = Noise2Noise(PretextSetup(Domain.RGB, 24, noise=1.0))
    batch = Batch(clean, (PROFILE,))
    mean, error = mean_gradient(linear.kernel, lambda rng: pretext.loss(linear, pretext.views(batch, rng)).total, 1000)
    assert ((mean - supervised_gradient(linear, clean, variance_of(clean))).abs() <= 4 * error).all()


def test_both_copies_of_noise2noise_have_the_profiles_noise_and_nothing_in_common(clean: Tensor) -> None:
    batch = Batch(torch.full((1, 3, 200, 200), 0.5), (PROFILE,))
    views = Noise2Noise(PretextSetup(Domain.RGB, 200)).views(batch, torch.Generator().manual_seed(0))
    first, second = ((views[name] - 0.5)[0] for name in ("first", "second"))
    expected = variance_of(torch.full((1, 3, 1, 1), 0.5)).view(3)
    for noise in (first, second):
        torch.testing.assert_close(noise.var((1, 2)), expected, rtol=0.03, atol=0)
    assert ((first * second).mean((1, 2)) / expected).abs().max() < 0.02


def test_supervision_is_the_mean_absolute_error_of_255() -> None:
    views = {"noisy": torch.full((2, 3, 4, 4), 0.5), "clean": torch.full((2, 3, 4, 4), 0.5 - 3 / 255)}
    identity = Linear(torch.tensor([[0.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 0.0]]))
    losses = Supervised(PretextSetup(Domain.RGB, 4)).loss(identity, views)
    assert losses.total.item() == pytest.approx(2 * 3.0)
    assert losses.log["error_dn"] == pytest.approx(3.0)


def test_supervision_that_is_told_the_noise_is_the_logarithm_of_the_squared_error() -> None:
    class Told(nn.Module):
        feature_channels = 3

        def forward(self, x: Tensor, sigma: Tensor | None = None) -> Tensor:
            assert sigma is not None
            return x + sigma

        features = forward

    # σ² = 0.02·0.5 = 0.01; f(y) = y + σ, so that the squared error is σ².
    views = {"noisy": torch.full((2, 3, 4, 4), 0.5), "clean": torch.full((2, 3, 4, 4), 0.5)}
    views |= {"shot": torch.full((2, 3, 1, 1), 0.02), "read": torch.zeros(2, 3, 1, 1)}
    losses = Supervised(PretextSetup(Domain.RGB, 4, options={"noise_aware": "yes"})).loss(Told(), views)
    assert losses.total.item() == pytest.approx(2 * math.log(0.01 * 255**2 + 1))


def test_recorrupted_views_by_hand() -> None:
    y = torch.full((1, 3, 200, 200), 0.5)
    pretext = Recorrupted(PretextSetup(Domain.RGB, 200, options={"strength": 0.5}))
    views = pretext.views(Batch(y, (PROFILE,)), torch.Generator().manual_seed(0))
    added, taken = views["input"] - y, y - views["target"]
    torch.testing.assert_close(added, 0.25 * taken, rtol=0, atol=1e-6)
    torch.testing.assert_close(
        added.var((0, 2, 3)), 0.25 * variance_of(torch.full((1, 3, 1, 1), 0.5)).view(3), rtol=0.03, atol=0
    )


@pytest.mark.parametrize("pretext", [Recorrupted, Sure])
def test_beside_a_contrast_the_noise_level_is_not_told(pretext: type[Pretext]) -> None:
    told: list[bool] = []

    class Listening(Linear):
        def forward(self, x: Tensor, sigma: Tensor | None = None) -> Tensor:
            told.append(sigma is not None)
            return super().forward(x, sigma)

    model = Listening(torch.ones(3, 3) / 9)
    batch = Batch(torch.rand(1, 3, 8, 8, generator=torch.Generator().manual_seed(0)), (PROFILE,))
    for allowed in (True, False):
        made = pretext(PretextSetup(Domain.RGB, 8, noise_input=allowed))
        made.loss(model, made.views(batch, torch.Generator().manual_seed(0)))
    assert told == [True, False]


def test_errors_count_as_shares_of_the_noise() -> None:
    sigma = torch.tensor([10.0, 3.0]).view(2, 1, 1, 1).expand(2, 3, 4, 4) / 255
    torch.testing.assert_close(precision(sigma).flatten(), 255**2 / torch.tensor([101.0, 10.0]))
