"""Noise2Noise: one noisy copy of a picture predicts another, with simulated noise on clean pictures."""

from __future__ import annotations

import torch

from rcl_cli.noise import add_noises
from rcl_cli.plugins.hooks import hookimpl
from rcl_cli.pretext import Batch, Losses, Pictures, Pretext, Restorer, Views
from rcl_pretexts.errors import TYPICAL_NOISE, picture_sum


class Noise2Noise(Pretext):
    """‖f(x) − x̃‖² with x and x̃ of equal mean and independent noise (Lehtinen et al. 2018, section 2).

    Its gradient is that of ‖f(x) − y‖² in expectation, since the noise of x̃ has mean 0 whatever x is. Both copies
    have the picture's own (λ_shot, λ_read), as in Dong et al., section 5; their noise is new in every step. In units
    of the typical noise.
    """

    name = "noise2noise"
    pictures = Pictures.CLEAN
    denoises = True

    def views(self, batch: Batch, rng: torch.Generator) -> Views:
        """`first` and `second`, two noisy copies."""
        return {name: add_noises(batch.pictures, batch.noise, self.setup.domain, rng) for name in ("first", "second")}

    def loss(self, model: Restorer, views: Views) -> Losses:
        noise = self.setup.noise or TYPICAL_NOISE
        return Losses(picture_sum((model(views["first"]) - views["second"]).square()) / noise**2)


@hookimpl
def rcl_pretext() -> type[Pretext]:
    """Registers `--pretext noise2noise`."""
    return Noise2Noise
