"""Noisy-As-Clean: a denoiser from noisy pictures alone, by taking them for clean and adding more of their own noise."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import torch

from rcl_cli.data.batch import Batch
from rcl_cli.domain import Domain
from rcl_cli.hookspecs import hookimpl
from rcl_cli.pretext import Losses, Pretext, PretextSetup, Restorer, Views
from rcl_pretexts.correlated import correlated_noise
from rcl_pretexts.errors import DN, picture_sum
from rcl_pretexts.options import Configured, require


class NoisyAsClean(Configured):
    """Mean |f(y + κ·z) − y| in DN, z with the covariance of y's own noise (Xu et al. 2020, "Noisy-As-Clean", eq. 5).

    For pictures whose noise is not independent: from JPEGs, or denoised in the camera. The target keeps its noise n,
    so f is biased towards it: a linear f that is best at a frequency with picture power S and noise power N leaves
    (S + N)/(S + N + κ²N), at S = 0 the share 1/(1 + κ²) of the noise, at S ≫ N all of the picture. That share is
    above 0 at any N, whereas unbiased losses, whose optimum is 1 − N/(S + N), turn negative wherever N has been
    measured too large. f is not told the level: with one κ for all it need not be.

    Option: `strength`, κ, 2.
    """

    name = "noisy-as-clean"
    domains = frozenset({Domain.RGB})
    needs_covariance = True
    denoises = True
    defaults: ClassVar[Mapping[str, Any]] = {"strength": 2.0}

    def __init__(self, setup: PretextSetup) -> None:
        super().__init__(setup)
        require(self.options["strength"] > 0, "strength must be above 0")

    def views(self, batch: Batch, rng: torch.Generator) -> Views:
        """`input` and `target`."""
        y = batch.pictures
        return {"input": y + self.options["strength"] * correlated_noise(y.shape[-1], batch.noise, rng), "target": y}

    def loss(self, model: Restorer, views: Views) -> Losses:
        total = picture_sum((model(views["input"]) - views["target"]).abs() * DN)
        return Losses(total, log={"error_dn": total.item() / len(views["target"])})


@hookimpl
def rcl_pretext() -> type[Pretext]:
    """Registers `--pretext noisy-as-clean`."""
    return NoisyAsClean
