"""Stein's unbiased risk estimate: a denoiser from noisy pictures alone, by how f would change with the noise."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from rcl_cli.noise import differentiable_sigma, variance_gains
from rcl_cli.plugins.hooks import hookimpl
from rcl_cli.plugins.options import option
from rcl_cli.pretext import Batch, Losses, Pretext, Restorer, Views
from rcl_pretexts.errors import picture_sum, precision
from rcl_pretexts.told import ToldPretext


class Sure(ToldPretext):
    """mean((f(y) − y)² − σ²) + 2·mean(σ²·∂f/∂y), whose expectation is the mean squared error against the clean picture.

    Stein 1981 for independent Gaussian noise of variance σ², here one of each element. The divergence is Monte Carlo's:
    E[v·(f(y + εv) − f(y))]/ε with v = σ·b, b ~ N(0, 1) (Ramani, Blu & Unser 2008; as a training loss, Soltanayev & Chun
    2018). A difference, not a derivative: the network has kinks, and the derivative of a derivative does not see how
    the loss changes where they move. σ² = λ_shot·y + λ_read is taken from the noisy y: right on the mean. Each
    picture's error counts as a share of its noise.
    """

    name = "sure"

    @dataclass(frozen=True)
    class Options:
        """How the divergence is measured."""

        noise_aware: bool | None = option(
            None,
            "The network is told the noise level.  By default where it may be.",
        )
        step: float = option(0.1, "ε: small against the noise, large against rounding in mixed precision.", above=0)

    options: Options

    def views(self, batch: Batch, rng: torch.Generator) -> Views:
        """`noisy`, y; `direction`, b; `shot` and `read` of the noise, (N, C, 1, 1)."""
        y = batch.pictures
        shot, read = variance_gains(batch.noise, self.setup.domain, y)
        return {"noisy": y, "direction": torch.randn(y.shape, generator=rng), "shot": shot, "read": read}

    def loss(self, model: Restorer, views: Views) -> Losses:
        """Its value can be below 0: it is an estimate. `risk_noise`, a picture's, in the log: error over noise."""
        y, step = views["noisy"], self.options.step
        sigma = differentiable_sigma(y, views["shot"], views["read"])
        v = sigma * views["direction"]
        both = torch.cat([y, y + step * v])
        of_both = differentiable_sigma(both, *(torch.cat([views[name]] * 2) for name in ("shot", "read")))
        restored, moved = model(both, self.told(of_both)).chunk(2)
        risk = (restored - y).square() - sigma.square() + 2 * v * (moved - restored) / step
        total = picture_sum(risk * precision(sigma))
        return Losses(total, log={"risk_noise": total.detach() / len(y)})


@hookimpl
def rcl_pretext() -> type[Pretext]:
    """Registers `--pretext sure`."""
    return Sure
