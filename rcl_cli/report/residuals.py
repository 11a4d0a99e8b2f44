"""What a backbone takes away from pictures of its run, before and after the training: as pictures, and as distances."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from rcl_cli.data.crops import RegionSource, middle_window, phase_step, random_crops
from rcl_cli.data.seeds import step_generator
from rcl_cli.domain import Domain
from rcl_cli.errors import RclError
from rcl_cli.models.backbone import Backbone, load_backbone
from rcl_cli.models.store import BACKBONE, Store
from rcl_cli.noise import RANGE_255, sigma_maps
from rcl_cli.pretext import Pictures as PictureKind
from rcl_cli.pretraining.parts import Parts
from rcl_cli.pretraining.prepare import collect
from rcl_cli.pretraining.settings import load_run
from rcl_cli.raw.folder import search
from rcl_cli.report.pairs import spread
from rcl_cli.train.watch import NOBODY

_PICTURES, _ROUNDS = 12, 6
_SHOWN, _SIDE = 4, 160
"""Pictures that are shown, and their side in elements."""
_DRAW = -1000
"""A step that no training has: what is drawn here was never trained on in just this way."""

Float = NDArray[np.float32]


@dataclass(frozen=True)
class Distances:
    """EMD between residuals, in 1/255 of the range, of one network."""

    positive: NDArray[np.float64]
    """Of two crops of one picture."""
    negative: NDArray[np.float64]
    """Of crops of two pictures."""
    differences: NDArray[np.float64]
    """Of each negative pair less its anchor's positive pair, as in Figure 2 of the paper."""


@dataclass(frozen=True)
class Portrait:
    """A part of one picture, and what is taken from it: planes (C, h, w), normalised."""

    name: str
    domain: Domain
    x: Float
    untrained: Float
    trained: Float


@dataclass(frozen=True)
class Residuals:
    """Of the network as it began, and as it is now."""

    untrained: Distances
    trained: Distances
    portraits: list[Portrait]


def run_residuals(folder: Path, store: Path | None = None) -> Residuals:
    """Those of the pretraining in `folder`, of a dozen of its pictures, which are decoded for it.

    Raises RclError where its pictures, plugins or backbone are not there any more.
    """
    saved = load_run(folder)
    parts = Parts.load(saved.settings)
    paths = [file.path for file in spread(search(map(Path, saved.paths)).files, _PICTURES)]
    if not paths:
        raise RclError("the pictures of the run are not where they were")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as cache:
        # In a cache of its own: the user's is not to lose other pictures to these.
        pictures = collect(paths, parts, Path(cache), 1, Store.open(store), NOBODY)
        pictures.require_two()
        trained, header = load_backbone(folder / BACKBONE, pictures.domain)
        torch.manual_seed(saved.settings.seed)
        untrained = Backbone(parts.make_network(pictures.domain), skip=saved.settings.skip)
        options = header.notes.get("options")
        told = isinstance(options, dict) and bool(options.get("noise_aware")) and bool(pictures.source.noise)
        centred = isinstance(options, dict) and bool(options.get("centred"))
        networks = [network.eval() for network in (untrained, trained)]
        source = _Noisy(pictures.source, adds_noise=parts.main.pictures is PictureKind.CLEAN)
        with torch.inference_mode():
            distances = [
                _distances(network, source, saved.settings.crop, told=told, centred=centred) for network in networks
            ]
            names = [picture.path.name for picture in pictures.used]
            portraits = _portraits(networks, source, names, told=told)
        return Residuals(distances[0], distances[1], portraits)


@dataclass(frozen=True)
class _Noisy:
    """The pictures of a run; noise is added to those of a pretext that learns from clean ones."""

    source: RegionSource
    adds_noise: bool

    def sigma(self, x: Tensor, indices: Sequence[int]) -> Tensor | None:
        """Of the noise in (N, C, h, w); None where it is not known."""
        noise = [self.source.noise[i] for i in indices] if self.source.noise else []
        return sigma_maps(x, noise, self.source.domain) if noise else None

    def with_noise(self, x: Tensor, indices: Sequence[int], rng: torch.Generator) -> Tensor:
        sigma = self.sigma(x, indices)
        return x + sigma * torch.randn(x.shape, generator=rng) if self.adds_noise and sigma is not None else x


def _distances(network: Backbone, source: _Noisy, crop: int, *, told: bool, centred: bool) -> Distances:
    regions, found = source.source, []
    for number in range(_ROUNDS):
        rng = step_generator(0, _DRAW - number)
        batch = regions.sample(len(regions), crop + crop // 2, rng)
        pictures = source.with_noise(batch.pictures, batch.numbers, rng)
        halves = [random_crops(pictures, crop, regions.domain, rng) for _ in range(2)]
        residuals = [half - network(half, source.sigma(half, batch.numbers) if told else None) for half in halves]
        found.append(emd_between(*(_planes(residual, centred) for residual in residuals)))
    apart = ~np.eye(len(found[0]), dtype=bool)
    return Distances(
        np.concatenate([np.diagonal(one) for one in found]),
        np.concatenate([one[apart] for one in found]),
        np.concatenate([(one - np.diagonal(one)[:, None])[apart] for one in found]),
    )


def _planes(residual: Tensor, centred: bool) -> NDArray[np.float64]:
    """(N, C, h, w) → (N, C, h·w) in 1/255."""
    values = residual.flatten(2).double().numpy() * RANGE_255
    return np.asarray(values - values.mean(axis=2, keepdims=True) if centred else values)


def emd_between(first: NDArray[np.float64], second: NDArray[np.float64]) -> NDArray[np.float64]:
    """(N, N): the earth mover's distance of each (C, n) of `first` to each of `second`, mean over the planes.

    >>> emd_between(np.array([[[0.0, 2.0]]]), np.array([[[3.0, 1.0]]]))
    array([[1.]])
    """
    a, b = np.sort(first, axis=2), np.sort(second, axis=2)
    return np.stack([np.abs(one[None] - b).mean(axis=(1, 2)) for one in a])


def _portraits(networks: Sequence[Backbone], source: _Noisy, names: Sequence[str], *, told: bool) -> list[Portrait]:
    domain, found = source.source.domain, []
    for index in spread(range(len(source.source)), _SHOWN):
        region, step = source.source.pictures[index].regions[0], phase_step(source.source.domain)
        multiple = step * networks[0].network.multiple
        window = middle_window(region.shape, _SIDE, multiple=multiple, step=step)
        x = torch.from_numpy(np.array(window.of(region)))[None]
        x = source.with_noise(x, [index], step_generator(0, _DRAW))
        sigma = source.sigma(x, [index]) if told else None
        untrained, trained = ((x - network(x, sigma))[0].numpy() for network in networks)
        found.append(Portrait(names[index], domain, x[0].numpy(), untrained, trained))
    return found
