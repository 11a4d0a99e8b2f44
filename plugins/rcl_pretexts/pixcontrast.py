"""PixContrast and PixPro: features of places near each other in two crops are alike, those of distant places not."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from rcl_cli.data.crops import placed_crops
from rcl_cli.plugins.hooks import hookimpl
from rcl_cli.plugins.options import option, require
from rcl_cli.pretext import Batch, Losses, Pretext, PretextSetup, Restorer, Views
from rcl_pretexts.dense import EMBEDDING, HIDDEN, DenseContrast, unit
from rcl_pretexts.overlap import bin_distances, bins


class PixContrast(DenseContrast):
    """Contrast between places of one picture (Xie et al. 2021, "Propagate Yourself: Exploring Pixel-Level Consistency
    for Unsupervised Visual Representation Learning", eq. 1 and 2).

    Features are averaged over grid × grid bins. A bin of one crop and one of the other are a positive pair if they are
    at most `distance` diagonals of a bin apart, else a negative one. Keys are a momentum copy's; both crops are query
    once. With `propagate` (PixPro, eq. 3 to 5), each query is first smoothed by those of its crop that are similar, and
    has only to agree with its positive pairs. Mean over the bins that have a positive pair, of PixPro over the pairs,
    then over both directions; summed over pictures.
    """

    name = "pixcontrast"
    projected = ("place",)

    @dataclass(frozen=True)
    class Options:
        """The paper's values, but for the number of bins, 7, and a momentum that rises to 1."""

        tau: float = option(0.3, "Temperature of the contrast.", above=0)
        grid: int = option(8, "Bins along each side of a crop.", least=1)
        distance: float = option(
            0.7, "How far two bins of a positive pair are apart at most, in diagonals of a bin.", least=0.5
        )
        momentum: float = option(0.99, "Of the copy that makes the keys.", least=0, most=1)
        propagate: bool = option(False, "PixPro: queries are smoothed by similar ones, and only have to agree.")
        sharpness: float = option(2.0, "γ, the power of the similarity in that smoothing.", above=0)

    options: Options

    def __init__(self, setup: PretextSetup) -> None:
        super().__init__(setup)
        require(self.options.grid <= setup.crop, "grid must be from 1 to the side of the crop")

    def build_modules(self, model: Restorer) -> nn.Module:
        """As every dense contrast's, and the transform g of propagated features, one layer."""
        modules = super().build_modules(model)
        if self.options.propagate:
            self.transform = nn.Conv1d(EMBEDDING, EMBEDDING, 1)
            modules.add_module("transform", self.transform)
        return modules

    def projection(self, features: int) -> nn.Sequential:
        """With batch normalisation in between, as in the paper."""
        first, last = nn.Conv2d(features, HIDDEN, 1), nn.Conv2d(HIDDEN, EMBEDDING, 1)
        return nn.Sequential(first, nn.BatchNorm2d(HIDDEN), nn.ReLU(), last)

    def views(self, batch: Batch, rng: torch.Generator) -> Views:
        """`first` and `second`, overlapping crops, and their corners `…_corner` in the region, (N, 2)."""
        crop, domain = self.setup.crop, self.setup.domain
        views: Views = {}
        for name in ("first", "second"):
            views[name], views[f"{name}_corner"] = placed_crops(batch.pictures, crop, domain, rng)
        return views

    def loss(self, model: Restorer, views: Views) -> Losses:
        """In the log: `pixel`, a picture's loss."""
        grid = self.options.grid
        self.follower.step()
        distances = bin_distances(views["first_corner"], views["second_corner"], self.setup.crop, grid)
        near = distances <= self.options.distance  # (N, S², S²)
        queries = [self.project("place", bins(model.features(views[v]), grid)) for v in ("first", "second")]
        keys = [
            unit(self.follower.project("place", bins(self.follower.features(views[v]), grid)).flatten(2))
            for v in ("second", "first")
        ]
        pairs = zip(queries, keys, (near, near.transpose(1, 2)), strict=True)
        losses = torch.stack([self._direction(query.flatten(2), key, positive) for query, key, positive in pairs])
        total = losses.mean(0).sum()
        return Losses(total, log={"pixel": losses.mean().detach()})

    def _direction(self, query: Tensor, key: Tensor, positive: Tensor) -> Tensor:
        if self.options.propagate:
            query = propagated(query, self.transform(query), self.options.sharpness)
            return agreement_loss(unit(query), key, positive)
        return place_loss(unit(query), key, positive, self.options.tau)


def place_loss(query: Tensor, key: Tensor, positive: Tensor, tau: float) -> Tensor:
    """−ln of the share of the positive pairs in Σ exp(cosine/τ), mean over places that have one (eq. 2), (N,).

    (N, D, P) of unit length; `positive`, (N, P, P): which keys are near which query.
    """
    logits = query.transpose(1, 2) @ key / tau  # (N, P, P)
    # Not −∞: the derivative of a row of nothing else would be no number.
    near = logits.masked_fill(~positive, torch.finfo(logits.dtype).min / 2).logsumexp(2)
    has_pair = positive.any(2)
    losses = torch.where(has_pair, logits.logsumexp(2) - near, 0.0)
    return losses.sum(1) / has_pair.sum(1).clamp_min(1)


def agreement_loss(query: Tensor, key: Tensor, positive: Tensor) -> Tensor:
    """Minus the mean cosine of the positive pairs (eq. 5, one direction), (N,); arguments as of `place_loss`."""
    cosines = (query.transpose(1, 2) @ key) * positive
    return -cosines.sum((1, 2)) / positive.sum((1, 2)).clamp_min(1)


def propagated(x: Tensor, transformed: Tensor, sharpness: float) -> Tensor:
    """Σⱼ max(cos(xᵢ, xⱼ), 0)^γ · transformedⱼ over the places of one crop (eq. 3 and 4), (N, D, P)."""
    directions = unit(x)
    similarity = (directions.transpose(1, 2) @ directions).clamp_min(0) ** sharpness  # (N, P, P)
    return transformed @ similarity  # similarity is symmetric


@hookimpl
def rcl_pretext() -> type[Pretext]:
    """Registers `--pretext pixcontrast`."""
    return PixContrast
