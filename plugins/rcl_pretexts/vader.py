"""VADeR: each element is told apart from all others by its features, whichever crop it is seen in."""

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
from rcl_pretexts.overlap import common_elements, elements_at, overlap_margin, placed_crops

DEFAULTS = {"tau": 0.07, "pixels": 32, "momentum": 0.99, "queue": 8192, "key_views": 2}


class Vader(Pretext):
    """InfoNCE between the features of one place in different crops (O. Pinheiro et al. 2020, section 3).

    The key is the mean over several crops (view pooling), by a momentum copy of network and projection. Negatives:
    the batch's other keys and a queue of earlier ones. Crops are only shifted, since anything else would change the
    noise. Mean over a picture's `pixels`, summed over pictures.

    Options: `tau`, 0.07; `pixels`, 32 of each picture; `momentum`, 0.99; `queue`, 8192; `key_views`, 2.
    """

    name = "vader"

    def __init__(self, setup: PretextSetup) -> None:
        super().__init__(setup)
        self.options = read_options(self.name, setup.options, DEFAULTS)
        require(self.options["tau"] > 0, "tau must be above 0")
        require(min(self.options[k] for k in ("pixels", "queue", "key_views")) >= 1, "counts must be at least 1")
        require(0 <= self.options["momentum"] <= 1, "momentum must be from 0 to 1")

    @property
    def margin(self) -> int:
        return overlap_margin(self.setup.crop, self.setup.domain)

    def describe(self) -> dict[str, Any]:
        return self.options

    def build_modules(self, model: Restorer) -> nn.Module:
        """The projection, the copies that follow it and f_θ, and the queue."""
        self.projections = nn.ModuleDict({"pixel": projection(model.feature_channels)})
        self.follower = Follower(model, self.projections, self.options["momentum"])
        self.queue = Queue(self.options["queue"])
        return nn.ModuleDict({"projections": self.projections, "follower": self.follower, "queue": self.queue})

    def views(self, batch: Batch, rng: torch.Generator) -> Views:
        """`query` and `key0`, `key1`, …: crops, each with the `…_places` in it of the same elements, (N, P, 2)."""
        crop, domain, x = self.setup.crop, self.setup.domain, batch.pictures
        common = common_elements(x.shape[-1], crop, self.options["pixels"], len(x), rng)
        views: Views = {}
        for name in ("query", *self._keys):
            views[name], corners = placed_crops(x, crop, domain, rng)
            views[f"{name}_places"] = common - corners[:, None]
        return views

    def loss(self, model: Restorer, views: Views) -> Losses:
        """In the log: `vader`, a picture's loss in nats, and `accuracy`, how often the own key is the nearest."""
        of_query = elements_at(model.features(views["query"]), views["query_places"])  # (N, P, F)
        query = unit(self.projections["pixel"](_as_maps(of_query)).flatten(1))  # (N·P, D)
        self.follower.step()
        keys = pooled_keys([self._key(views, name) for name in self._keys])
        losses, nearest = info_nce(query, keys, self.queue.latest, self.options["tau"])
        self.queue.push(keys)
        total = losses.sum() / self.options["pixels"]
        return Losses(total, log={"vader": losses.mean().item(), "accuracy": nearest.float().mean().item()})

    def _key(self, views: Views, name: str) -> Tensor:
        features = elements_at(self.follower.features(views[name]), views[f"{name}_places"])
        return unit(self.follower.project("pixel", _as_maps(features)).flatten(1))

    @property
    def _keys(self) -> list[str]:
        return [f"key{number}" for number in range(self.options["key_views"])]


def pooled_keys(views: list[Tensor]) -> Tensor:
    """The mean of the same elements' keys in several views, of unit length again: V times (M, D) → (M, D)."""
    return unit(torch.stack(views).mean(0))


def info_nce(query: Tensor, keys: Tensor, older: Tensor, tau: float) -> tuple[Tensor, Tensor]:
    """Loss of each query, (M,), whose own key has its number, and whether that key is the nearest of all.

    (M, D) queries and keys, (Q, D) keys of earlier steps, all of unit length. Similarity: cosine/τ.
    """
    logits = query @ torch.cat([keys, older]).T / tau  # (M, M + Q)
    own = torch.arange(len(query), device=query.device)
    return cross_entropy(logits, own, reduction="none"), logits.argmax(1) == own


def _as_maps(elements: Tensor) -> Tensor:
    """(N, P, F) → (N·P, F, 1, 1), as projections take them."""
    return elements.flatten(0, 1)[..., None, None]


@hookimpl
def rcl_pretext() -> type[Pretext]:
    """Registers `--pretext vader`."""
    return Vader
