"""Recorrupted-to-Recorrupted: a picture with more noise predicts one with other noise, from noisy pictures alone."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from rcl_cli import Batch, Losses, NoiseLevel, Pictures, Pretext, Restorer, Views, add_noises, hookimpl, option


class R2R(Pretext):
    """‖f(y + α n) − (y − n / α)‖² with new noise n of the same variance as that of y (Pang et al. 2021, section 3).

    The noise of the two, e + α n and e − n / α, is uncorrelated: var(e) − var(n) = 0. So in expectation f learns what
    it would learn from the clean picture.
    """

    name = "r2r"
    pictures = Pictures.NOISY
    noise_level = NoiseLevel.REQUIRED  # run `rcl calibrate` first
    denoises = True

    @dataclass(frozen=True)
    class Options:
        alpha: float = option(0.5, "Size of the noise that is added, relative to the picture's own.", above=0, most=2)

    def views(self, batch: Batch, rng: torch.Generator) -> Views:
        noisy, alpha = batch.pictures, self.options.alpha
        more = add_noises(noisy, batch.noise, self.setup.domain, rng) - noisy
        return {"input": noisy + alpha * more, "target": noisy - more / alpha}

    def loss(self, model: Restorer, views: Views) -> Losses:
        error = (model(views["input"]) - views["target"]).square()
        # Summed over the pictures, so that the losses of several pretexts can be added.
        return Losses(error.flatten(1).mean(1).sum())


@hookimpl
def rcl_pretext() -> type[Pretext]:
    return R2R
