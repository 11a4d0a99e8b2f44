"""VADeR: each element is told apart from all others by its features, whichever crop it is seen in."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor

from rcl_cli.data.batch import Batch
from rcl_cli.hookspecs import hookimpl
from rcl_cli.pretext import Losses, Pretext, PretextSetup, Restorer, Views
from rcl_cli.pretrain.momentum import contrast_logits, info_nce
from rcl_pretexts.dense import DenseContrast, unit
from rcl_pretexts.options import require
from rcl_pretexts.overlap import common_elements, elements_at, placed_crops


class Vader(DenseContrast):
    """InfoNCE between the features of one place in different crops (O. Pinheiro et al. 2020, "Unsupervised Learning of
    Dense Visual Representations", section 3: the pixel-level loss, and view pooling).

    The key is the mean over several crops (view pooling). Negatives: the batch's other keys, of the same picture too,
    and a queue of earlier ones. Mean over a picture's `pixels`, summed over pictures.

    Options, in brackets the paper's value where ours suits shorter runs: `tau`, 0.07; `pixels`, 32 of each picture;
    `momentum`, 0.99 (0.999); `queue`, 8192 (65,536); `key_views`, 2.
    """

    name = "vader"
    defaults: ClassVar = {"tau": 0.07, "pixels": 32, "momentum": 0.99, "queue": 8192, "key_views": 2}
    projected = ("pixel",)
    queued = ("pixel",)

    def __init__(self, setup: PretextSetup) -> None:
        super().__init__(setup)
        require(min(self.options[name] for name in ("pixels", "key_views")) >= 1, "counts must be at least 1")
        self.keys = [f"key{number}" for number in range(self.options["key_views"])]

    def views(self, batch: Batch, rng: torch.Generator) -> Views:
        """`query` and `key0`, `key1`, …: crops, each with the `…_places` in it of the same elements, (N, P, 2)."""
        crop, domain, x = self.setup.crop, self.setup.domain, batch.pictures
        common = common_elements(x.shape[-1], crop, self.options["pixels"], len(x), rng)
        views: Views = {}
        for name in ("query", *self.keys):
            views[name], corners = placed_crops(x, crop, domain, rng)
            views[f"{name}_places"] = common - corners[:, None]
        return views

    def loss(self, model: Restorer, views: Views) -> Losses:
        """In the log: `vader`, a picture's loss in nats, and `accuracy`, how often the own key is the nearest."""
        of_query = elements_at(model.features(views["query"]), views["query_places"])  # (N, P, F)
        query = unit(self.project("pixel", _as_maps(of_query)).flatten(1))  # (N·P, D)
        self.follower.step()
        keys = pooled_keys([self._key(views, name) for name in self.keys])
        logits = element_logits(query, keys, self.queues["pixel"].latest[0], self.options["tau"])
        self.queues["pixel"].push(keys)
        losses = info_nce(logits)
        nearest = (logits.argmax(1) == 0).float().mean().item()
        total = losses.sum() / self.options["pixels"]
        return Losses(total, log={"vader": losses.mean().item(), "accuracy": nearest})

    def _key(self, views: Views, name: str) -> Tensor:
        features = elements_at(self.follower.features(views[name]), views[f"{name}_places"])
        return unit(self.follower.project("pixel", _as_maps(features)).flatten(1))


def pooled_keys(views: list[Tensor]) -> Tensor:
    """The mean of the same elements' keys in several views, of unit length again: V times (M, D) → (M, D)."""
    return unit(torch.stack(views).mean(0))


def element_logits(query: Tensor, keys: Tensor, older: Tensor, tau: float) -> Tensor:
    """(M, 1 + M + Q): each query with its own key, with all others' and with the older ones, (Q, D)."""
    others = torch.cat([keys, older])
    own = torch.eye(len(query), len(others), dtype=torch.bool, device=query.device)
    return contrast_logits(query, keys, others, ~own, tau)


def _as_maps(elements: Tensor) -> Tensor:
    """(N, P, F) → (N·P, F, 1, 1), as projections take them."""
    return elements.flatten(0, 1)[..., None, None]


@hookimpl
def rcl_pretext() -> type[Pretext]:
    """Registers `--pretext vader`."""
    return Vader
