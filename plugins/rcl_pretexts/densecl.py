"""DenseCL: parts of two crops are matched by their features, and told apart from other pictures."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from rcl_cli.data.batch import Batch
from rcl_cli.hookspecs import hookimpl
from rcl_cli.pretext import Losses, Pretext, PretextSetup, Restorer, Views
from rcl_pretexts.momentum import Follower, Queue, projection, unit
from rcl_pretexts.options import read_options, require
from rcl_pretexts.overlap import bins, overlap_margin, placed_crops

DEFAULTS = {"tau": 0.2, "dense": 0.5, "grid": 8, "momentum": 0.99, "queue": 4096}


class DenseCL(Pretext):
    """(1 − λ)·global + λ·dense InfoNCE (Wang et al. 2021, "Dense Contrastive Learning", eq. 1 to 4).

    Features are averaged over grid × grid bins. Each bin of the first crop has as its key the bin of the second whose
    features, before the projection, are the most similar (eq. 3). Negatives: keys of other pictures of the batch
    and of two queues, one of whole pictures, one of the mean of each picture's dense keys. Keys are a momentum copy's.
    Mean over bins, summed over pictures.

    Options: `tau`, 0.2; `dense`, λ, 0.5; `grid`, 8; `momentum`, 0.99; `queue`, 4096 pictures.
    """

    name = "densecl"

    def __init__(self, setup: PretextSetup) -> None:
        super().__init__(setup)
        self.options = read_options(self.name, setup.options, DEFAULTS)
        require(self.options["tau"] > 0, "tau must be above 0")
        require(1 <= self.options["grid"] <= setup.crop, "grid must be from 1 to the side of the crop")
        require(self.options["queue"] >= 1, "queue must be at least 1")
        require(0 <= self.options["dense"] <= 1, "dense must be from 0 to 1")
        require(0 <= self.options["momentum"] <= 1, "momentum must be from 0 to 1")

    @property
    def margin(self) -> int:
        return overlap_margin(self.setup.crop, self.setup.domain)

    def describe(self) -> dict[str, Any]:
        return self.options

    def build_modules(self, model: Restorer) -> nn.Module:
        """Two projections, the copies that follow them and f_θ, and a queue for each."""
        self.projections = nn.ModuleDict({name: projection(model.feature_channels) for name in ("whole", "dense")})
        self.follower = Follower(model, self.projections, self.options["momentum"])
        self.queues = nn.ModuleDict({name: Queue(self.options["queue"]) for name in ("whole", "dense")})
        return nn.ModuleDict({"projections": self.projections, "follower": self.follower, "queues": self.queues})

    def views(self, batch: Batch, rng: torch.Generator) -> Views:
        """`first` and `second`, overlapping crops."""
        crop, domain = self.setup.crop, self.setup.domain
        return {name: placed_crops(batch.pictures, crop, domain, rng)[0] for name in ("first", "second")}

    def loss(self, model: Restorer, views: Views) -> Losses:
        """In the log: `whole` and `dense`, a picture's loss in nats each."""
        grid, tau, weight = self.options["grid"], self.options["tau"], self.options["dense"]
        self.follower.step()
        first = bins(model.features(views["first"]), grid)  # (N, F, S, S)
        second = bins(self.follower.features(views["second"]), grid)
        whole_query = unit(self.projections["whole"](bins(first, 1)))  # (N, D, 1, 1)
        whole_key = unit(self.follower.project("whole", bins(second, 1)))
        dense_query = unit(self.projections["dense"](first)).flatten(2)  # (N, D, S²)
        dense_key = unit(self.follower.project("dense", second)).flatten(2)
        matched = matched_keys(first.detach().flatten(2), second.flatten(2), dense_key)
        of_picture = unit(dense_key.mean(2))  # (N, D)
        whole = part_loss(whole_query.flatten(2), whole_key.flatten(2), whole_key.flatten(1), self._old("whole"), tau)
        dense = part_loss(dense_query, matched, of_picture, self._old("dense"), tau)
        self._push("whole", whole_key.flatten(1))
        self._push("dense", of_picture)
        total = ((1 - weight) * whole + weight * dense).sum()
        return Losses(total, log={"whole": whole.mean().item(), "dense": dense.mean().item()})

    def _old(self, name: str) -> Tensor:
        queue = self.queues[name]
        assert isinstance(queue, Queue)
        return queue.latest

    def _push(self, name: str, keys: Tensor) -> None:
        queue = self.queues[name]
        assert isinstance(queue, Queue)
        queue.push(keys)


def matched_keys(first: Tensor, second: Tensor, keys: Tensor) -> Tensor:
    """For each part of the first view the key of the part of the second with the most similar features (eq. 3).

    Features (N, F, P) of both views and keys (N, D, P) of the second → (N, D, P). Similarity: cosine.
    """
    similarity = unit(first).transpose(1, 2) @ unit(second)  # (N, P, P)
    nearest = similarity.argmax(2)  # (N, P)
    return keys.gather(2, nearest[:, None].expand(-1, keys.shape[1], -1))


def part_loss(query: Tensor, positive: Tensor, of_pictures: Tensor, older: Tensor, tau: float) -> Tensor:
    """InfoNCE of each part against its positive, mean over a picture's parts, (N,).

    (N, D, P) queries and positives; negatives (N, D), one of each picture, less the own, and (Q, D) of earlier steps.
    """
    own = (query * positive).sum(1)[..., None]  # (N, P, 1)
    others = torch.einsum("ndp,md->npm", query, of_pictures)  # (N, P, N)
    same = torch.eye(len(query), dtype=torch.bool, device=query.device)
    others = others.masked_fill(same[:, None], -torch.inf)
    logits = torch.cat([own, others, torch.einsum("ndp,qd->npq", query, older)], 2) / tau
    target = torch.zeros(logits.shape[:2], dtype=torch.long, device=query.device)
    return cross_entropy(logits.transpose(1, 2), target, reduction="none").mean(1)


@hookimpl
def rcl_pretext() -> type[Pretext]:
    """Registers `--pretext densecl`."""
    return DenseCL
