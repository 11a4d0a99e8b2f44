"""Residual contrastive learning: tell pictures apart by the noise that the network finds in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from rcl_cli.data.crops import phase_step, random_crops
from rcl_cli.noise import RANGE_255
from rcl_cli.plugins.hooks import hookimpl
from rcl_cli.plugins.options import option, read_options, require
from rcl_cli.pretext import Batch, Losses, NoiseLevel, Pretext, PretextSetup, Restorer, Views
from rcl_pretexts.distance import DISTANCES, PLANES, plane_values
from rcl_pretexts.errors import log_errors
from rcl_pretexts.loss import centred, consistency_loss, contrastive_loss, pair_statistics, residual_255
from rcl_pretexts.neighbours import draw_neighbours, neighbour_loss, neighbours
from rcl_pretexts.overlap import overlap_margin
from rcl_pretexts.recorruption import input_sigma, recorrupted

PAPER_NOISE_255 = 8.0
"""Typical σ of pictures in the paper's regime (at white uniform in [0, 20]), as `noise_level` measures it, in 1/255."""
ALPHA = 0.01
"""As good as no contrast (docs/benchmarks/sweeps.md). At 0.1 f(x) is worse by 0.3 dB, at 1 by 10 dB."""
TAU = {"emd": 1.0, "bd": 0.02, "mmd": 0.06}
"""Where the noise itself, σ ∈ [0, 20], has a loss of 1.2 nats by each distance in a batch of 16 (chance: 2.8)."""
PAPER = {"alpha": 1e-3, "centred": False, "recorrupted": 0.0, "neighbours": 0.0}
"""Options of the loss as it is published."""


