"""What the methods of a task have to return; a plugin that returns something else is told so at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from numbers import Real
from pathlib import Path
from typing import TYPE_CHECKING, Any

from torch import Tensor, nn

from rcl_cli.domain import Domain

if TYPE_CHECKING:
    from rcl_calibration.profile import NoiseProfile
    from rcl_cli.task import Task


def _head(found: object, task: Task, *rest: Any) -> str:
    return "" if isinstance(found, nn.Module) else f"returns {_kind(found)}; it must be a torch module"


def _loss(found: object, task: Task, *rest: Any) -> str:
    scalar = isinstance(found, Tensor) and found.numel() == 1 and found.is_floating_point()
    return "" if scalar else f"returns {_kind(found)}; it must be one number in a tensor"


def _metrics(found: object, task: Task, *rest: Any) -> str:
    named = isinstance(found, Mapping) and all(
        isinstance(name, str) and isinstance(value, Real) for name, value in found.items()
    )
    return "" if named else f"returns {_kind(found)}; it must be a dict of numbers by name"


def _finish(found: object, task: Task, prediction: Tensor, x: Tensor) -> str:
    if not isinstance(found, Tensor) or found.shape != prediction.shape:
        return f"returns {_kind(found)}; it must be a tensor of the prediction's shape, {tuple(prediction.shape)}"
    if found.dtype != prediction.dtype:
        return f"returns {found.dtype}; it must be {prediction.dtype}"
    return "" if bool(found.isfinite().all()) else "gives values that are not finite numbers"


def _pair(
    found: object, task: Task, clean: Tensor, domain: Domain, noise: NoiseProfile, *rest: Any, **named: Any
) -> str:
    if not (isinstance(found, tuple) and len(found) == 2 and all(isinstance(one, Tensor) for one in found)):
        return f"returns {_kind(found)}; it must be a tuple of two tensors, x and target"
    x, target = found
    up = task.upsample(domain)
    if x.ndim != 3 or x.shape[0] != domain.channels:
        return f"gives x of shape {tuple(x.shape)}; it must be ({domain.channels}, h, w)"
    wanted = (task.output(domain).channels, x.shape[1] * up, x.shape[2] * up)
    if tuple(target.shape) != wanted:
        return f"gives a target of shape {tuple(target.shape)} for x of {tuple(x.shape)}; it must be {wanted}"
    return "" if bool(x.isfinite().all() and target.isfinite().all()) else "gives values that are not finite numbers"


def _domain(found: object, task: Task, *rest: Any) -> str:
    return "" if isinstance(found, Domain) else f"returns {found!r}; it must be a Domain"


def _factor(found: object, task: Task, *rest: Any) -> str:
    whole = isinstance(found, int) and not isinstance(found, bool) and found >= 1
    return "" if whole else f"returns {found!r}; it must be a whole number from 1 on"


def _file(found: object, task: Task, *rest: Any) -> str:
    return "" if found is None or isinstance(found, Path) else f"returns {found!r}; it must be a Path or None"


def _kind(found: object) -> str:
    return f"a tensor of shape {tuple(found.shape)}" if isinstance(found, Tensor) else f"a {type(found).__name__}"


RESULTS: dict[str, Callable[..., str]] = {
    "build_head": _head,
    "head_on": _head,
    "loss": _loss,
    "metrics": _metrics,
    "finish": _finish,
    "degrade": _pair,
    "output": _domain,
    "upsample": _factor,
    "default_head": _file,
}
"""By method: what is wrong with its result; "" where nothing is. Called with the result, the task and its arguments."""
