"""What made a result: said in the file itself, so that it is never taken for an input again."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from rcl_cli.raw.tags.xmp import SOFTWARE, history, history_packet, read_packet

_AGENT = "rcl "
_ENDS = 1 << 16
_LONGEST = 1000
_LARGEST = 2**53


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
    source: str = ""
    """`source_digest` of the source; "" where it was no file."""
    chroma: str = ""
    """The strength of colour; "" where it is that of brightness."""

    @property
    def words(self) -> str:
        """For a person who opens the file."""
        strength = "" if self.strength == "1" else f", strength {self.strength}"
        chroma = f", chroma strength {self.chroma}" if self.chroma else ""
        return f"{self.task} by rcl with {self.model}{strength}{chroma}"

    def packet(self) -> bytes:
        """As XMP."""
        return history_packet(SOFTWARE, json.dumps(asdict(self), sort_keys=True))

    def differences(self, other: Record) -> list[str]:
        """In what `other`, of the same input, would be made another way: "model a, not b"; none where in nothing."""
        said = {
            "task": (self.task, other.task),
            "model": (self.model, other.model),
            "strength": (self.strength, other.strength),
            "chroma strength": (self.chroma or self.strength, other.chroma or other.strength),
            "ensemble": (str(self.ensemble), str(other.ensemble)),
            "noise profile": (self.noise, other.noise),
        }
        if not (self.chroma or other.chroma):
            del said["chroma strength"]
        found = [f"{name} {old}, not {new}" for name, (old, new) in said.items() if old != new]
        if self.model == other.model and self.weights != other.weights:
            found.append(f"other weights called {self.model}")
        if self.noise == other.noise and self.levels != other.levels:
            found.append("another noise profile")
        if self.iso != other.iso:
            found.append(f"ISO {other.iso or 0:g} told")
        if self.source and other.source and self.source != other.source:
            found.append("another picture, or another state of its file")
        return found


def source_digest(path: Path | None) -> str:
    """Twelve hexadecimal digits by the size, the first and the last 64 KiB of a file; "" where it cannot be read."""
    try:
        if path is None:
            return ""
        with path.open("rb") as file:
            start, size = file.read(_ENDS), file.seek(0, os.SEEK_END)
            file.seek(max(0, size - _ENDS))
            return hashlib.sha256(b"%d " % size + start + file.read()).hexdigest()[:12]
    except OSError:
        return ""


def sidecar(path: Path) -> Path:
    """Where the record of a result stands whose format has no room for it."""
    return path.with_name(f"{path.name}.xmp")


def read_record(path: Path) -> Record | None:
    """What the file, or its sidecar, says made it; None for what rcl did not make as a result. Raises nothing."""
    for agent, parameters in reversed(history(read_packet(path) or _beside(path))):
        if agent.startswith(_AGENT):
            return _parsed(parameters)
    return None


def _beside(path: Path) -> bytes:
    try:
        return sidecar(path).read_bytes()
    except OSError:
        return b""


def _parsed(parameters: str) -> Record | None:
    try:
        values: dict[str, Any] = json.loads(parameters)
        known = {field.name: values[field.name] for field in fields(Record) if field.name in values}
        made = Record(**{**known, "black_level": tuple(known.get("black_level", ()))})
    except (ValueError, TypeError, AttributeError, RecursionError):
        return None
    return made if _is_sound(made) else None


def _is_sound(made: Record) -> bool:
    """Each field is of its type: anybody may write such a packet."""
    words = [made.task, made.model, made.weights, made.strength, made.noise, made.levels, made.domain, made.camera]
    numbers = [number for number in (made.iso, made.white_level, *made.black_level) if number is not None]
    return (
        all(isinstance(word, str) and len(word) <= _LONGEST for word in (*words, made.source, made.chroma))
        and all(isinstance(number, int | float) and abs(number) <= _LARGEST for number in numbers)
        and isinstance(made.ensemble, bool)
        and len(made.black_level) in (0, 4)
        and None not in made.black_level
    )
