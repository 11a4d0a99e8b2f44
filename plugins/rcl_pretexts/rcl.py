"""Residual contrastive learning: tell pictures apart by the noise that the network finds in them."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from rcl_cli.data.batch import Batch
from rcl_cli.data.crops import random_crops
from rcl_cli.domain import Domain
from rcl_cli.errors import RclError
from rcl_cli.hookspecs import hookimpl
from rcl_cli.pretext import Losses, Pretext, PretextSetup, Restorer, Views
from rcl_cli.pretrain.distance import DISTANCES, PLANES, plane_values
from rcl_cli.pretrain.loss import DN, consistency_loss, contrastive_loss, pair_statistics, residual_dn

PAPER_NOISE_DN = 8.0
"""Typical σ of pictures in the paper's regime (σ at white uniform in [0, 20]), as `noise_level` measures it."""
ALPHA = 1e-3
"""At that noise. There the residual grows to about the size of the noise; at 1e-2 to twice that."""
TAU = {"emd": 1.0, "bd": 0.02, "mmd": 0.06}
"""Where the noise itself, σ ∈ [0, 20], has a loss of 1.2 nats by each distance in a batch of 16 (chance: 2.8)."""
OPTIONS = ("alpha", "tau", "distance", "planes")


class ResidualContrast(Pretext):
    """α·contrast + consistency (eq. 6), each summed over the images of the batch.

    Contrast: InfoNCE over distances between residuals in 8-bit DN (eq. 3). Consistency: the encoder's features of input
    and output, squared difference, mean over a layer's elements, over the layers and over the two patches (eq. 5). So
    α weighs one anchor's loss in nats against one image's loss in features of unit variance.

    By default τ follows the pictures' noise σ, and α its square, as the consistency does: the balance of the terms is
    then the same for a clean sensor as for a noisy one. Residuals grow to several τ before the contrast is content.

    Options: `alpha`; `distance`, "emd", "bd" or "mmd"; `tau`, in the distance's unit: 8-bit DN for "emd", none for the
    others; `planes`, "pooled" or "separate": by default pooled for RGB, separate for RAW, whose planes differ in noise.
    """

    name = "rcl"
    uses_encoder = True

    def __init__(self, setup: PretextSetup) -> None:
        super().__init__(setup)
        options = setup.options
        if unknown := sorted(set(options).difference(OPTIONS)):
            raise RclError(f"the pretext rcl has no option {unknown[0]}; it has {', '.join(OPTIONS)}")
        self.distance: str = options.get("distance", "emd")
        self.planes: str = options.get("planes", "separate" if setup.domain.is_raw else "pooled")
        if self.distance not in DISTANCES or self.planes not in PLANES:
            raise RclError(f"distance must be one of {', '.join(DISTANCES)} and planes one of {', '.join(PLANES)}")
        strength = 1.0 if setup.noise is None else setup.noise * DN / PAPER_NOISE_DN
        self.alpha = float(options.get("alpha", ALPHA * strength**2))
        self.tau = float(options.get("tau", TAU[self.distance] * (strength if self.distance == "emd" else 1.0)))
        if self.tau <= 0 or self.alpha < 0:
            raise RclError("tau must be above 0 and alpha not below 0")

    @property
    def margin(self) -> int:
        """Half a crop: the two patches of an image then share at least a quarter of their area."""
        half = self.setup.crop // 2
        return half + half % 2 if self.setup.domain is Domain.XTRANS else half

    def describe(self) -> dict[str, Any]:
        """Every option, given or default."""
        return {name: getattr(self, name) for name in OPTIONS}

    def views(self, batch: Batch, rng: torch.Generator) -> Views:
        """Two overlapping patches of each image: `first`, `second`, (N, C, crop, crop)."""
        crop, domain = self.setup.crop, self.setup.domain
        return {name: random_crops(batch.pictures, crop, domain, rng) for name in ("first", "second")}

    def loss(self, model: Restorer, views: Views) -> Losses:
        """Both terms, and what the contrast tells apart; `emd_positive`, … are named after the distance."""
        x = torch.cat([views["first"], views["second"]])  # (2N, C, crop, crop)
        restored = model(x)
        residual = residual_dn(x, restored)
        first, second = (plane_values(half, self.planes) for half in residual.chunk(2))
        distances = DISTANCES[self.distance](first, second)  # (N, N)
        contrast = contrastive_loss(distances, self.tau)
        terms = {"contrast": self.alpha * contrast.sum()}
        log = {
            "contrast": contrast.mean().item(),
            "residual_dn": residual.detach().abs().mean().item(),
            **self._statistics(distances),
        }
        if self.setup.encoder is not None:
            with torch.no_grad():
                of_input = self.setup.encoder(x)
            consistency = consistency_loss(of_input, self.setup.encoder(restored))
            terms["consistency"] = consistency.sum() / 2
            log["consistency"] = consistency.mean().item()
        return Losses(torch.stack(list(terms.values())).sum(), terms, log)

    def _statistics(self, distances: Tensor) -> dict[str, float]:
        named = pair_statistics(distances)
        return {"accuracy": named.pop("accuracy"), **{f"{self.distance}_{k}": v for k, v in named.items()}}


@hookimpl
def rcl_pretext() -> type[Pretext]:
    """Registers `--pretext rcl`."""
    return ResidualContrast
