"""What a pretraining run is set to, as presets and in its folder's `run.json`. Torch-free."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from rcl_cli.disk.write import write_text
from rcl_cli.errors import FileError, RclError
from rcl_cli.models.runs import PRETRAINING

LEAST_CROP = 8


@dataclass(frozen=True)
class PretrainSettings:
    """Everything that decides what comes out. Raises RclError for values that cannot work."""

    domain: str = "auto"
    """"bayer", "xtrans" or "rgb"; "auto": that of most of the pictures."""
    pretext: str = "rcl"
    options: dict[str, Any] = field(default_factory=dict)
    """The pretext's own settings; those left out take the pretext's defaults."""
    joins: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Pretexts that join it, each with its own settings: their losses are added."""
    steps: int = 4000
    batch: int = 64
    """Pictures a step; as many as there are where they are fewer."""
    crop: int = 64
    """Side in tensor elements; one element is 2×2 sensor pixels of Bayer, 3×3 of X-Trans."""
    lr: float = 1e-3
    fall: float = 0.3
    """Part of the steps, at the end, in which the learning rate falls to 0."""
    network: str = "unet"
    network_options: dict[str, Any] = field(default_factory=dict)
    """Those left out take the network's defaults."""
    skip: bool = True
    """The network's result is added to its input; False: the plain U-Net of the paper."""
    encoder: str = "auto"
    """"self", "imagenet", a file, or "none" for no consistency term; "auto": self where the pretext
    wants one or `layers` are given."""
    layers: tuple[int, ...] = ()
    """Of the encoder; empty: its own default."""
    encoder_steps: int = 300
    """Of training the self encoder."""
    sigma_range: tuple[float, float] | None = None
    """Noise to simulate on clean pictures: bounds of σ at white, in 1/255."""
    linear: bool = False
    """Keep the values of RGB files as they are, instead of decoding them by the sRGB curve."""
    profile: str | None = None
    """File of noise profiles; None: those of the store, of the pictures themselves, or blind ones."""
    cache_size: int = 4_000_000_000
    """Bytes."""
    seed: int = 0

    def __post_init__(self) -> None:
        if self.crop < LEAST_CROP:
            raise RclError(f"--crop must be at least {LEAST_CROP}")
        if self.steps < 1 or self.batch < 2 or not 0 < self.lr < math.inf:
            raise RclError("--steps must be at least 1, --batch 2, --lr above 0")
        if self.sigma_range is not None and not 0 <= self.sigma_range[0] <= self.sigma_range[1] < math.inf:
            raise RclError("--sigma-range takes two values, the smaller first, neither below 0")
        if self.encoder_steps < 1:
            raise RclError("--encoder-steps must be at least 1")
        if not 0 <= self.fall <= 1:
            raise RclError("--lr-fall must be between 0 and 1")


NOTE = PRETRAINING
PRESETS = {
    "default": PretrainSettings(network="restorer"),
    "paper": PretrainSettings(steps=20_000, crop=128, fall=0.0, network_options={"width": 32, "depth": 4}, skip=False),
    "smoke": PretrainSettings(
        steps=60,
        batch=8,
        crop=32,
        network="restorer",
        network_options={"width": 8},
        encoder_steps=40,
        cache_size=500_000_000,
    ),
}
"""default: what measured well, with the network of the shipped heads; paper: section 4, the plain U-Net; smoke: a
minute on a laptop, to see that it runs."""


def with_changes(settings: PretrainSettings, changes: Mapping[str, Any]) -> PretrainSettings:
    """`settings` with what the user gave (None: not given); options are merged."""
    given = {key: value for key, value in changes.items() if value is not None}
    merged = {
        name: {**getattr(settings, name), **given.get(name, {})} for name in ("options", "network_options", "joins")
    }
    return replace(settings, **given | merged)


@dataclass(frozen=True)
class SavedRun:
    """What `run.json` in a run's folder says."""

    settings: PretrainSettings
    paths: list[str]
    """Files and folders to learn from."""
    data: str = ""
    """Fingerprint of the pictures; empty before they have been read."""
    names: dict[str, str] = field(default_factory=dict)
    """Names of the run's models in the store, by kind; empty before it has ended."""
    name: str = ""
    """What its models are to be called; empty: as the folder."""


def save_run(folder: Path, run: SavedRun) -> None:
    """Write `run.json`."""
    write_text(folder / NOTE, json.dumps(asdict(run), indent=2) + "\n", overwrite=True)


def load_run(folder: Path) -> SavedRun:
    """The inverse of `save_run`. Raises FileError if there is no such run, or the file is damaged."""
    path = folder / NOTE
    try:
        note = json.loads(path.read_text(encoding="utf-8"))
        values = note["settings"] if "network" in note["settings"] else _of_older_version(note["settings"])
        known = {f.name: values[f.name] for f in fields(PretrainSettings)}
        for name in ("layers", "sigma_range"):
            known[name] = None if known[name] is None else tuple(known[name])
        names, name = dict(note.get("names", {})), str(note.get("name", ""))
        return SavedRun(PretrainSettings(**known), list(note["paths"]), str(note["data"]), names, name)
    except FileNotFoundError as error:
        raise FileError(path, "is not there, so there is no run to resume; start it without --resume") from error
    except (RclError, OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise FileError(path, "is damaged; start the run again in a new folder") from error


def _of_older_version(values: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of a run from when there were one network and two pretexts that could join."""
    joins: dict[str, Any] = {"consistency": {}} if values["consistency"] else {}
    if values["contrast"] is not None:
        joins["rcl"] = {**values["contrast_options"], "alpha": values["contrast"]}
    size = {name: values[name] for name in ("width", "depth")}
    return {"linear": False, "fall": 0.0, **values, "joins": joins, "network": "unet", "network_options": size}
