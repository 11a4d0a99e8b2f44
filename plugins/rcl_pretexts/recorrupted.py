"""Recorrupted-to-Recorrupted: a denoiser from noisy pictures alone, by two noisier copies with unrelated noise."""

from __future__ import annotations

import math
from typing import Any

import torch

from rcl_cli.data.batch import Batch, sigma_maps, variance_gains
from rcl_cli.hookspecs import hookimpl
from rcl_cli.pretext import Losses, Pretext, PretextSetup, Restorer, Views
from rcl_pretexts.errors import picture_sum, precision
from rcl_pretexts.noise_level import sigma_of
from rcl_pretexts.options import read_options, require


class Recorrupted(Pretext):
    """‖f(y + α·σ·z) − (y − σ·z/α)‖², z ~ N(0, 1) (Pang et al. 2021, section 3, with D = α·diag(σ)).

    With noise n of y: Cov(n + ασz, n − σz/α) = σ² − σ² = 0, so that the gradient is that of ‖f(y + α·σ·z) − clean‖² in
    expectation. σ² = λ_shot·y + λ_read is taken from the noisy y itself: right on the mean, and exact where the noise
    does not depend on the signal. f is told the noise level of what it is given, √(1 + α²) times that of y. Each
    picture's error counts as a share of its noise.

    Options: `strength`, α, 1: smaller is closer to y, with a noisier target; `noise_aware`, yes.
    """

    name = "recorrupted"
    needs_noise = True
    denoises = True

    def __init__(self, setup: PretextSetup) -> None:
        super().__init__(setup)
        self.options = read_options(self.name, setup.options, {"strength": 1.0, "noise_aware": setup.noise_input})
        require(self.options["strength"] > 0, "strength must be above 0")

    def describe(self) -> dict[str, Any]:
        return self.options

    def views(self, batch: Batch, rng: torch.Generator) -> Views:
        """`input`, `target`; `shot` and `read` of y's noise, (N, C, 1, 1)."""
        y, domain = batch.pictures, self.setup.domain
        shot, read = variance_gains(batch.noise, domain, y)
        z = torch.randn(y.shape, generator=rng) * sigma_maps(y, batch.noise, domain)
        strength = self.options["strength"]
        return {"input": y + strength * z, "target": y - z / strength, "shot": shot, "read": read}

    def loss(self, model: Restorer, views: Views) -> Losses:
        # From what f is given: σ of y itself would tell f about the noise that was added to y.
        sigma = sigma_of(views["input"], views["shot"], views["read"]) * math.sqrt(1 + self.options["strength"] ** 2)
        restored = model(views["input"], sigma if self.options["noise_aware"] else None)
        return Losses(picture_sum((restored - views["target"]).square() * precision(sigma)))


@hookimpl
def rcl_pretext() -> type[Pretext]:
    """Registers `--pretext recorrupted`."""
    return Recorrupted
