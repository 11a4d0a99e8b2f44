"""Trains by several pretexts and saves what came out: `python divided.py FILE`, alone or as one of several."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file
from torch import Tensor, nn

from rcl_calibration.correlation import REACH
from rcl_calibration.profile import Covariance, NoiseProfile
from rcl_cli.data.crops import RegionSource
from rcl_cli.domain import Domain
from rcl_cli.models.backbone import Backbone
from rcl_cli.nn.encoder import Encoder
from rcl_cli.pretext import Batch, Losses, Pretext, PretextSetup, Restorer, Views, get_pretext
from rcl_cli.pretraining import loop
from rcl_cli.pretraining.combined import Combined
from rcl_cli.pretraining.loop import LoopSettings, Metrics, run_loop
from rcl_cli.pretraining.self_encoder import encoder_stages
from rcl_cli.train import device
from rcl_cli.train.processes import Processes, processes
from rcl_pretexts.rcl import PAPER
from rcl_tasks.unet import UNet

CROP, BATCH, STEPS = 16, 5, 3
PUBLISHED = {**PAPER, "alpha": 1.0}
KNOWN = {"alpha": 1.0, "tau": 1.0}
CASES: dict[str, tuple[str, dict[str, Any]]] = {
    "contrast": ("rcl", PUBLISHED),
    "contrast, bd": ("rcl", {**PUBLISHED, "distance": "bd"}),
    "contrast, mmd": ("rcl", {**PUBLISHED, "distance": "mmd"}),
    "known noise": ("rcl", KNOWN),
    "neighbours": ("rcl", {"alpha": 1.0, "recorrupted": 0.0, "neighbours": 1.0}),
    **{name: (name, {}) for name in ("vader", "densecl", "pixcontrast", "consistency", "recorrupted", "sure")},
    **{name: (name, {}) for name in ("noise2noise", "noise2self", "noisy-as-clean", "supervised")},
    "joined": ("recorrupted", {"join": {"rcl": {"alpha": 1.0}}}),
}
SMALL = {"vader": {"queue": 32, "pixels": 4}, "densecl": {"queue": 16, "grid": 4}, "pixcontrast": {"grid": 4}}


@dataclass(frozen=True)
class Regions:
    """A picture."""

    regions: NDArray[np.float32]


class Twice(Pretext):
    """The network on its own results, and on a single picture of the batch."""

    name = "twice"

    def views(self, batch: Batch, rng: torch.Generator) -> Views:
        return {"x": batch.pictures}

    def loss(self, model: Restorer, views: Views) -> Losses:
        x = views["x"]
        once = model(x)
        terms = {
            "again": (model(once) - x).square().sum(),
            "one": model(x[:1]).square().sum(),
            "features": model.features(once.flip(0)).mean(),
        }
        return Losses(torch.stack(list(terms.values())).sum(), terms)


def pictures() -> RegionSource:
    """Seven noisy ones, each with a noise of its own, which is known."""
    made, profiles = [], []
    for number in range(7):
        rng = np.random.default_rng([3, number])
        sigma = (4 + 2 * number) / 255
        made.append(Regions(np.asarray(0.4 + rng.normal(0, sigma, (1, 3, 32, 32)), np.float32)))
        profiles.append(replace(NoiseProfile.uniform(0.0, float(sigma**2)), covariance=white(float(sigma**2))))
    return RegionSource(made, Domain.RGB, profiles)


def white(variance: float) -> Covariance:
    """Of independent noise."""
    lags = 2 * REACH + 1
    found = np.zeros((3, 3, lags, lags))
    found[range(3), range(3), REACH, REACH] = variance
    covariance: Covariance = _tuples(found.tolist())
    return covariance


def _tuples(values: Any) -> Any:
    return tuple(map(_tuples, values)) if isinstance(values, list) else values


def encoder() -> Encoder:
    torch.manual_seed(1)
    return Encoder(encoder_stages(), (0, 1), Domain.RGB).double()


def pretexts() -> Iterator[tuple[str, Pretext]]:
    setup = PretextSetup(Domain.RGB, CROP, encoder(), noise=0.03, noise_levels=True, steps=STEPS)
    yield "twice", Twice(setup)
    for title, (name, options) in CASES.items():
        own = {**SMALL.get(name, {}), **options}
        joins = own.pop("join", {})
        parts = [_made(name, setup, own, noise_input=not joins)]
        parts += [_made(other, setup, given, joins=True) for other, given in joins.items()]
        yield title, Combined(setup, parts[0], parts[1:]) if joins else parts[0]


def _made(name: str, setup: PretextSetup, options: dict[str, Any], **changes: Any) -> Pretext:
    return get_pretext(name)(replace(setup, options=options, **changes))


def trained(pretext: Pretext, team: Processes) -> dict[str, Tensor]:
    """Weights, what the pretext keeps, and the metrics, after a few steps of plain descent.

    Not of Adam, which divides gradients by their size: rounding in one that should be zero becomes a step.
    """
    torch.manual_seed(0)
    backbone = Backbone(UNet(Domain.RGB, {"width": 8, "depth": 1}))
    modules = nn.ModuleDict({"backbone": backbone, "pretext": pretext.build_modules(backbone)}).double()
    optimizer = torch.optim.SGD([p for p in modules.parameters() if p.requires_grad], 1e-4)
    rows: list[Metrics] = []
    settings = LoopSettings(STEPS, BATCH, lr=1e-4, gradients_every=2)
    how: dict[str, Any] = {"on_step": rows.append, "on_checkpoint": lambda step: None, "team": team}
    assert run_loop(backbone, optimizer, pretext, pictures(), settings, **how) == STEPS
    figures = {f"{row['step']} {k}": torch.tensor(float(v)) for row in rows for k, v in row.items()}
    kept = {name: value for name, value in figures.items() if not name.endswith("crops_per_s")}
    return kept | {name: value.detach().contiguous() for name, value in modules.state_dict().items()}


def exactly() -> None:
    """From now on losses are taken in float64, in which rounding does not hide what is wrong."""
    torch.Tensor.float = torch.Tensor.double  # type: ignore[method-assign]
    vars(loop)["placed"] = lambda view, device: view.double() if view.is_floating_point() else view
    vars(device)["has_bfloat16"] = lambda device: False


def main() -> None:
    """Each result as "CASE/NAME"."""
    exactly()
    with processes("cpu") as team:
        found = {f"{name}/{key}": value for name, one in pretexts() for key, value in trained(one, team).items()}
    save_file({name: value.clone() for name, value in found.items()}, Path(sys.argv[1]))


if __name__ == "__main__":
    main()
