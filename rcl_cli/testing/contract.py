"""What all contracts are checked by."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import torch
from torch import Tensor

_T = TypeVar("_T")


def repeated(call: Callable[[torch.Generator], _T], what: str) -> tuple[_T, _T]:
    state = torch.get_rng_state()
    results = call(rng_of(4)), call(rng_of(4))
    own = torch.equal(state, torch.get_rng_state())
    require(own, f"{what} draws from the global generator; take all randomness from `rng`")
    return results


def check_loss(loss: Tensor, what: str) -> None:
    require(isinstance(loss, Tensor) and loss.ndim == 0, f"{what} must be a scalar tensor")
    require(bool(loss.isfinite()), f"{what} must be finite, not {loss.item()}")
    require(loss.requires_grad, f"{what} passes no gradient on")


def any_nonzero(gradients: list[Tensor | None]) -> bool:
    return any(g is not None and bool((g != 0).any()) for g in gradients)


def same_shape(tensor: Tensor, expected: tuple[int, ...], what: str) -> None:
    require(tuple(tensor.shape) == expected, f"{what} must be {expected}, not {tuple(tensor.shape)}")


def rng_of(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def require(condition: bool, message: str) -> None:
    # Not the statement: `python -O` drops it.
    if not condition:
        raise AssertionError(message)
