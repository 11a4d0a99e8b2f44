"""Denoising learnt from clean pictures with simulated noise: the paper's SL (Den) and Oracle."""

from __future__ import annotations

import torch

from rcl_cli.data.batch import Batch, add_noises
from rcl_cli.hookspecs import hookimpl
from rcl_cli.pretext import Losses, Pretext, PretextSetup, Restorer, Views
from rcl_pretexts.errors import DN, picture_sum
from rcl_pretexts.options import read_options


class Supervised(Pretext):
    """Mean absolute error against the clean picture, in 8-bit DN (the L1 of Dong et al., section 4).

    Each picture keeps its own (λ_shot, λ_read); the noise itself is new in every step.
    """

    name = "supervised"
    needs_clean = True
    denoises = True

    def __init__(self, setup: PretextSetup) -> None:
        super().__init__(setup)
        read_options(self.name, setup.options, {})

    def views(self, batch: Batch, rng: torch.Generator) -> Views:
        """`noisy` and `clean`."""
        noisy = add_noises(batch.pictures, batch.noise, self.setup.domain, rng)
        return {"noisy": noisy, "clean": batch.pictures}

    def loss(self, model: Restorer, views: Views) -> Losses:
        total = picture_sum((model(views["noisy"]) - views["clean"]).abs() * DN)
        return Losses(total, log={"error_dn": total.item() / len(views["noisy"])})


@hookimpl
def rcl_pretext() -> type[Pretext]:
    """Registers `--pretext supervised`."""
    return Supervised
