"""DenseCL: parts of two crops are matched by their features, and told apart from other pictures."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from rcl_cli.data.crops import random_crops
from rcl_cli.nn.momentum import Queue, contrast_logits, info_nce
from rcl_cli.plugins.hooks import hookimpl
from rcl_cli.plugins.options import option, require
from rcl_cli.pretext import Batch, Losses, Pretext, PretextSetup, Restorer, Views
from rcl_pretexts.dense import DenseContrast, unit
from rcl_pretexts.overlap import bins


class DenseCL(DenseContrast):
    """(1 − λ)·global + λ·dense InfoNCE (Wang et al. 2021, "Dense Contrastive Learning for Self-Supervised Visual
    Pre-Training", eq. 1 to 3).

    Features are averaged over grid × grid bins. Each bin of the first crop has as its key the bin of the second whose
    features, before the projection, are the most similar (section 3.4). Negatives: keys of other pictures from two
    queues, one of whole pictures, one of the mean of each picture's dense keys; the batch's own are in them. Mean over
    bins, summed over pictures.
    """

    name = "densecl"
    projected = ("whole", "dense")
    queued = ("whole", "dense")

    @dataclass(frozen=True)
    class Options:
        """The paper's values, in brackets, where ours suit smaller pictures and shorter runs."""

        tau: float = option(0.2, "Temperature of the contrast.", above=0)
        dense: float = option(0.5, "λ, the share of the dense term.", least=0, most=1)
        grid: int = option(8, "Bins along each side of a crop (7).", least=1)
        momentum: float = option(0.99, "Of the copy that makes the keys (0.999).", least=0, most=1)
        queue: int = option(4096, "Pictures in the queue of negatives (65,536).", least=1)

    options: Options

    def __init__(self, setup: PretextSetup) -> None:
        super().__init__(setup)
        require(self.options.grid <= setup.crop, "grid must be from 1 to the side of the crop")

    def views(self, batch: Batch, rng: torch.Generator) -> Views:
        """`first` and `second`, overlapping crops; `pictures`, their numbers, (N,)."""
        crop, domain = self.setup.crop, self.setup.domain
        views = {name: random_crops(batch.pictures, crop, domain, rng) for name in ("first", "second")}
        return views | {"pictures": batch.identities}

    def loss(self, model: Restorer, views: Views) -> Losses:
        """In the log: `whole` and `dense`, a picture's loss in nats each."""
        grid, tau, pictures = self.options.grid, self.options.tau, views["pictures"]
        self.follower.step()
        first = bins(model.features(views["first"]), grid)  # (N, F, S, S)
        second = bins(self.follower.features(views["second"]), grid)

        query = unit(self.project("whole", bins(first, 1))).flatten(2)  # (N, D, 1)
        key = unit(self.follower.project("whole", bins(second, 1))).flatten(2)
        self.queues["whole"].push(key.flatten(1), pictures)
        whole = part_loss(query, key, pictures, self.queues["whole"], tau)

        query = unit(self.project("dense", first)).flatten(2)  # (N, D, S²)
        keys = self.follower.project("dense", second)
        self.queues["dense"].push(unit(bins(keys, 1)).flatten(1), pictures)
        matched = matched_keys(first.detach().flatten(2), second.flatten(2), unit(keys).flatten(2))
        dense = part_loss(query, matched, pictures, self.queues["dense"], tau)

        weight = self.options.dense
        total = ((1 - weight) * whole + weight * dense).sum()
        return Losses(total, log={"whole": whole.mean().detach(), "dense": dense.mean().detach()})


def matched_keys(first: Tensor, second: Tensor, keys: Tensor) -> Tensor:
    """For each part of the first view the key of the part of the second with the most similar features (section 3.4).

    Features (N, F, P) of both views and keys (N, D, P) of the second → (N, D, P). Similarity: cosine.
    """
    similarity = unit(first).transpose(1, 2) @ unit(second)  # (N, P, P)
    nearest = similarity.argmax(2)  # (N, P)
    return keys.gather(2, nearest[:, None].expand(-1, keys.shape[1], -1))


def part_loss(query: Tensor, positive: Tensor, pictures: Tensor, queue: Queue, tau: float) -> Tensor:
    """InfoNCE of each part against its positive (eq. 1 and 2), mean over a picture's parts, (N,).

    (N, D, P) queries and positives, of pictures with these numbers, (N,). Negatives: the queue's of other pictures.
    """
    parts = query.shape[2]
    others, of_pictures = queue.latest
    negative = (pictures[:, None] != of_pictures).repeat_interleave(parts, 0)  # (N·P, Q)
    flat_query, flat_positive = (x.transpose(1, 2).flatten(0, 1) for x in (query, positive))  # (N·P, D)
    return info_nce(contrast_logits(flat_query, flat_positive, others, negative, tau)).view(-1, parts).mean(1)


@hookimpl
def rcl_pretext() -> type[Pretext]:
    """Registers `--pretext densecl`."""
    return DenseCL
