"""The noise level of each file of a run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from rcl_cli.inference.model import Noise
from rcl_cli.profiles.book import ProfileBook
from rcl_cli.profiles.cautious import cautious
from rcl_cli.profiles.lookup import Lookup
from rcl_cli.raw.frame import Frame


@dataclass(frozen=True)
class NoiseOfFiles:
    """Given, calibrated, the file's own or blind. `announce` hears of each source once, in a sentence."""

    given: Path | None = None
    """A file of profiles, or a picture that tells its noise."""
    store: Path | None = None
    announce: Callable[[str], None] = lambda sentence: None
    linear: bool = False
    """Keep the values of an RGB picture that is `given` as they are."""
    _said: set[str] = field(default_factory=set)

    @cached_property
    def _book(self) -> ProfileBook:
        return ProfileBook(self.given, self.store, self.linear)

    def check(self) -> None:
        """Raises FileError where `given` cannot be used at all."""
        self._book.check()

    def known(
        self, camera: str, iso: float | None, black_level: tuple[float, ...], white_level: float | None
    ) -> Noise | None:
        """What is given or calibrated for such files, whatever is in them; None where the file itself decides."""
        return self._calibrated(Lookup(camera, iso, black_level, white_level))

    def of_file(self, frame: Frame) -> Noise | None:
        """As `known`, by the frame's camera, ISO and levels, or what its own tag says; nothing is estimated."""
        found = self._calibrated(Lookup.of(frame))
        if found is not None or frame.metadata.noise_profile is None:
            return found
        return Noise(frame.metadata.noise_profile, "tag")

    def of(self, frame: Frame) -> Noise:
        """What the frame is restored by: of a blind estimate what is `cautious`, so that no detail is taken for noise.

        Raises FileError where `given` has no profile for the frame.
        """
        profile, source, words = self._book.for_frame(frame)
        if words not in self._said:
            self._said.add(words)
            name = frame.metadata.path.name if frame.metadata.path else "the picture"
            self.announce(f"Noise profile of {name}: {words}")
        if source != "blind":
            return Noise(profile, source)
        return Noise(cautious(profile, raw=frame.domain.is_raw), source, profile)

    def _calibrated(self, lookup: Lookup) -> Noise | None:
        found = self._book.calibrated(lookup)
        return None if found is None else Noise(found.profile, found.source)
