"""Recorrupted-to-Recorrupted: a denoiser from noisy pictures alone, by two noisier copies with unrelated noise."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from rcl_cli.plugins.hooks import hookimpl
from rcl_cli.plugins.options import option
from rcl_cli.pretext import Batch, Losses, Pretext, Restorer, Views
from rcl_pretexts.errors import log_errors
from rcl_pretexts.recorruption import input_sigma, recorrupted
from rcl_pretexts.told import ToldPretext


class Recorrupted(ToldPretext):
    """‖f(y + α·σ·z) − (y − σ·z/α)‖², z ~ N(0, 1) (Pang et al. 2021, section 3, with D = α·diag(σ)).

    f is told the noise level of what it is given. Each picture counts by its `log_errors`.
    """

    name = "recorrupted"

    @dataclass(frozen=True)
    class Options:
        """How noisy the two copies are."""

        strength: float = option(1.0, "α: smaller is closer to the picture, with a noisier target.", above=0)
        noise_aware: bool | None = option(None, "The network is told the noise level.  By default where it may be.")

    options: Options

    def views(self, batch: Batch, rng: torch.Generator) -> Views:
        """As `recorruption.recorrupted` gives them."""
        return recorrupted(batch.pictures, batch.noise, self.setup.domain, rng, self.options.strength)

    def loss(self, model: Restorer, views: Views) -> Losses:
        restored = model(views["input"], self.told(input_sigma(views, self.options.strength)))
        return Losses(log_errors((restored - views["target"]).square().mean((1, 2, 3))).sum())


@hookimpl
def rcl_pretext() -> type[Pretext]:
    """Registers `--pretext recorrupted`."""
    return Recorrupted
