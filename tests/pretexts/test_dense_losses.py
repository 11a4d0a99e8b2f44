"""The whole losses of the contrasts between places, over two steps, against NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from rcl_cli.domain import Domain
from rcl_cli.pretext import Batch, Pretext, PretextSetup, Views
from rcl_pretexts.densecl import DenseCL
from rcl_pretexts.pixcontrast import PixContrast
from rcl_pretexts.vader import Vader

Array = NDArray[np.float64]
CROP = 8


class Mixed(nn.Module):
    """Features: five mixtures of the channels of each element."""

    feature_channels = 5

    def __init__(self) -> None:
        super().__init__()
        self.mix = nn.Conv2d(3, 5, 1)

    def features(self, x: Tensor, sigma: Tensor | None = None) -> Tensor:
        mixed: Tensor = self.mix(x)
        return mixed

    forward = features


@pytest.fixture(autouse=True)
def seeded() -> None:
    torch.manual_seed(0)


def run(pretext: Pretext, numbers: list[tuple[int, ...]]) -> list[tuple[Views, float, dict[str, Array]]]:
    """Views, loss and the network's parameters of a step for each of `numbers`; the network changes in between."""
    model = Mixed()
    modules = pretext.build_modules(model)
    steps = []
    for seed, pictures in enumerate(numbers):
        rng = torch.Generator().manual_seed(seed)
        x = torch.rand(len(pictures), 3, CROP + pretext.margin, CROP + pretext.margin, generator=rng)
        with torch.no_grad():
            model.mix.weight += 0.3
        views = pretext.views(Batch(x, numbers=pictures), rng)
        loss = pretext.loss(model, views).total.item()
        parameters = {**modules.state_dict(), "model.weight": model.mix.weight, "model.bias": model.mix.bias}
        steps.append((views, loss, {k: v.detach().numpy().astype(float) for k, v in parameters.items()}))
    return steps


def layer(x: Array, of: dict[str, Array], name: str) -> Array:
    """A 1×1 convolution of elements (…, F)."""
    return x @ of[f"{name}.weight"].reshape(len(of[f"{name}.weight"]), -1).T + of[f"{name}.bias"]


def elements(view: Tensor, of: dict[str, Array], side: str) -> Array:
    """The network's features, (N, h, w, F); `side`: "query" or "key"."""
    name = {"query": "model", "key": "follower.network.mix"}[side]
    return layer(view.numpy().astype(float).transpose(0, 2, 3, 1), of, name)


def projected(x: Array, of: dict[str, Array], side: str, name: str, last: str = "2") -> Array:
    """The projection of (…, F); one with batch normalisation has its second convolution at place 3."""
    prefix = {"query": "projections", "key": "follower.projections"}[side] + f".{name}"
    hidden = layer(x, of, f"{prefix}.0")
    if last == "3":
        axes = tuple(range(hidden.ndim - 1))
        hidden = (hidden - hidden.mean(axes)) / np.sqrt(hidden.var(axes) + 1e-5)
    return layer(np.maximum(hidden, 0), of, f"{prefix}.{last}")


def unit(x: Array) -> Array:
    return x / np.linalg.norm(x, axis=-1, keepdims=True)


