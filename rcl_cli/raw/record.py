"""What made a result: said in the file itself, so that it is never taken for an input again."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from rcl_cli.raw.exif_block import SOFTWARE
from rcl_cli.raw.xmp import history, history_packet, read_packet

_AGENT = "rcl "


@dataclass(frozen=True)
class Record:
    """How `rcl apply` made a picture; equal records make equal pictures of equal inputs."""

    task: str
    model: str
    """The model's name."""
    weights: str
    """Digest of the model's file."""
    strength: str = "1"
    """A number or "auto", as it was given."""
    ensemble: bool = False
    noise: str = ""
    """Where the noise level came from: as `rcl_cli.profiles.lookup.Source`; "" for none."""
    levels: str = ""
    """Digest of the noise profile; "" where the same picture always gives the same."""
    domain: str = ""
    """Of the source, with `camera`, `iso` and `black_level`, `white_level` in DN, by which its model was chosen."""
    camera: str = ""
    iso: float | None = None
    black_level: tuple[float, ...] = ()
    white_level: float | None = None

    @property
    def words(self) -> str:
        """For a person who opens the file."""
        strength = "" if self.strength == "1" else f", strength {self.strength}"
        return f"{self.task} by rcl with {self.model}{strength}"

    def packet(self) -> bytes:
        """As XMP."""
        return history_packet(SOFTWARE, json.dumps(asdict(self), sort_keys=True))

    def differences(self, other: Record) -> list[str]:
        """In what `other`, of the same input, would be made another way: "model a, not b"; none where in nothing."""
        said = {
            "task": (self.task, other.task),
            "model": (self.model, other.model),
            "strength": (self.strength, other.strength),
            "ensemble": (str(self.ensemble), str(other.ensemble)),
            "noise profile": (self.noise, other.noise),
        }
        found = [f"{name} {old}, not {new}" for name, (old, new) in said.items() if old != new]
        if self.model == other.model and self.weights != other.weights:
            found.append(f"other weights called {self.model}")
        if self.noise == other.noise and self.levels != other.levels:
            found.append("another noise profile")
        return found


def read_record(path: Path) -> Record | None:
    """What the file says made it; None for files that rcl did not make as results. Raises nothing."""
    for agent, parameters in reversed(history(read_packet(path))):
        if agent.startswith(_AGENT):
            return _parsed(parameters)
    return None


def _parsed(parameters: str) -> Record | None:
    try:
        values: dict[str, Any] = json.loads(parameters)
        known = {field.name: values[field.name] for field in fields(Record) if field.name in values}
        return Record(**{**known, "black_level": tuple(known.get("black_level", ()))})
    except (ValueError, TypeError, AttributeError):
        return None
