"""The noise level of each file of a run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from rcl_cli.calibrate.book import known_profile, profile_for
from rcl_cli.calibrate.lattices import labels
from rcl_cli.inference.model import Noise
from rcl_cli.raw.frame import Frame

_SOURCES = {
    "the profile given": "given",
    "calibrated": "calibrated",
    "for": "interpolated",
    "the file's own": "tag",
    "a blind": "blind",
}


@dataclass(frozen=True)
class NoiseOfFiles:
    """Given, calibrated, the file's own or blind. `announce` hears of each source once, in a sentence."""

    given: Path | None = None
    store: Path | None = None
    announce: Callable[[str], None] = lambda sentence: None
    _said: set[str] = field(default_factory=set)

    def known(
        self, camera: str, iso: float | None, black_level: tuple[float, ...], white_level: float | None
    ) -> Noise | None:
        """What is given or calibrated for such files, whatever is in them; None where the file itself decides."""
        labels = {"camera": camera, "iso": iso, "black_level": black_level, "white_level": white_level}
        found = known_profile(labels, given=self.given, store=self.store)
        return None if found is None else Noise(found[0], _source(found[1]))

    def of_file(self, frame: Frame) -> Noise | None:
        """As `known`, by the frame's camera, ISO and levels, or what its own tag says; nothing is estimated."""
        wanted = labels(frame)
        found = self.known(wanted["camera"], wanted["iso"], wanted["black_level"], wanted["white_level"])
        if found is not None or frame.metadata.noise_profile is None:
            return found
        return Noise(frame.metadata.noise_profile, "tag")

    def of(self, frame: Frame) -> Noise:
        """Raises FileError where `given` has no profile for the frame."""
        profile, words = profile_for(frame, given=self.given, store=self.store)
        if words not in self._said:
            self._said.add(words)
            name = frame.metadata.path.name if frame.metadata.path else "the picture"
            self.announce(f"Noise profile of {name}: {words}")
        return Noise(profile, _source(words))


def _source(words: str) -> str:
    return next(source for start, source in _SOURCES.items() if words.startswith(start))
