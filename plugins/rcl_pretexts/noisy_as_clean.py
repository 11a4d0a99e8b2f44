"""Noisy-As-Clean: a denoiser from noisy pictures alone, by taking them for clean and adding more of their own noise."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

from rcl_cli.domain import Domain
from rcl_cli.noise import RANGE_255
from rcl_cli.plugins.hooks import hookimpl
from rcl_cli.plugins.options import option
from rcl_cli.pretext import Batch, Losses, NoiseLevel, Pretext, Restorer, Views
from rcl_pretexts.correlated import correlated_noise
from rcl_pretexts.errors import picture_sum
from rcl_pretexts.refined import RefinedTargets


class NoisyAsClean(Pretext):
    """Mean |f(t + κ·z) − t| in 1/255, z with the covariance of the noise of the noisy picture y.

    For pictures whose noise is not independent: from JPEGs, or denoised in the camera. In the first half of the steps
    t = y (Xu et al. 2020, "Noisy-As-Clean", eq. 5). This target keeps its noise n, so f is biased towards it: a linear
    f that is best at a frequency with picture power S and noise power N leaves (S + N)/(S + N + κ²N), at S = 0 the
    share 1/(1 + κ²) of the noise, at S ≫ N all of the picture. That share is above 0 at any N, whereas unbiased losses,
    whose optimum is 1 − N/(S + N), turn negative wherever N has been measured too large.

    In the second half t = f̄(y), f̄ a copy that follows f slowly: a target with less and less noise, after Zhang et al.
    2022, "IDR: Self-Supervised Image Denoising via Iterative Data Refinement". The noise to remove is then that of y
    alone, of which flat blocks show a part that differs from place to place, so each picture's κ is drawn from half to
    all of `strength`. f is not told the level.
    """

    name = "noisy-as-clean"
    domains = frozenset({Domain.RGB})
    noise_level = NoiseLevel.COVARIANCE
    denoises = True

    @dataclass(frozen=True)
    class Options:
        """How noisy its inputs are, and what its targets."""

        strength: float = option(3.0, "κ, the added noise over the noise of the pictures.", above=0)
        refine: bool = option(True, "In the second half the targets are the network's own results.")

    options: Options

    def build_modules(self, model: Restorer) -> nn.Module:
        """What the targets of the second half are made by."""
        self.targets = RefinedTargets(model, self.setup.steps if self.options.refine else None)
        return self.targets

    def views(self, batch: Batch, rng: torch.Generator) -> Views:
        """`picture`; `noise`, κ·z; `share` of it to be added in the second half, (N, 1, 1, 1)."""
        y = batch.pictures
        noise = self.options.strength * correlated_noise(y.shape[-1], batch.noise, rng)
        return {"picture": y, "noise": noise, "share": 0.5 + 0.5 * torch.rand((len(y), 1, 1, 1), generator=rng)}

    def loss(self, model: Restorer, views: Views) -> Losses:
        noise = views["noise"] * views["share"] if self.targets.refined else views["noise"]
        target = self.targets(views["picture"])
        total = picture_sum((model(target + noise) - target).abs() * RANGE_255)
        return Losses(total, log={"error_dn": total.detach() / len(target)})


@hookimpl
def rcl_pretext() -> type[Pretext]:
    """Registers `--pretext noisy-as-clean`."""
    return NoisyAsClean
