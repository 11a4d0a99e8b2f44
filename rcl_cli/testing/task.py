"""The contract of a task."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from rcl_calibration.profile import NoiseProfile
from rcl_cli.domain import Domain
from rcl_cli.errors import RclError
from rcl_cli.measure.receptive import head_radius
from rcl_cli.task import Task
from rcl_cli.testing.contract import any_nonzero, check_domains, check_loss, repeated, require, rng_of, same_shape

_FEATURES = 8
_NOISE = NoiseProfile.uniform(0.01, 1e-4)


def check_task(task: Task) -> None:
    """Raise AssertionError, saying what is wrong, unless `task` keeps its contract in each of its domains.

    Checked: shapes and dtypes of training pairs and predictions, as `output`, `scale` and `upsample` promise them;
    that `degrade` repeats itself under equal `rng`, uses no other randomness and leaves its input alone; that the
    loss is a finite scalar whose gradient reaches the head and the features; that the head can be applied in tiles;
    `metrics`, `finish` and `default_head`.
    """
    require(isinstance(task, Task), f"{task!r} is no Task; derive it from rcl_cli.task.Task and instantiate it")
    require(isinstance(task.name, str) and task.name != "", "a task's `name` must be a word")
    require(isinstance(task.scale, int) and task.scale >= 1, f"{task.name}: `scale` must be 1, 2, …")
    for domain in check_domains(task.domains, task.name):
        _check_domain(task, domain, f"{task.name} on {domain.name}")


def _check_domain(task: Task, domain: Domain, where: str) -> None:
    up = task.upsample(domain)
    require(isinstance(up, int) and up >= 1, f"{where}: `upsample` must be 1, 2, …, not {up!r}")
    out = task.output(domain)
    require(isinstance(out, Domain), f"{where}: `output` must be a Domain, not {out!r}")
    x, target = _check_degrade(task, domain, where)
    head = task.build_head(domain, _FEATURES)
    require(isinstance(head, nn.Module), f"{where}: `build_head` must return an nn.Module")
    prediction, features = _predict(head, x, task.noise_aware, where)
    expected = (2, out.channels, x.shape[-2] * up, x.shape[-1] * up)
    same_shape(prediction, expected, f"{where}: the head's result")
    _check_gradients(task, head, features, prediction, torch.stack([target, target]), where)
    _check_reach(head, domain, where)
    _check_results(task, domain, prediction[0].detach(), x, target, where)


def _check_degrade(task: Task, domain: Domain, where: str) -> tuple[Tensor, Tensor]:
    height, width = 36 * task.scale, 48 * task.scale  # not square, so that a mix-up of the axes shows
    clean = torch.rand(3, height, width, generator=rng_of(1))
    before = clean.clone()
    pairs = repeated(lambda rng: task.degrade(clean, domain, _NOISE, rng), f"{where}: `degrade`")
    require(torch.equal(clean, before), f"{where}: `degrade` changes the clean crop that it is given")
    for first, second in zip(*pairs, strict=True):
        same = torch.equal(first, second)
        require(same, f"{where}: `degrade` gives two results for one `rng`; take all randomness from it")
    x, target = pairs[0]
    h, w = height // (task.scale * domain.pixels), width // (task.scale * domain.pixels)
    up = task.upsample(domain)
    same_shape(x, (domain.channels, h, w), f"{where}: x from `degrade`")
    same_shape(target, (task.output(domain).channels, h * up, w * up), f"{where}: the target from `degrade`")
    for tensor, what in ((x, "x"), (target, "the target")):
        good = tensor.dtype == torch.float32 and bool(tensor.isfinite().all())
        require(good, f"{where}: {what} from `degrade` must be float32 and finite")
    return x, target


def _predict(head: nn.Module, x: Tensor, noise_aware: bool, where: str) -> tuple[Tensor, Tensor]:
    features = torch.randn(2, _FEATURES, *x.shape[-2:], generator=rng_of(2), requires_grad=True)
    pair = torch.stack([x, x])
    prediction = head(features, pair, 0.05 + 0.1 * pair.abs() if noise_aware else None)
    require(isinstance(prediction, Tensor), f"{where}: the head must return a tensor")
    return prediction, features


def _check_gradients(
    task: Task, head: nn.Module, features: Tensor, prediction: Tensor, target: Tensor, where: str
) -> None:
    loss = task.loss(prediction, target)
    check_loss(loss, f"{where}: `loss`")
    loss.backward()  # type: ignore[no-untyped-call]
    gradients = [p.grad for p in head.parameters() if p.requires_grad]
    require(len(gradients) > 0, f"{where}: the head has no parameters to train")
    require(all(g is not None for g in gradients), f"{where}: some of the head's parameters get no gradient")
    require(any_nonzero(gradients), f"{where}: the loss does not depend on the head's parameters")
    require(features.grad is not None, f"{where}: the head ignores the backbone's features")


def _check_reach(head: nn.Module, domain: Domain, where: str) -> None:
    try:
        head_radius(head, _FEATURES, domain.channels)
    except RclError as error:
        raise AssertionError(f"{where}: {error}") from error


def _check_results(task: Task, domain: Domain, prediction: Tensor, x: Tensor, target: Tensor, where: str) -> None:
    for name, value in task.metrics(prediction, target).items():
        good = isinstance(name, str) and isinstance(value, float) and not math.isnan(value)
        require(good, f"{where}: `metrics` must map names to floats, not {name!r} to {value!r}")
    same_shape(task.finish(prediction, x), tuple(prediction.shape), f"{where}: the result of `finish`")
    shipped = task.default_head(domain)
    require(shipped is None or shipped.is_file(), f"{where}: `default_head` names a missing file, {shipped}")
