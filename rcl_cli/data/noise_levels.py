"""The noise profile of each picture, for pretexts that need it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from rcl_calibration.profile import NoiseProfile
from rcl_cli.profiles import profile_for
from rcl_cli.raw.frame import Frame
from rcl_cli.store import Store


@dataclass(frozen=True)
class NoiseLevels:
    """Profiles from the file `given`, else calibrated ones of the store, else those in the files, else blind ones."""

    given: Path | None = None
    store: Path | None = None

    def of(self, frame: Frame) -> NoiseProfile:
        """The frame's noise. Raises ValueError where nothing of it is known, FileError as `profile_for` does.

        A profile that only holds for the brightness the picture has is good enough for that picture.
        """
        profile, _ = profile_for(frame, given=self.given, store=self.store)
        if not any((*profile.shot, *profile.read)):
            raise ValueError(f"its noise cannot be measured ({profile.reason}); give a profile with --profile")
        return profile

    def describe(self) -> str:
        """A word that differs where the profiles might."""
        path = self.given or Store.open(self.store).profiles
        return hashlib.sha256(path.read_bytes()).hexdigest()[:16] if path.is_file() else "blind"