class ResidualContrast(Pretext):
    """α·contrast + consistency (eq. 6), each summed over the images of the batch.

    Contrast: InfoNCE over distances between residuals in 1/255 (eq. 3). `centred` residuals have lost the mean of
    each plane, by which a network could name pictures without finding their noise.

    Consistency of three kinds, of which those in force are added. In the encoder's eyes (eq. 5): the features of input
    and output, squared difference, mean over a layer's elements, over the layers and over the two patches. A fixed
    encoder sees noise go as it sees texture go, so this alone holds f at the identity. In the other two noise may go
    and texture may not. `recorrupted`, with this weight: f restores one noisier copy and is compared with another,
    whose noise is unrelated. It is the default where the noise levels are
    known, alone; a picture without one takes part in the contrast only. `neighbours`, with this weight: one half-size
    picture, restored, is compared with another of the same scene, whose noise is independent (`neighbour_loss`).
    It is the default where levels are not known, beside the encoder. The published loss has neither.

    Both go by the logarithm of a picture's error (`log_errors`). By default τ follows the pictures' noise σ: the
    balance of the terms is then the same for a clean sensor as for a noisy one.

    Joined to another pretext, it adds the contrast alone.
    """

    name = "rcl"
    noise_level = NoiseLevel.WHERE_KNOWN

    @dataclass(frozen=True)
    class Options:
        """The terms of the loss and their weights. `PAPER` has those of the published loss."""

        alpha: float = option(ALPHA, "Weight of the contrast against the consistency.", least=0)
        tau: float | None = option(
            None, "Temperature, in the distance's unit: 1/255 for emd, none for the others.  By the noise.", above=0
        )
        distance: str = option("emd", "Distance between residuals.", choices=tuple(DISTANCES))
        planes: str | None = option(
            None, "All values are compared, or plane by plane.  Pooled for RGB, separate for raws.", choices=PLANES
        )
        centred: bool = option(True, "Residuals lose the mean of each plane before they are compared.")
        recorrupted: float | None = option(
            None, "Weight of the loss between two noisier copies.  1 where the noise levels are known, else 0.", least=0
        )
        neighbours: float | None = option(
            None,
            "Weight of the loss between two half-size pictures.  0 where the noise levels are known, else 1.",
            least=0,
        )
        noise_aware: bool | None = option(
            None, "The network is told the noise level.  Where recorrupted is in force and no other pretext joins."
        )

    def __init__(self, setup: PretextSetup) -> None:
        super().__init__(setup)
        self.options = self._decided(self.options)
        require(
            setup.noise_levels or not self.options.recorrupted,
            "recorrupted needs pictures of known noise, which these are not: give a --profile",
        )
        told_without = self.options.noise_aware and not self.options.recorrupted
        require(not told_without, "noise_aware goes with recorrupted, by which the noise is known")
        cell = 2 * phase_step(setup.domain)
        require(setup.crop % cell == 0, f"crops must be multiples of {cell} elements, to be halved")
        self.denoises = bool(self.options.recorrupted)

    def _decided(self, given: Any) -> Any:
        """`given` with what it leaves open."""
        setup = self.setup
        strength = 1.0 if setup.noise is None or given.distance != "emd" else setup.noise * RANGE_255 / PAPER_NOISE_255
        recorrupts = not setup.joins and _recorrupts(given.recorrupted, setup.noise_levels)
        defaults = {
            "tau": TAU[given.distance] * strength,
            "planes": "separate" if setup.domain.is_raw else "pooled",
            "recorrupted": float(recorrupts),
            "neighbours": float(not (recorrupts or setup.joins)),
            "noise_aware": recorrupts and setup.noise_input,
        }
        return replace(given, **{name: value for name, value in defaults.items() if getattr(given, name) is None})

    @classmethod
    def wants_encoder(cls, options: Mapping[str, Any], noise_levels: bool, joins: bool = False) -> bool | None:
        """Not beside the recorruption; never where it joins another pretext."""
        return None if joins else not _recorrupts(read_options(cls, options).recorrupted, noise_levels)

    @property
    def margin(self) -> int:
        return overlap_margin(self.setup.crop, self.setup.domain)

    def views(self, batch: Batch, rng: torch.Generator) -> Views:
        """`input`, (2N, C, crop, crop): a patch of each image, then another that overlaps it.

        Besides `choices` of neighbours, and what `recorruption.recorrupted` gives; with that, `input` is noisier.
        """
        crop, domain = self.setup.crop, self.setup.domain
        patches = torch.cat([random_crops(batch.pictures, crop, domain, rng) for _ in range(2)])
        views = {"input": patches}
        if self.options.neighbours:
            views["choices"] = draw_neighbours(len(patches), crop, crop, phase_step(domain), rng)
        if self.options.recorrupted:
            views |= recorrupted(patches, 2 * batch.noise, domain, rng)
        return views

    def loss(self, model: Restorer, views: Views) -> Losses:
        """The terms, and what the contrast tells apart; `emd_positive`, … are named after the distance."""
        x = views["input"]
        sigma = input_sigma(views) if self.options.recorrupted else None
        restored = model(x, sigma if self.options.noise_aware else None)
        residual = residual_255(x, restored)
        distances = self._distances(residual)
        contrast = contrastive_loss(distances, self.options.tau)
        terms = {"contrast": self.options.alpha * contrast.sum()}
        log: dict[str, float | Tensor] = {
            "contrast": contrast.mean().detach(),
            "residual_dn": residual.detach().abs().mean(),
            **self._statistics(distances),
        }
        for name, (weight, values) in self._consistencies(model, views, restored, sigma).items():
            terms[name] = weight * values.sum() / 2
            log[name] = values.mean().detach()
        return Losses(torch.stack(list(terms.values())).sum(), terms, log)

    def _distances(self, residual: Tensor) -> Tensor:
        """(N, N), from the (2N, C, h, w) residuals of the first and the second patches."""
        compared = centred(residual) if self.options.centred else residual
        first, second = (plane_values(half, self.options.planes) for half in compared.chunk(2))
        return DISTANCES[self.options.distance](first, second)

    def _consistencies(
        self, model: Restorer, views: Views, restored: Tensor, sigma: Tensor | None
    ) -> dict[str, tuple[float, Tensor]]:
        """Weight and (2N,) values of each kind in force."""
        found, x = {}, views["input"]
        if self.setup.encoder is not None and not self.setup.joins:
            with torch.no_grad():
                of_input = self.setup.encoder(x)
            found["consistency"] = 1.0, consistency_loss(of_input, self.setup.encoder(restored))
        if sigma is not None:
            known = (views["shot"] + views["read"]).amax((1, 2, 3)) > 0
            found["recorrupted"] = (
                self.options.recorrupted,
                log_errors((restored - views["target"]).square().mean((1, 2, 3))) * known,
            )
        if weight := self.options.neighbours:
            choices = views["choices"]
            second = neighbours(x, choices)[1]
            told = input_sigma({**views, "input": second}) if self.options.noise_aware else None
            found["neighbours"] = weight, log_errors(neighbour_loss(x, restored, model(second, told), choices))
        return found

    def _statistics(self, distances: Tensor) -> dict[str, Tensor]:
        named = pair_statistics(distances)
        prefix = self.options.distance
        return {"accuracy": named.pop("accuracy"), **{f"{prefix}_{k}": v for k, v in named.items()}}


def _recorrupts(weight: float | None, noise_levels: bool) -> bool:
    return noise_levels and (weight is None or weight > 0)


@hookimpl
def rcl_pretext() -> type[Pretext]:
    """Registers `--pretext rcl`."""
    return ResidualContrast
