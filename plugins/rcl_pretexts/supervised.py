"""Denoising learnt from clean pictures with simulated noise: the paper's SL (Den) and Oracle."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import torch

from rcl_cli.data.batch import Batch, add_noises, variance_gains
from rcl_cli.hookspecs import hookimpl
from rcl_cli.pretext import Losses, Pretext, Restorer, Views
from rcl_pretexts.errors import DN, log_errors, picture_sum
from rcl_pretexts.noise_level import sigma_of
from rcl_pretexts.options import Configured


class Supervised(Configured):
    """Mean absolute error against the clean picture, in 8-bit DN (the L1 of Dong et al., section 4).

    Each picture keeps its own (λ_shot, λ_read); the noise itself is new in every step.

    Option: `noise_aware`, no. Yes: f is told σ, and learns by `log_errors`, as `recorrupted` does without the clean
    picture.
    """

    name = "supervised"
    needs_clean = True
    denoises = True
    defaults: ClassVar[Mapping[str, Any]] = {"noise_aware": False}

    def views(self, batch: Batch, rng: torch.Generator) -> Views:
        """`noisy` and `clean`; `shot` and `read` of the noise, (N, C, 1, 1)."""
        noisy = add_noises(batch.pictures, batch.noise, self.setup.domain, rng)
        shot, read = variance_gains(batch.noise, self.setup.domain, noisy)
        return {"noisy": noisy, "clean": batch.pictures, "shot": shot, "read": read}

    def loss(self, model: Restorer, views: Views) -> Losses:
        noisy, clean = views["noisy"], views["clean"]
        if self.options["noise_aware"]:
            sigma = sigma_of(noisy, views["shot"], views["read"])
            return Losses(log_errors((model(noisy, sigma) - clean).square().mean((1, 2, 3))).sum())
        total = picture_sum((model(noisy) - clean).abs() * DN)
        return Losses(total, log={"error_dn": total.item() / len(noisy)})


@hookimpl
def rcl_pretext() -> type[Pretext]:
    """Registers `--pretext supervised`."""
    return Supervised
