"""VADeR: each element is told apart from all others by its features, whichever crop it is seen in."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from rcl_cli.data.crops import placed_crops
from rcl_cli.nn.momentum import contrast_logits, info_nce
from rcl_cli.plugins.hooks import hookimpl
from rcl_cli.plugins.options import option
from rcl_cli.pretext import Batch, Losses, Pretext, PretextSetup, Restorer, Views
from rcl_pretexts.dense import DenseContrast, unit
from rcl_pretexts.overlap import common_elements, elements_at


class Vader(DenseContrast):
    """InfoNCE between the features of one place in different crops (O. Pinheiro et al. 2020, "Unsupervised Learning of
    Dense Visual Representations", section 3: the pixel-level loss, and view pooling).

    The key is the mean over several crops (view pooling). Negatives: the batch's other keys, of the same picture too,
    and a queue of earlier ones. Mean over a picture's `pixels`, summed over pictures.
    """

    name = "vader"
    projected = ("pixel",)
    queued = ("pixel",)

    @dataclass(frozen=True)
    class Options:
        """The paper's values, in brackets, where ours suit shorter runs."""

        tau: float = option(0.07, "Temperature of the contrast.", above=0)
        pixels: int = option(32, "Elements of each picture that are compared.", least=1)
        momentum: float = option(0.99, "Of the copy that makes the keys (0.999).", least=0, most=1)
        queue: int = option(8192, "Keys in the queue of negatives (65,536).", least=1)
        key_views: int = option(2, "Crops whose features are averaged into a key.", least=1)

    options: Options

    def __init__(self, setup: PretextSetup) -> None:
        super().__init__(setup)
        self.keys = [f"key{number}" for number in range(self.options.key_views)]

    def views(self, batch: Batch, rng: torch.Generator) -> Views:
        """`query` and `key0`, `key1`, …: crops, each with the `…_places` in it of the same elements, (N, P, 2)."""
        crop, domain, x = self.setup.crop, self.setup.domain, batch.pictures
        common = common_elements(x.shape[-1], crop, self.options.pixels, len(x), rng)
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
        logits = element_logits(query, keys, self.queues["pixel"].latest[0], self.options.tau)
        self.queues["pixel"].push(keys)
        losses = info_nce(logits)
        nearest = (logits.argmax(1) == 0).float().mean().detach()
        total = losses.sum() / self.options.pixels
        return Losses(total, log={"vader": losses.mean().detach(), "accuracy": nearest})

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
