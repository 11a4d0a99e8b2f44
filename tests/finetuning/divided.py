"""Finetunes in float64 and saves what came out: `python divided.py FILE FOLDER STEPS`, alone or as one of several.

It stops after so many steps. What was saved in FOLDER before goes on.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor

from rcl_cli.data.clean_pairs import CleanPairs
from rcl_cli.data.clean_pictures import CleanPicture
from rcl_cli.domain import Domain
from rcl_cli.finetuning.start import starting_model
from rcl_cli.noise import SensorNoise
from rcl_cli.task import get_task
from rcl_cli.train import batches, device
from rcl_cli.train.few_labels import FinetuneSettings, train_head
from rcl_cli.train.processes import Processes, processes

STEPS, SIDE = 6, 48


@dataclass(frozen=True)
class Case:
    """A training."""

    task: str
    domain: Domain
    network: str
    options: dict[str, Any]
    batch: int
    lr: float = 1e-3
    freeze: bool = False


UNET, RESTORER = {"width": 4, "depth": 1}, {"width": 4, "blocks": 1, "depth": 1}
CASES = {
    "denoise": Case("denoise", Domain.RGB, "unet", UNET, 5),
    "coded": Case("demosaic", Domain.BAYER, "restorer", RESTORER, 4),
    "frozen": Case("denoise", Domain.BAYER, "unet", UNET, 3, freeze=True),
    "one crop": Case("sr", Domain.RGB, "unet", UNET, 1),
    "astray": Case("jdensr", Domain.RGB, "unet", UNET, 2, lr=30.0),
}


def pairs(case: Case, multiple: int) -> CleanPairs:
    """Smooth colours, of which two are held out."""
    rng = torch.Generator().manual_seed(1)
    small = [torch.rand(1, 3, 6, 8, generator=rng) for _ in range(12)]
    large = [torch.nn.functional.interpolate(one, (60, 80), mode="bilinear")[0].half() for one in small]
    pictures = [CleanPicture(Path(f"{number}.png"), rgb, False) for number, rgb in enumerate(large)]
    task = get_task(case.task)
    return CleanPairs.split(task, case.domain, pictures, SensorNoise(), multiple=multiple, crop=SIDE)


def trained(name: str, folder: Path, steps: int, team: Processes) -> dict[str, Tensor]:
    """The best weights and what was heard of each validation."""
    case, state = CASES[name], folder / f"{name}.safetensors"
    task = get_task(case.task)
    model = starting_model(task, case.domain, None, network=case.network, network_options=case.options).model.double()
    settings = FinetuneSettings(STEPS, case.batch, case.lr, case.freeze, validate_every=2, device=team.device)
    records: list[Mapping[str, float]] = []
    done: list[str] = []
    result = train_head(
        task,
        model,
        pairs(case, model.multiple),
        settings,
        log=records.append,
        advance=done.append,
        state=state,
        resume=team.given(state.exists),
        should_stop=lambda: len(done) == steps,
        team=team,
    )
    figures = {"steps": result.steps, "best step": result.best_step, **result.figures}
    found = {name: torch.tensor(float(value)) for name, value in figures.items()}
    for record in records:
        found |= {f"{record['step']} {name}": torch.tensor(float(value)) for name, value in record.items()}
    return found | model.state_dict()


def exactly() -> None:
    """From now on all is done in float64, in which rounding does not hide what is wrong."""
    torch.Tensor.float = torch.Tensor.double  # type: ignore[method-assign]
    vars(batches)["placed"] = lambda tensor, device: tensor.double()
    vars(device)["has_bfloat16"] = lambda device: False


def main() -> None:
    """Each result as "CASE/NAME"."""
    exactly()
    file, folder, steps = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    found: dict[str, Tensor] = {}
    for name in CASES:
        with processes("cpu") as team:  # several trainings, one after the other
            found |= {f"{name}/{key}": value for key, value in trained(name, folder, steps, team).items()}
    save_file({name: value.clone().contiguous() for name, value in found.items()}, file)


if __name__ == "__main__":
    main()
