"""The noise profile of each picture, for pretexts that need it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from rcl_calibration.correlation import REACH, as_tuples, noise_covariance
from rcl_calibration.profile import NoiseProfile
from rcl_cli.profiles.book import ProfileBook, blind_estimate
from rcl_cli.profiles.lookup import Lookup
from rcl_cli.raw.frame import Frame, RgbFrame

UNKNOWN = NoiseProfile.uniform(0.0, 0.0, method="not known")
"""Stands for the noise of a picture that cannot be measured."""


@dataclass(frozen=True)
class NoiseLevels:
    """Profiles from the file `given`, else calibrated ones of the store, else those in the files, else blind ones."""

    given: Path | None = None
    store: Path | None = None
    required: bool = True
    """Refuse pictures whose noise is not known; else they get λ = 0, as do those of which a blind estimate is weak."""

    name = "blind"
    """What `measure` is kept under."""

    @cached_property
    def book(self) -> ProfileBook:
        """The profiles, read once."""
        return ProfileBook(self.given, self.store)

    def measure(self, frame: Frame) -> NoiseProfile:
        """What the pixels alone tell, however many profiles there are."""
        return blind_estimate(frame)

    def choose(self, lookup: Lookup, measured: Callable[[], NoiseProfile]) -> NoiseProfile:
        """The noise of a picture; `measured` gives what `measure` said of it, and is asked where nothing is known.

        Raises ValueError where nothing of it is known, FileError as `ProfileBook.find` does. A profile that only holds
        for the brightness the picture has is good enough for that picture.
        """
        profile, source, _ = self.book.find(lookup, measured)
        if source not in ("tag", "blind"):
            profile = replace(profile, method=source)  # how it was once measured says nothing of this picture
        if not self.required:
            return UNKNOWN if profile.quality == "weak" else profile
        if not profile.any_noise:
            raise ValueError(f"its noise cannot be measured ({profile.reason}); give a profile with --profile")
        return profile


@dataclass(frozen=True)
class NoiseCovariances:
    """Profiles of noise that is not independent, from each picture's own flat blocks: the same at every brightness."""

    name = "covariance"

    def measure(self, frame: Frame) -> NoiseProfile:
        """The frame's noise. Raises ValueError for raws, and where there is none."""
        if not isinstance(frame, RgbFrame):
            raise ValueError("is a raw, whose noise is independent; use the pretext sure or recorrupted for it")
        covariance = noise_covariance(frame.rgb.transpose(2, 0, 1))
        red, green, blue = (float(covariance[c, c, REACH, REACH]) for c in range(3))
        if min(red, green, blue) <= 0:
            raise ValueError("has flat places without any noise, so that its noise cannot be measured")
        read = (red, green, green, blue)
        return NoiseProfile((0.0,) * 4, read, method="flat blocks", covariance=as_tuples(covariance))

    def choose(self, lookup: Lookup, measured: Callable[[], NoiseProfile]) -> NoiseProfile:
        """What was measured."""
        return measured()
