"""The JSON header of a model file: what is inside, readable without torch."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from rcl_cli.domain import Domain
from rcl_cli.errors import CheckpointError

FORMAT = 2
KINDS = ("backbone", "head", "encoder")
_LARGEST_HEADER = 100_000_000


@dataclass(frozen=True)
class Header:
    """What a safetensors file of ours says of itself."""

    kind: str
    """"backbone" (pretrained f_θ), "head" (network and head of one task) or "encoder" (the fixed g_e)."""
    domain: Domain
    architecture: dict[str, Any] = field(default_factory=dict)
    """The options of the network, or the encoder's keyword arguments."""
    network: str = ""
    """Name of the network's plugin; empty for an encoder."""
    skip: bool = True
    """Of a backbone: its result is added to its input."""
    name: str = ""
    task: str = ""
    """Of a head: its task's name."""
    options: dict[str, Any] = field(default_factory=dict)
    """Of a head: its task's options."""
    scale: int = 1
    step: int = 0
    """Optimiser steps that led here."""
    noise: dict[str, Any] = field(default_factory=dict)
    """The noise it was trained with, in words or ranges."""
    parent: str = ""
    """The backbone a head started from; "none" for a fresh one."""
    data: str = ""
    """Fingerprint of the training files: their number and a hash of names and sizes."""
    camera: str = ""
    """The one camera it was trained on, where it was one."""
    notes: dict[str, Any] = field(default_factory=dict)
    """Anything else worth keeping: figures, licence, seed, command."""
    format: int = FORMAT

    def to_json(self) -> str:
        """One JSON object, `domain` by its value."""
        return json.dumps({**asdict(self), "domain": self.domain.value}, sort_keys=True)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Header:
        """The inverse of `to_json`, of format 1 too. Raises ValueError where something is missing, KeyError never."""
        if values.get("format") == 1:
            values = _from_format_1(values)
        known = {f.name: values[f.name] for f in fields(cls) if f.name in values}
        if known.get("kind") not in KINDS or known.get("format") != FORMAT:
            raise ValueError("unknown kind or format")
        known["domain"] = Domain(known.get("domain"))
        return cls(**known)


def _from_format_1(values: Mapping[str, Any]) -> dict[str, Any]:
    """Headers that knew one network, a U-Net, whose configuration named its input's channels and its skip."""
    if values.get("kind") == "encoder":
        return {**values, "format": FORMAT}
    config = dict(values.get("architecture", {}))
    config.pop("channels", None)
    return {**values, "format": FORMAT, "network": "unet", "skip": config.pop("residual", True), "architecture": config}


def read_header(path: Path) -> Header:
    """The header of a model file. Raises CheckpointError if it is not one of ours or is damaged."""
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            if not 2 <= length <= min(_LARGEST_HEADER, size - 8):
                raise CheckpointError(path, "is not a safetensors file, or is cut short; use a model that rcl wrote")
            index = json.loads(file.read(length))
    except OSError as error:
        raise CheckpointError(path, f"cannot be read ({error.strerror})") from error
    except ValueError as error:
        raise CheckpointError(path, "is not a safetensors file; use a model that rcl wrote") from error
    ends = [t["data_offsets"][1] for k, t in index.items() if k != "__metadata__"]
    if 8 + length + max(ends, default=0) != size:
        raise CheckpointError(path, "is cut short; copy or train it again")
    try:
        return Header.from_dict(json.loads(index["__metadata__"]["rcl"]))
    except (KeyError, TypeError, ValueError) as error:
        raise CheckpointError(path, "holds no rcl model (no valid header); use a model that rcl wrote") from error
