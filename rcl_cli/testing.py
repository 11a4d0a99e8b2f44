"""`check_task` and `check_pretext`: whether a plugin keeps its contract, for its author's tests and ours."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import numpy as np
import torch
from torch import Tensor, nn

from rcl_calibration.correlation import REACH, as_tuples
from rcl_calibration.profile import NoiseProfile
from rcl_cli.data.batch import Batch
from rcl_cli.domain import Domain
from rcl_cli.errors import RclError
from rcl_cli.nn.receptive import head_radius
from rcl_cli.pretext import Losses, Pretext, PretextSetup, Views
from rcl_cli.task import Task

_FEATURES = 8
_NOISE = NoiseProfile.uniform(0.01, 1e-4)
_T = TypeVar("_T")


def check_task(task: Task) -> None:
    """Raise AssertionError, saying what is wrong, unless `task` keeps its contract in each of its domains.

    Checked: shapes and dtypes of training pairs and predictions, as `output`, `scale` and `upsample` promise them;
    that `degrade` repeats itself under equal `rng`, uses no other randomness and leaves its input alone; that the
    loss is a finite scalar whose gradient reaches the head and the features; that the head can be applied in tiles;
    `metrics`, `finish` and `default_head`.
    """
    _require(isinstance(task, Task), f"{task!r} is no Task; derive it from rcl_cli.task.Task and instantiate it")
    _require(isinstance(task.name, str) and task.name != "", "a task's `name` must be a word")
    _require(isinstance(task.scale, int) and task.scale >= 1, f"{task.name}: `scale` must be 1, 2, …")
    _require(len(task.domains) > 0, f"{task.name}: `domains` is empty")
    for domain in sorted(task.domains, key=lambda d: d.value):
        _check_domain(task, domain, f"{task.name} on {domain.name}")


def check_pretext(pretext: type[Pretext], options: Mapping[str, Any] | None = None) -> None:
    """Raise AssertionError, saying what is wrong, unless `pretext` keeps its contract in each of its domains.

    `options` are the pretext's own settings. Checked: that views are finite, repeat themselves under equal `rng`, use
    no other randomness and leave the batch alone; that the loss is a finite scalar, uses no randomness and passes
    gradients to the model; that all it remembers from step to step is in its modules, so that runs can be resumed.
    """
    _require(
        isinstance(pretext, type) and issubclass(pretext, Pretext),
        f"{pretext!r} is no Pretext class; derive it from rcl_cli.pretext.Pretext",
    )
    _require(len(pretext.domains) > 0, f"{pretext.name}: `domains` is empty")
    for domain in sorted(pretext.domains, key=lambda d: d.value):
        setup = PretextSetup(domain, crop=16, encoder=_encoder, options=dict(options or {}), noise=0.05)
        where = f"{pretext.name} on {domain.name}"
        views = _check_views(pretext(setup), setup, where)
        _check_pretext_loss(pretext(setup), setup, views, where)
        _check_memory(pretext, setup, views, where)


def _check_domain(task: Task, domain: Domain, where: str) -> None:
    up = task.upsample(domain)
    _require(isinstance(up, int) and up >= 1, f"{where}: `upsample` must be 1, 2, …, not {up!r}")
    out = task.output(domain)
    _require(isinstance(out, Domain), f"{where}: `output` must be a Domain, not {out!r}")
    x, target = _check_degrade(task, domain, where)
    head = task.build_head(domain, _FEATURES)
    _require(isinstance(head, nn.Module), f"{where}: `build_head` must return an nn.Module")
    prediction, features = _predict(head, x, where)
    expected = (2, out.channels, x.shape[-2] * up, x.shape[-1] * up)
    _same_shape(prediction, expected, f"{where}: the head's result")
    _check_gradients(task, head, features, prediction, torch.stack([target, target]), where)
    _check_reach(head, domain, where)
    _check_results(task, domain, prediction[0].detach(), x, target, where)


def _check_degrade(task: Task, domain: Domain, where: str) -> tuple[Tensor, Tensor]:
    height, width = 36 * task.scale, 48 * task.scale  # not square, so that a mix-up of the axes shows
    clean = torch.rand(3, height, width, generator=_rng(1))
    before = clean.clone()
    pairs = _repeated(lambda rng: task.degrade(clean, domain, _NOISE, rng), f"{where}: `degrade`")
    _require(torch.equal(clean, before), f"{where}: `degrade` changes the clean crop that it is given")
    for first, second in zip(*pairs, strict=True):
        same = torch.equal(first, second)
        _require(same, f"{where}: `degrade` gives two results for one `rng`; take all randomness from it")
    x, target = pairs[0]
    h, w = height // (task.scale * domain.pixels), width // (task.scale * domain.pixels)
    up = task.upsample(domain)
    _same_shape(x, (domain.channels, h, w), f"{where}: x from `degrade`")
    _same_shape(target, (task.output(domain).channels, h * up, w * up), f"{where}: the target from `degrade`")
    for tensor, what in ((x, "x"), (target, "the target")):
        good = tensor.dtype == torch.float32 and bool(tensor.isfinite().all())
        _require(good, f"{where}: {what} from `degrade` must be float32 and finite")
    return x, target


def _predict(head: nn.Module, x: Tensor, where: str) -> tuple[Tensor, Tensor]:
    features = torch.randn(2, _FEATURES, *x.shape[-2:], generator=_rng(2), requires_grad=True)
    prediction = head(features, torch.stack([x, x]))
    _require(isinstance(prediction, Tensor), f"{where}: the head must return a tensor")
    return prediction, features


def _check_gradients(
    task: Task, head: nn.Module, features: Tensor, prediction: Tensor, target: Tensor, where: str
) -> None:
    loss = task.loss(prediction, target)
    _check_loss(loss, f"{where}: `loss`")
    loss.backward()  # type: ignore[no-untyped-call]
    gradients = [p.grad for p in head.parameters() if p.requires_grad]
    _require(len(gradients) > 0, f"{where}: the head has no parameters to train")
    _require(all(g is not None for g in gradients), f"{where}: some of the head's parameters get no gradient")
    _require(_any_nonzero(gradients), f"{where}: the loss does not depend on the head's parameters")
    _require(features.grad is not None, f"{where}: the head ignores the backbone's features")


def _check_reach(head: nn.Module, domain: Domain, where: str) -> None:
    try:
        head_radius(head, _FEATURES, domain.channels)
    except RclError as error:
        raise AssertionError(f"{where}: {error}") from error


def _check_results(task: Task, domain: Domain, prediction: Tensor, x: Tensor, target: Tensor, where: str) -> None:
    for name, value in task.metrics(prediction, target).items():
        good = isinstance(name, str) and isinstance(value, float) and not math.isnan(value)
        _require(good, f"{where}: `metrics` must map names to floats, not {name!r} to {value!r}")
    _same_shape(task.finish(prediction, x), tuple(prediction.shape), f"{where}: the result of `finish`")
    shipped = task.default_head(domain)
    _require(shipped is None or shipped.is_file(), f"{where}: `default_head` names a missing file, {shipped}")


def _profile(shot: float, channels: int) -> NoiseProfile:
    """Also with a covariance, that of independent noise, for pretexts that need one."""
    lags = 2 * REACH + 1
    covariance = np.zeros((channels, channels, lags, lags))
    covariance[range(channels), range(channels), REACH, REACH] = 1e-4
    return NoiseProfile.uniform(shot, 1e-4, covariance=as_tuples(covariance))


def _check_views(pretext: Pretext, setup: PretextSetup, where: str) -> Views:
    margin = pretext.margin
    _require(isinstance(margin, int) and margin >= 0, f"{where}: `margin` must be 0, 1, …, not {margin!r}")
    channels, side = setup.domain.channels, setup.crop + margin
    # Pictures of different brightness and noise, as in a real batch.
    level = torch.linspace(0.1, 0.6, 4).view(4, 1, 1, 1)
    pictures = level + 0.1 * level * torch.randn(4, channels, side, side, generator=_rng(3))
    before = pictures.clone()
    batch = Batch(pictures, tuple(_profile(0.01 * n, channels) for n in range(1, 5)))
    views, again = _repeated(lambda rng: pretext.views(batch, rng), f"{where}: `views`")
    _require(torch.equal(pictures, before), f"{where}: `views` changes the batch that it is given")
    _require(len(views) > 0 and views.keys() == again.keys(), f"{where}: `views` must name the same views each time")
    for name, view in views.items():
        _require(bool(view.isfinite().all()), f"{where}: view {name!r} is not finite")
        same = torch.equal(view, again[name])
        _require(same, f"{where}: view {name!r} differs for one `rng`; take all randomness from it")
    return views


def _check_pretext_loss(pretext: Pretext, setup: PretextSetup, views: Views, where: str) -> None:
    model = _Restorer(setup.domain.channels)
    modules = pretext.build_modules(model)
    _require(isinstance(modules, nn.Module), f"{where}: `build_modules` must return an nn.Module")
    state = torch.get_rng_state()
    losses = pretext.loss(model, views)
    own = torch.equal(state, torch.get_rng_state())
    _require(own, f"{where}: `loss` draws random numbers; draw them in `views`, from `rng`")
    _require(isinstance(losses, Losses), f"{where}: `loss` must return Losses")
    _check_loss(losses.total, f"{where}: the total of `loss`")
    losses.total.backward()  # type: ignore[no-untyped-call]
    _require(_any_nonzero([p.grad for p in model.parameters()]), f"{where}: the loss does not depend on the model")
    trained = [p.grad for p in modules.parameters() if p.requires_grad]
    _require(all(g is not None for g in trained), f"{where}: some parameters of its modules get no gradient")


def _check_memory(pretext: type[Pretext], setup: PretextSetup, views: Views, where: str) -> None:
    model = _Restorer(setup.domain.channels)
    first, second = pretext(setup), pretext(setup)
    before, after = first.build_modules(model), second.build_modules(model)
    first.loss(model, views)
    after.load_state_dict(before.state_dict())
    totals = [one.loss(model, views).total.detach() for one in (first, second)]
    _require(torch.equal(*totals), f"{where}: `loss` remembers something that is not in its modules")


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


def _repeated(call: Callable[[torch.Generator], _T], what: str) -> tuple[_T, _T]:
    state = torch.get_rng_state()
    results = call(_rng(4)), call(_rng(4))
    own = torch.equal(state, torch.get_rng_state())
    _require(own, f"{what} draws from the global generator; take all randomness from `rng`")
    return results


def _check_loss(loss: Tensor, what: str) -> None:
    _require(isinstance(loss, Tensor) and loss.ndim == 0, f"{what} must be a scalar tensor")
    _require(bool(loss.isfinite()), f"{what} must be finite, not {loss.item()}")
    _require(loss.requires_grad, f"{what} passes no gradient on")


def _encoder(x: Tensor) -> list[Tensor]:
    return [torch.tanh(x.mean(dim=1, keepdim=True))]


def _any_nonzero(gradients: list[Tensor | None]) -> bool:
    return any(g is not None and bool((g != 0).any()) for g in gradients)


def _same_shape(tensor: Tensor, expected: tuple[int, ...], what: str) -> None:
    _require(tuple(tensor.shape) == expected, f"{what} must be {expected}, not {tuple(tensor.shape)}")


def _rng(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def _require(condition: bool, message: str) -> None:
    # Not the statement: `python -O` drops it.
    if not condition:
        raise AssertionError(message)
