"""The contract of a pretext."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from rcl_calibration.correlation import REACH, as_tuples
from rcl_calibration.profile import NoiseProfile
from rcl_cli.pretext import Batch, Losses, Pretext, PretextSetup, Views
from rcl_cli.testing.contract import any_nonzero, check_domains, check_loss, repeated, require, rng_of

_FEATURES = 8


def check_pretext(pretext: type[Pretext], options: Mapping[str, Any] | None = None) -> None:
    """Raise AssertionError, saying what is wrong, unless `pretext` keeps its contract in each of its domains.

    `options` are the pretext's own settings. Checked: that views are finite, repeat themselves under equal `rng`, use
    no other randomness and leave the batch alone; that the loss is a finite scalar, uses no randomness and passes
    gradients to the model; that all it remembers from step to step is in its modules, so that runs can be resumed.
    """
    require(
        isinstance(pretext, type) and issubclass(pretext, Pretext),
        f"{pretext!r} is no Pretext class; derive it from rcl_cli.pretext.Pretext",
    )
    for domain in check_domains(pretext.domains, pretext.name):
        setup = PretextSetup(domain, crop=16, encoder=_encoder, options=dict(options or {}), noise=0.05)
        where = f"{pretext.name} on {domain.name}"
        views = _check_views(pretext(setup), setup, where)
        _check_pretext_loss(pretext(setup), setup, views, where)
        _check_memory(pretext, setup, views, where)


def _profile(shot: float, channels: int) -> NoiseProfile:
    """Also with a covariance, that of independent noise, for pretexts that need one."""
    lags = 2 * REACH + 1
    covariance = np.zeros((channels, channels, lags, lags))
    covariance[range(channels), range(channels), REACH, REACH] = 1e-4
    return NoiseProfile.uniform(shot, 1e-4, covariance=as_tuples(covariance))


def _check_views(pretext: Pretext, setup: PretextSetup, where: str) -> Views:
    margin = pretext.margin
    require(isinstance(margin, int) and margin >= 0, f"{where}: `margin` must be 0, 1, …, not {margin!r}")
    channels, side = setup.domain.channels, setup.crop + margin
    # Pictures of different brightness and noise, as in a real batch.
    level = torch.linspace(0.1, 0.6, 4).view(4, 1, 1, 1)
    pictures = level + 0.1 * level * torch.randn(4, channels, side, side, generator=rng_of(3))
    before = pictures.clone()
    batch = Batch(pictures, tuple(_profile(0.01 * n, channels) for n in range(1, 5)))
    views, again = repeated(lambda rng: pretext.views(batch, rng), f"{where}: `views`")
    require(torch.equal(pictures, before), f"{where}: `views` changes the batch that it is given")
    require(len(views) > 0 and views.keys() == again.keys(), f"{where}: `views` must name the same views each time")
    for name, view in views.items():
        require(bool(view.isfinite().all()), f"{where}: view {name!r} is not finite")
        same = torch.equal(view, again[name])
        require(same, f"{where}: view {name!r} differs for one `rng`; take all randomness from it")
    return views


def _check_pretext_loss(pretext: Pretext, setup: PretextSetup, views: Views, where: str) -> None:
    model = _Restorer(setup.domain.channels)
    modules = pretext.build_modules(model)
    require(isinstance(modules, nn.Module), f"{where}: `build_modules` must return an nn.Module")
    state = torch.get_rng_state()
    losses = pretext.loss(model, views)
    own = torch.equal(state, torch.get_rng_state())
    require(own, f"{where}: `loss` draws random numbers; draw them in `views`, from `rng`")
    require(isinstance(losses, Losses), f"{where}: `loss` must return Losses")
    check_loss(losses.total, f"{where}: the total of `loss`")
    losses.total.backward()  # type: ignore[no-untyped-call]
    require(any_nonzero([p.grad for p in model.parameters()]), f"{where}: the loss does not depend on the model")
    trained = [p.grad for p in modules.parameters() if p.requires_grad]
    require(all(g is not None for g in trained), f"{where}: some parameters of its modules get no gradient")


def _check_memory(pretext: type[Pretext], setup: PretextSetup, views: Views, where: str) -> None:
    model = _Restorer(setup.domain.channels)
    first, second = pretext(setup), pretext(setup)
    before, after = first.build_modules(model), second.build_modules(model)
    first.loss(model, views)
    after.load_state_dict(before.state_dict())
    totals = [one.loss(model, views).total.detach() for one in (first, second)]
    require(torch.equal(*totals), f"{where}: `loss` remembers something that is not in its modules")


class _Restorer(nn.Module):
    """The smallest thing that is a Restorer."""

    feature_channels = _FEATURES

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(2 * channels, _FEATURES, 3, padding=1)
        self.last = nn.Conv2d(_FEATURES, channels, 3, padding=1)

    def features(self, x: Tensor, sigma: Tensor | None = None) -> Tensor:
        told = torch.zeros_like(x) if sigma is None else sigma
        return torch.relu(self.first(torch.cat([x, told], 1)))

    def forward(self, x: Tensor, sigma: Tensor | None = None) -> Tensor:
        restored: Tensor = self.last(self.features(x, sigma))
        return restored


def _encoder(x: Tensor) -> list[Tensor]:
    return [torch.tanh(x.mean(dim=1, keepdim=True))]