def binned(x: Array, grid: int) -> Array:
    """Means over bins: (N, h, w, F) → (N, grid², F)."""
    n, h, w, f = x.shape
    return x.reshape(n, grid, h // grid, grid, w // grid, f).mean((2, 4)).reshape(n, grid * grid, f)


def share_loss(own: float, negatives: Array, tau: float) -> float:
    return -np.log(np.exp(own / tau) / (np.exp(own / tau) + np.exp(negatives / tau).sum()))


def test_vader() -> None:
    options: dict[str, Any] = {"pixels": 3, "key_views": 2, "queue": 4, "momentum": 0.6, "tau": 0.2}
    steps = run(Vader(PretextSetup(Domain.RGB, CROP, options=options)), [(0, 1), (0, 1)])
    queue = np.zeros((0, 64))
    for views, loss, of in steps:
        found = {}
        for name in ("query", "key0", "key1"):
            side = "query" if name == "query" else "key"
            maps, places = elements(views[name], of, side), views[f"{name}_places"].numpy()
            at = np.stack([m[p[:, 0], p[:, 1]] for m, p in zip(maps, places, strict=True)]).reshape(6, 5)
            found[name] = unit(projected(at, of, side, "pixel"))
        keys = unit((found["key0"] + found["key1"]) / 2)
        expected = 0.0
        for number, query in enumerate(found["query"]):
            others = np.concatenate([np.delete(keys, number, axis=0), queue])
            expected += share_loss(query @ keys[number], others @ query, 0.2) / 3
        assert loss == pytest.approx(expected, rel=1e-4)
        queue = np.concatenate([keys, queue])[:4]


def test_densecl() -> None:
    options: dict[str, Any] = {"grid": 2, "queue": 5, "momentum": 0.6, "dense": 0.25}
    steps = run(DenseCL(PretextSetup(Domain.RGB, CROP, options=options)), [(4, 5), (5, 6), (4, 6)])
    queues: dict[str, list[tuple[int, Array]]] = {"whole": [], "dense": []}
    for (views, loss, of), pictures in zip(steps, [(4, 5), (5, 6), (4, 6)], strict=True):
        first, second = (
            binned(elements(views["first"], of, "query"), 2),
            binned(elements(views["second"], of, "key"), 2),
        )
        whole_query = unit(projected(first.mean(1), of, "query", "whole"))
        whole_key = unit(projected(second.mean(1), of, "key", "whole"))
        dense_query, raw_key = unit(projected(first, of, "query", "dense")), projected(second, of, "key", "dense")
        new = {"whole": whole_key, "dense": unit(raw_key.mean(1))}
        for name, queue in queues.items():
            queues[name] = [*zip(pictures, new[name], strict=True), *queue][:5]
        expected = 0.0
        for n, picture in enumerate(pictures):
            negatives = {k: np.array([key for p, key in queue if p != picture]) for k, queue in queues.items()}
            expected += 0.75 * share_loss(whole_query[n] @ whole_key[n], negatives["whole"] @ whole_query[n], 0.2)
            matches = (unit(first[n]) @ unit(second[n]).T).argmax(1)
            for part, match in enumerate(matches):
                own = dense_query[n, part] @ unit(raw_key[n])[match]
                expected += 0.25 / 4 * share_loss(own, negatives["dense"] @ dense_query[n, part], 0.2)
        assert loss == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("propagate", [False, True])
def test_pixcontrast(propagate: bool) -> None:
    options: dict[str, Any] = {"grid": 4, "momentum": 0.6, "propagate": propagate}
    for views, loss, of in run(PixContrast(PretextSetup(Domain.RGB, CROP, options=options)), [(0, 1), (2, 3)]):
        bin_side = CROP / 4
        offsets = (np.arange(4) + 0.5) * bin_side
        centres = np.stack(np.meshgrid(offsets, offsets, indexing="ij"), -1).reshape(16, 2)
        expected = 0.0
        for one, other in (("first", "second"), ("second", "first")):
            query = projected(binned(elements(views[one], of, "query"), 4), of, "query", "place", "3")
            key = unit(projected(binned(elements(views[other], of, "key"), 4), of, "key", "place", "3"))
            for n in range(2):
                places = [views[f"{view}_corner"][n].numpy() + centres for view in (one, other)]
                apart = np.linalg.norm(places[0][:, None] - places[1][None], axis=-1) / (bin_side * np.sqrt(2))
                near = apart <= 0.7
                if propagate:
                    alike = np.maximum(unit(query[n]) @ unit(query[n]).T, 0) ** 2
                    smoothed = unit(alike @ layer(query[n], of, "transform"))
                    expected -= (smoothed @ key[n].T)[near].mean() / 2
                else:
                    shares = np.exp(unit(query[n]) @ key[n].T / 0.3)
                    paired = near.any(1)
                    of_pairs = (shares * near).sum(1)[paired] / shares.sum(1)[paired]
                    expected += -np.log(of_pairs).mean() / 2
        assert loss == pytest.approx(expected, rel=1e-4)
