"""What a noise profile is looked up by, and what is found."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Literal, NamedTuple

from rcl_calibration.profile import NoiseProfile
from rcl_cli.profiles.lattices import labels
from rcl_cli.raw.frame import Frame

Source = Literal["given", "calibrated", "interpolated", "extrapolated", "tag", "blind"]
"""Where a noise profile comes from: a file that the user named, the calibration of this camera and ISO or of others,
the file's own NoiseProfile tag, or the pixels of the picture."""


@dataclass(frozen=True)
class Lookup:
    """What the noise profile of a picture is looked up by."""

    camera: str = ""
    iso: float | None = None
    black_level: tuple[float, ...] | None = None
    white_level: float | None = None
    own: NoiseProfile | None = None
    """The one in the file's NoiseProfile tag."""

    @classmethod
    def of(cls, frame: Frame) -> Lookup:
        """What a decoded file says."""
        return cls(**labels(frame), own=frame.metadata.noise_profile)

    @property
    def labels(self) -> dict[str, Any]:
        """Camera, ISO and levels, as `rcl_calibration.exchange.find_profile` takes them."""
        return {field.name: getattr(self, field.name) for field in fields(self) if field.name != "own"}

    @property
    def words(self) -> str:
        """Camera and ISO, for a person."""
        return f"{self.camera or 'an unknown camera'}{'' if self.iso is None else f' at ISO {self.iso:g}'}"


class Found(NamedTuple):
    """A noise profile and where it comes from, `words` for a person."""

    profile: NoiseProfile
    source: Source
    words: str
