"""Muon for the matrices of a network, AdamW for the rest: half the steps of AdamW alone for our restorers."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, nn

_MOMENTUM = 0.95
_BETAS = (0.9, 0.99)
_EPSILON = 1e-8
_NEWTON_SCHULZ = (3.4445, -4.7750, 2.0315)
_ITERATIONS = 5


class Muon(torch.optim.Optimizer):
    """Momentum, made orthogonal, for weights of hidden layers (Jordan et al. 2024); AdamW for first and last layers.

    A convolution's weight is a matrix of its outputs × all else. Each group has a learning rate `lr` of its own, and a
    `base` that a schedule multiplies.
    """

    def __init__(self, hidden: Iterable[nn.Parameter], rest: Iterable[nn.Parameter], lr: float, rest_lr: float) -> None:
        groups: list[dict[str, Any]] = [
            {"params": list(hidden), "lr": lr, "base": lr, "orthogonal": True},
            {"params": list(rest), "lr": rest_lr, "base": rest_lr, "orthogonal": False},
        ]
        super().__init__(groups, {})

    def scale(self, share: float) -> None:
        """Set each group's learning rate to this share of its base."""
        for group in self.param_groups:
            group["lr"] = share * group["base"]

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """One step downhill along the gradients; parameters without one stay."""
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is not None:
                    move = self._orthogonal if group["orthogonal"] else self._adam
                    parameter.add_(move(parameter), alpha=-group["lr"])

    def _orthogonal(self, parameter: nn.Parameter) -> Tensor:
        state = self.state[parameter]
        if not state:
            state["momentum"] = torch.zeros_like(parameter)
        momentum: Tensor = state["momentum"]
        gradient = parameter.grad
        assert gradient is not None
        momentum.mul_(_MOMENTUM).add_(gradient)
        matrix = (gradient + _MOMENTUM * momentum).flatten(1)
        rows, columns = matrix.shape
        step: Tensor = orthogonalized(matrix).mul_(max(1.0, rows / columns) ** 0.5)
        return step.view_as(parameter)

    def _adam(self, parameter: nn.Parameter) -> Tensor:
        state = self.state[parameter]
        if not state:
            state["step"] = torch.zeros(())
            state["mean"], state["square"] = torch.zeros_like(parameter), torch.zeros_like(parameter)
        gradient = parameter.grad
        assert gradient is not None
        state["step"] += 1
        state["mean"].lerp_(gradient, 1 - _BETAS[0])
        state["square"].lerp_(gradient.square(), 1 - _BETAS[1])
        mean, square = (
            state[name] / (1 - beta ** float(state["step"]))
            for name, beta in zip(("mean", "square"), _BETAS, strict=True)
        )
        step: Tensor = mean / (square.sqrt() + _EPSILON)
        return step


def orthogonalized(matrix: Tensor) -> Tensor:
    """Nearly U·Vᵀ of the matrix U·S·Vᵀ: its singular values brought to about 1 by Newton–Schulz iterations."""
    a, b, c = _NEWTON_SCHULZ
    x: Tensor = matrix / (matrix.norm() + 1e-7)
    tall = x.shape[0] > x.shape[1]
    x = x.T if tall else x
    for _ in range(_ITERATIONS):
        gram = x @ x.T
        x = a * x + (b * gram + c * gram @ gram) @ x
    return x.T if tall else x
