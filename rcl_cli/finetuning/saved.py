"""What a finetuning run is set to, as its folder's `finetune.json` says it, so that it can go on."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from rcl_calibration.profile import NoiseProfile
from rcl_cli.disk.write import write_text
from rcl_cli.errors import FileError, RclError
from rcl_cli.models.runs import FINETUNING
from rcl_cli.noise import FixedNoise, NoiseSource, SensorNoise, SigmaNoise
from rcl_cli.simulate.source import ListedNoise
from rcl_cli.train.few_labels import FinetuneSettings

NOTE = FINETUNING


@dataclass(frozen=True)
class SavedFinetuning:
    """Everything that decides what comes out."""

    task: str
    options: dict[str, Any]
    """The task's."""
    domain: str
    clean: list[str]
    pairs: str | None
    labels: int | None
    noise: dict[str, Any] | None
    """As `NoiseSource.describe` has it; None for that of pairs."""
    profile: str | None
    backbone: str | None
    """The file that it starts from; None for a fresh network."""
    network: str
    architecture: dict[str, Any]
    parent: str
    """As the model's header has it."""
    settings: FinetuneSettings
    crop: int
    reduce: int | None
    linear: bool
    camera: str
    name: str
    """What the head is to be called in the store."""
    data: str = ""
    """Fingerprint of the pictures learnt from; empty before they have been read."""
    head: str = ""
    """What the head is called there; empty before it has come there."""
    rival: dict[str, Any] | None = None
    """The head in use before this one: its `name` and `figures`, empty where there is none; None before this one has
    learnt anything. Afterwards the head in use is this run's own."""


def save_finetuning(folder: Path, run: SavedFinetuning) -> None:
    """Write the note. Raises FileError where that is not possible."""
    write_text(folder / NOTE, json.dumps(asdict(run), indent=2) + "\n", overwrite=True)


def load_finetuning(folder: Path) -> SavedFinetuning:
    """The inverse of `save_finetuning`. Raises FileError if there is no such run, or the note is damaged."""
    path = folder / NOTE
    try:
        note = json.loads(path.read_text(encoding="utf-8"))
        note.setdefault("rival", None)  # runs of earlier versions
        values = {field.name: note[field.name] for field in fields(SavedFinetuning)}
        settings = {field.name: note["settings"][field.name] for field in fields(FinetuneSettings)}
        return SavedFinetuning(**{**values, "settings": FinetuneSettings(**settings)})
    except FileNotFoundError as error:
        raise FileError(path, "is not there, so there is no run to resume; start it without --resume") from error
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise FileError(path, "is damaged; start the run again in a new folder") from error


def noise_from(described: Mapping[str, Any]) -> NoiseSource:
    """The noise that `described` is of. Raises RclError for a kind that is not one of rcl's own."""
    kinds: dict[str, Callable[[], NoiseSource]] = {
        "fixed": lambda: FixedNoise(NoiseProfile(tuple(described["shot"]), tuple(described["read"]))),
        "sensor": lambda: SensorNoise(*described["shot"]),
        "sigma": lambda: SigmaNoise(*described["sigma_255"]),
        "listed": lambda: ListedNoise([NoiseProfile.from_dict(profile) for profile in described["profiles"]]),
    }
    kind = described.get("kind")
    if kind not in kinds:
        raise RclError(f"the run's noise is {kind!r}, none of rcl's own; give it again (in Python, noise=…)")
    return kinds[kind]()
