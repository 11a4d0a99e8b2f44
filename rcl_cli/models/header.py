"""The JSON header of a model file: what is inside, readable without torch."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from rcl_cli.domain import Domain
from rcl_cli.errors import CheckpointError
from rcl_cli.models.tensor_index import checked_metadata, parsed

FORMAT = 2
KINDS = ("backbone", "head", "encoder")
_LARGEST = 2**53
_LONGEST = 300
"""Characters of a text; sentences quote them, and names of files have 255 at most."""


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
        """The inverse of `to_json`, of format 1 too.

        Raises ValueError where something is missing or of another type, KeyError never.
        """
        if values.get("format") == 1:
            values = _from_format_1(values)
        known = {f.name: values[f.name] for f in fields(cls) if f.name in values}
        if known.get("kind") not in KINDS or known.get("format") != FORMAT:
            raise ValueError("unknown kind or format")
        known["domain"] = Domain(known.get("domain"))
        _require_types(known)
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
    metadata = checked_metadata(path)
    try:
        return Header.from_dict(parsed(metadata["rcl"]))
    except (KeyError, TypeError, ValueError) as error:
        raise CheckpointError(path, "holds no rcl model (no valid header); use a model that rcl wrote") from error


_PLAIN = (str, int, float, bool, list, type(None))


def _require_types(values: Mapping[str, Any]) -> None:
    """Raise ValueError unless each value is of its field's type, and options are plain ones."""
    for one in fields(Header):
        if one.name not in values or one.name == "domain":
            continue
        value = values[one.name]
        kind: type = {"str": str, "int": int, "bool": bool}.get(str(one.type), dict)
        if type(value) is not kind or (isinstance(value, int) and not 0 <= value <= _LARGEST):
            raise ValueError(f"{one.name} is {value!r}")
        if isinstance(value, str) and len(value) > _LONGEST:
            raise ValueError(f"{one.name} is {len(value)} characters long")
    for name in ("architecture", "options"):
        if not all(isinstance(value, _PLAIN) for value in values.get(name, {}).values()):
            raise ValueError(f"{name} has no plain values")
    if values.get("scale", 1) < 1:
        raise ValueError("scale is 0")
