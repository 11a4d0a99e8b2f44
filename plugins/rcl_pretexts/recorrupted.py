"""Recorrupted-to-Recorrupted: a denoiser from noisy pictures alone, by two noisier copies with unrelated noise."""

from __future__ import annotations

from typing import Any

import torch

from rcl_cli.data.batch import Batch
from rcl_cli.hookspecs import hookimpl
from rcl_cli.pretext import Losses, Pretext, PretextSetup, Restorer, Views
from rcl_pretexts.errors import log_errors
from rcl_pretexts.options import read_options, require
from rcl_pretexts.recorruption import input_sigma, recorrupted


class Recorrupted(Pretext):
    """‖f(y + α·σ·z) − (y − σ·z/α)‖², z ~ N(0, 1) (Pang et al. 2021, section 3, with D = α·diag(σ)).

    f is told the noise level of what it is given. Each picture counts by its `log_errors`.

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
        """As `recorruption.recorrupted` gives them."""
        return recorrupted(batch.pictures, batch.noise, self.setup.domain, rng, self.options["strength"])

    def loss(self, model: Restorer, views: Views) -> Losses:
        sigma = input_sigma(views, self.options["strength"])
        restored = model(views["input"], sigma if self.options["noise_aware"] else None)
        return Losses(log_errors((restored - views["target"]).square().mean((1, 2, 3))).sum())


@hookimpl
def rcl_pretext() -> type[Pretext]:
    """Registers `--pretext recorrupted`."""
    return Recorrupted
