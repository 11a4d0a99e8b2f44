"""What all contracts are checked by."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TypeVar

import torch
from torch import Tensor

from rcl_cli.domain import Domain

_T = TypeVar("_T")


def repeated(call: Callable[[torch.Generator], _T], what: str) -> tuple[_T, _T]:
    state = torch.get_rng_state()
    results = call(rng_of(4)), call(rng_of(4))
    own = torch.equal(state, torch.get_rng_state())
    require(own, f"{what} draws from the global generator; take all randomness from `rng`")
    return results


def check_domains(domains: Collection[object], name: str) -> list[Domain]:
    """Those of a plugin, in a fixed order."""
    require(isinstance(domains, Collection) and len(domains) > 0, f"{name}: `domains` is empty")
    found = [domain for domain in domains if isinstance(domain, Domain)]
    other = [domain for domain in domains if not isinstance(domain, Domain)]
    members = ", ".join(f"Domain.{domain.name}" for domain in Domain)
    require(not other, f"{name}: `domains` must hold members of Domain ({members}), not {other and other[0]!r}")
    return sorted(found, key=lambda domain: domain.value)


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
