"""Adam with the constants of the paper (Dong et al., section 4), its steps and the schedule of its learning rate."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn

from rcl_cli.errors import RclError

EPSILON = 1e-7


def adam(parameters: Iterable[nn.Parameter], lr: float, eps: float = EPSILON) -> torch.optim.Adam:
    """Adam with β = (0.9, 0.999) and ε = 1e-7 on these parameters; on a CUDA device in one go."""
    given = list(parameters)
    fused = True if given and all(parameter.is_cuda for parameter in given) else None
    return torch.optim.Adam(given, lr=lr, betas=(0.9, 0.999), eps=eps, fused=fused)


def make_optimizer(model: nn.Module, lr: float) -> torch.optim.Adam:
    """`adam` for the parameters of `model` that require gradients."""
    return adam([parameter for parameter in model.parameters() if parameter.requires_grad], lr)


def share_of_rate(step: int, steps: int, *, rise: float = 0.0, fall: float = 0.0) -> float:
    """0…1, for step 1 … `steps`: rises in a part of the steps at the start, and falls in one at the end.

    >>> [share_of_rate(step, 4, rise=0.5, fall=0.5) for step in (1, 2, 3, 4)]
    [0.5, 1.0, 1.0, 0.5]
    """
    rising = step / (rise * steps) if rise else 1.0
    falling = (steps - step + 1) / (fall * steps) if fall else 1.0
    return min(1.0, rising, falling)


def descend(
    optimizer: torch.optim.Optimizer, loss: Tensor, lr: float, limit: Callable[[], None] = lambda: None
) -> Tensor:
    """One step at the learning rate `lr`, downhill from the scalar `loss`; its value, for which no GPU is awaited.

    A loss that is not finite changes nothing. `limit` may change the gradients before the step.
    """
    optimizer.zero_grad(set_to_none=True)
    loss.backward()  # type: ignore[no-untyped-call]
    value = loss.detach()
    if optimizer.defaults.get("fused"):
        # As torch.amp.GradScaler does: the step itself looks at this, on the device.
        optimizer.grad_scale, optimizer.found_inf = None, (~value.isfinite()).float()  # type: ignore[attr-defined]
    elif not math.isfinite(value.item()):
        return value
    limit()
    for group in optimizer.param_groups:
        group["lr"] = lr
    optimizer.step()
    return value


def require_number(loss: float, step: int, remedy: str = "start again with a smaller --lr") -> float:
    """The loss of a step; raises RclError, which ends with `remedy`, where it is not finite."""
    if not math.isfinite(loss):
        raise RclError(f"the loss is no longer a number at step {step}; {remedy}")
    return loss
