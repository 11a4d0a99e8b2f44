"""Stein's unbiased risk estimate: a denoiser from noisy pictures alone, by how f would change with the noise."""

from __future__ import annotations

from typing import Any

import torch

from rcl_cli.data.batch import Batch, variance_gains
from rcl_cli.hookspecs import hookimpl
from rcl_cli.pretext import Losses, Pretext, PretextSetup, Restorer, Views
from rcl_pretexts.errors import picture_sum, precision
from rcl_pretexts.noise_level import sigma_of
from rcl_pretexts.options import read_options


class Sure(Pretext):
    """mean((f(y) − y)² − σ²) + 2·mean(σ²·∂f/∂y), whose expectation is the mean squared error against the clean picture.

    Stein 1981 for independent Gaussian noise of variance σ², here one of each element. The divergence is Monte Carlo's:
    E[v·Jv] with v = σ·b, b ~ N(0, 1) (Ramani, Blu & Unser 2008; as a training loss, Soltanayev & Chun 2018). Jᵀv
    is exact, by differentiating f, rather than a difference of two results, which mixed precision would round away.
    σ² = λ_shot·y + λ_read is taken from the noisy y: right on the mean. Each picture's error counts as a share of its
    noise.

    Option: `noise_aware`, yes: f is told σ, and its dependence on y through σ counts.
    """

    name = "sure"
    needs_noise = True
    denoises = True

    def __init__(self, setup: PretextSetup) -> None:
        super().__init__(setup)
        self.options = read_options(self.name, setup.options, {"noise_aware": setup.noise_input})

    def describe(self) -> dict[str, Any]:
        return self.options

    def views(self, batch: Batch, rng: torch.Generator) -> Views:
        """`noisy`, y; `direction`, b; `shot` and `read` of the noise, (N, C, 1, 1)."""
        y = batch.pictures
        shot, read = variance_gains(batch.noise, self.setup.domain, y)
        return {"noisy": y, "direction": torch.randn(y.shape, generator=rng), "shot": shot, "read": read}

    def loss(self, model: Restorer, views: Views) -> Losses:
        """Its value can be below 0: it is an estimate. `risk_noise`, a picture's, in the log: error over noise."""
        y = views["noisy"].detach().requires_grad_()
        sigma = sigma_of(y, views["shot"], views["read"])
        restored = model(y, sigma if self.options["noise_aware"] else None)
        v = (sigma * views["direction"]).detach()
        (pulled,) = torch.autograd.grad((restored * v).sum(), y, create_graph=True)  # Jᵀv
        risk = (restored - y.detach()).square() - sigma.detach().square() + 2 * v * pulled
        total = picture_sum(risk * precision(sigma))
        return Losses(total, log={"risk_noise": total.item() / len(y)})


@hookimpl
def rcl_pretext() -> type[Pretext]:
    """Registers `--pretext sure`."""
    return Sure
