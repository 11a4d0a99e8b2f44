"""What a pretraining run is set to, as presets and in its folder's `run.json`. Torch-free."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from rcl_cli.errors import FileError, RclError
from rcl_cli.files import write_text


@dataclass(frozen=True)
class PretrainSettings:
    """Everything that decides what comes out. Raises RclError for values that cannot work."""

    domain: str = "auto"
    """"bayer", "xtrans" or "rgb"; "auto": that of most of the pictures."""
    pretext: str = "rcl"
    options: dict[str, Any] = field(default_factory=dict)
    """The pretext's own settings; those left out take the pretext's defaults."""
    consistency: bool = False
    """The pretext is joined by the consistency term."""
    contrast: float | None = None
    """The pretext is joined by the residual contrast, with this weight."""
    contrast_options: dict[str, Any] = field(default_factory=dict)
    """Further settings of that contrast, as of the pretext rcl."""
    steps: int = 4000
    batch: int = 64
    """Pictures a step; as many as there are where they are fewer."""
    crop: int = 64
    """Side in tensor elements; one element is 2×2 sensor pixels of Bayer, 3×3 of X-Trans."""
    lr: float = 1e-3
    fall: float = 0.3
    """Part of the steps, at the end, in which the learning rate falls to 0."""
    width: int = 24
    depth: int = 2
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
    """Noise to simulate on clean pictures: bounds of σ at white, in 8-bit DN."""
    linear: bool = False
    """Keep the values of RGB files as they are, instead of decoding them by the sRGB curve."""
    profile: str | None = None
    """File of noise profiles; None: those of the store, of the pictures themselves, or blind ones."""
    cache_size: int = 4_000_000_000
    """Bytes."""
    seed: int = 0

    def __post_init__(self) -> None:
        multiple = 2 << self.depth  # one factor of 2 more, for the phase of X-Trans
        if self.crop < 8 or self.crop % multiple:
            raise RclError(f"--crop must be at least 8 and a multiple of {multiple} at --depth {self.depth}")
        if min(self.steps, self.width) < 1 or self.batch < 2 or not 0 <= self.depth <= 6 or self.lr <= 0:
            raise RclError("--steps and --width must be at least 1, --batch 2, --depth 0 to 6, --lr above 0")
        if self.sigma_range is not None and not 0 <= self.sigma_range[0] <= self.sigma_range[1]:
            raise RclError("--sigma-range takes two values, the smaller first, neither below 0")
        if self.contrast is not None and self.contrast < 0:
            raise RclError("--contrast must not be below 0")
        if not 0 <= self.fall <= 1:
            raise RclError("--lr-fall must be between 0 and 1")
        if self.consistency and self.encoder == "none":
            raise RclError("--consistency compares features of an encoder; leave out --encoder none")


PRESETS = {
    "default": PretrainSettings(),
    "paper": PretrainSettings(steps=20_000, crop=128, fall=0.0, width=32, depth=4, skip=False),
    "smoke": PretrainSettings(steps=60, batch=8, crop=32, width=8, encoder_steps=40, cache_size=500_000_000),
}
"""default: what measured well; paper: section 4, the plain U-Net; smoke: a minute on a laptop, to see that it runs."""


def with_changes(settings: PretrainSettings, changes: Mapping[str, Any]) -> PretrainSettings:
    """`settings` with what the user gave (None: not given); pretext options are merged."""
    given = {key: value for key, value in changes.items() if value is not None}
    return replace(settings, **given | {"options": {**settings.options, **given.get("options", {})}})


def save_run(folder: Path, settings: PretrainSettings, paths: list[str], data: str) -> None:
    """Write `run.json`: the settings, the PATHS given and the pictures' fingerprint."""
    note = {"settings": asdict(settings), "paths": paths, "data": data}
    write_text(folder / "run.json", json.dumps(note, indent=2) + "\n", overwrite=True)


def load_run(folder: Path) -> tuple[PretrainSettings, list[str], str]:
    """The inverse of `save_run`. Raises FileError if there is no such run, or the file is damaged."""
    path = folder / "run.json"
    try:
        note = json.loads(path.read_text(encoding="utf-8"))
        # Runs of older versions have neither.
        values = {"linear": False, "fall": 0.0, **note["settings"]}
        known = {f.name: values[f.name] for f in fields(PretrainSettings)}
        for name in ("layers", "sigma_range"):
            known[name] = None if known[name] is None else tuple(known[name])
        return PretrainSettings(**known), list(note["paths"]), str(note["data"])
    except FileNotFoundError as error:
        raise FileError(path, "is not there, so there is no run to resume; start it without --resume") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise FileError(path, "is damaged; start the run again in a new folder") from error
