"""Choosing files by what they say of the shot: camera and ISO."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rcl_cli.errors import FileError, RclError
from rcl_cli.raw.metadata import read_metadata
from rcl_cli.raw.sniff import RAW_SUFFIXES
from rcl_cli.suggest import did_you_mean

_KEYS = ("camera", "iso")


@dataclass(frozen=True)
class Selection:
    """What a file must say to be chosen."""

    text: str
    """As it was given."""
    camera: str = ""
    """Part of make and model, in lower case; "": any."""
    iso: tuple[float, float] | None = None
    """Lowest and highest; None: any, even none."""

    @classmethod
    def parse(cls, text: str) -> Selection:
        """From `camera=…`, `iso=800`, `iso=800-3200`, `iso=800-`, `iso=-400`, or both with a comma between.

        Raises RclError for anything else.

        >>> Selection.parse("camera=EOS 7D,iso=800-").iso
        (800.0, inf)
        """
        camera, iso = "", None
        for part in text.split(","):
            key, sign, value = (word.strip() for word in part.partition("="))
            if not sign or not value or key.lower() not in _KEYS:
                meant = did_you_mean(key, _KEYS) if sign else ""
                raise RclError(f"{part!r} selects nothing{meant}; give camera=NAME, iso=800, or iso=800-3200")
            if key.lower() == "camera":
                camera = value.lower()
            else:
                iso = _range(value)
        return cls(text, camera, iso)

    def fits(self, camera: str, iso: float | None) -> bool:
        """Whether a shot of this camera at this ISO (None: unknown) is chosen."""
        if self.camera not in camera.lower():
            return False
        return self.iso is None or (iso is not None and self.iso[0] <= iso <= self.iso[1])


def selected(paths: Sequence[Path], selections: Sequence[Selection]) -> set[Path]:
    """The paths that fit one of the selections, and those that are damaged: reading them will say how.

    No pixels are read.
    """
    return {path for path in paths if _fits(path, selections)}


def selected_words(count: int, of: int, selections: Sequence[Selection]) -> str:
    """How many files were chosen, as a sentence."""
    return f"{count} of {of} files selected by {' or '.join(one.text for one in selections)}"


def _fits(path: Path, selections: Sequence[Selection]) -> bool:
    try:
        shot = read_metadata(path)
    except FileError:
        return True
    if not shot.camera and path.suffix.lower() in RAW_SUFFIXES:
        return True  # no camera writes a raw without its name
    return any(one.fits(shot.camera, shot.iso) for one in selections)


def _range(value: str) -> tuple[float, float]:
    match = re.fullmatch(r"(\d+(?:\.\d+)?)?\s*(-|–|\.\.)?\s*(\d+(?:\.\d+)?)?", value)
    if match is None or not (match[1] or match[3]) or (match[1] and match[3] and not match[2]):
        raise RclError(f"iso={value} is no ISO; give a number, or two with - between, such as iso=800-3200")
    if not match[2]:
        only = float(match[1] or match[3])
        return only, only
    low, high = float(match[1] or 0), float(match[3] or math.inf)
    if low > high:
        raise RclError(f"iso={value} holds no ISO: the lower number comes first")
    return low, high
