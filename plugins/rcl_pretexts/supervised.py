"""Denoising learnt from clean pictures with simulated noise: the paper's SL (Den) and Oracle."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from rcl_cli.noise import RANGE_255, add_noises, differentiable_sigma, variance_gains
from rcl_cli.plugins.hooks import hookimpl
from rcl_cli.plugins.options import option
from rcl_cli.pretext import Batch, Losses, Pictures, Pretext, Restorer, Views
from rcl_pretexts.errors import log_errors, picture_sum


class Supervised(Pretext):
    """Mean absolute error against the clean picture, in 1/255 (the L1 of Dong et al., section 4).

    Each picture keeps its own (λ_shot, λ_read); the noise itself is new in every step.
    """

    name = "supervised"
    pictures = Pictures.CLEAN
    denoises = True

    @dataclass(frozen=True)
    class Options:
        """What the network is told."""

        noise_aware: bool = option(
            False, "The network is told the noise level, and learns by the logarithm of errors, as in recorrupted."
        )

    options: Options

    def views(self, batch: Batch, rng: torch.Generator) -> Views:
        """`noisy` and `clean`; `shot` and `read` of the noise, (N, C, 1, 1)."""
        noisy = add_noises(batch.pictures, batch.noise, self.setup.domain, rng)
        shot, read = variance_gains(batch.noise, self.setup.domain, noisy)
        return {"noisy": noisy, "clean": batch.pictures, "shot": shot, "read": read}

    def loss(self, model: Restorer, views: Views) -> Losses:
        noisy, clean = views["noisy"], views["clean"]
        if self.options.noise_aware:
            sigma = differentiable_sigma(noisy, views["shot"], views["read"])
            return Losses(log_errors((model(noisy, sigma) - clean).square().mean((1, 2, 3))).sum())
        total = picture_sum((model(noisy) - clean).abs() * RANGE_255)
        return Losses(total, log={"error_dn": total.detach() / len(noisy)})


@hookimpl
def rcl_pretext() -> type[Pretext]:
    """Registers `--pretext supervised`."""
    return Supervised
