"""`NoiseProfile`: the noise level function of one image, or of one camera and ISO, with its uncertainty."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rcl_calibration.entering import LARGEST, checked_fields
from rcl_calibration.model import variance

Planes = tuple[float, float, float, float]
Interval = tuple[float, float]
Intervals = tuple[Interval, Interval, Interval, Interval]
Covariance = tuple[tuple[tuple[tuple[float, ...], ...], ...], ...]

QUALITIES = ("ok", "weak", "unidentifiable")
PLANES = ("R", "Gr", "Gb", "B")
SIGMA_X = (0.02, 0.05, 0.1, 0.18, 0.3, 0.5, 0.8)
"""Normalised values at which the interval of σ(x) is given."""


@dataclass(frozen=True)
class NoiseProfile:
    """Var[n] = λ_shot·x + λ_read per plane, for x normalised to 0 = black level, 1 = white level.

    Planes are in the order R, Gr, Gb, B; sensors or pictures with one green have Gr = Gb.
    `shot` and `read` are in normalised units (`read` is a *variance*); `shot_ci`, `read_ci` are 90 % intervals.
    `black_level` (DN per plane) and `white_level` (DN) are those the numbers were measured with.
    `quality`: "ok"; "weak", of limited use, `reason` says why; "unidentifiable", the image cannot tell λ_shot
    from λ_read.
    """

    shot: Planes
    read: Planes
    shot_ci: Intervals | None = None
    read_ci: Intervals | None = None
    camera: str = ""
    iso: float | None = None
    black_level: Planes | None = None
    white_level: float | None = None
    method: str = "given"
    images: int = 1
    quality: str = "ok"
    reason: str = ""
    sigma_ci: tuple[tuple[Interval, ...], ...] | None = None
    """90 % intervals of σ(x), per plane at each x of SIGMA_X. λ_shot and λ_read may be uncertain where σ(x) is not."""
    x_range: Interval | None = None
    """The darkest and the brightest normalised value that were measured; beyond, σ(x) is extrapolated."""
    covariance: Covariance | None = None
    """Of noise that is not independent, as `rcl_calibration.correlation.noise_covariance` gives it."""

    def __post_init__(self) -> None:
        if len(self.shot) != 4 or len(self.read) != 4:
            raise ValueError("a noise profile needs four values of shot and of read (R, Gr, Gb, B)")
        if not all(np.isfinite(v) and v >= 0 for v in (*self.shot, *self.read)):
            raise ValueError("shot and read noise must be finite and not negative")
        if self.sigma_ci is not None and [len(plane) for plane in self.sigma_ci] != [len(SIGMA_X)] * 4:
            raise ValueError(f"sigma_ci needs four planes of {len(SIGMA_X)} intervals")
        if self.quality not in QUALITIES:
            raise ValueError(f"quality must be one of {', '.join(QUALITIES)}")

    @classmethod
    def uniform(cls, shot: float, read: float, **rest: Any) -> NoiseProfile:
        """The same λ_shot and λ_read for every plane.

        >>> NoiseProfile.uniform(0.01, 1e-4).shot
        (0.01, 0.01, 0.01, 0.01)
        """
        return cls(shot=(shot,) * 4, read=(read,) * 4, **rest)

    @classmethod
    def from_dng(cls, numbers: Sequence[float], **rest: Any) -> NoiseProfile:
        """From the DNG tag NoiseProfile (51041): S and O, by turns, with σ(x) = √(S·x + O), so S = λ_shot, O = λ_read.

        One pair is for all planes, three are for R, G, B, four for R, Gr, Gb, B (as Android's sensor noise profile).
        Raises ValueError for any other count, or for values that no noise has.

        >>> NoiseProfile.from_dng([1e-4, 1e-7, 2e-4, 2e-7, 3e-4, 3e-7]).shot
        (0.0001, 0.0002, 0.0002, 0.0003)
        """
        planes = {2: (0, 0, 0, 0), 6: (0, 1, 1, 2), 8: (0, 1, 2, 3)}.get(len(numbers))
        if planes is None:
            raise ValueError(f"a DNG noise profile has one, three or four pairs, not {len(numbers)} numbers")
        if any(number > LARGEST for number in numbers):
            raise ValueError(f"shot and read noise must be at most {LARGEST:g}")
        shot, read = ([float(numbers[2 * plane + i]) for plane in planes] for i in (0, 1))
        return cls(shot=(shot[0], shot[1], shot[2], shot[3]), read=(read[0], read[1], read[2], read[3]), **rest)

    def to_dng(self) -> tuple[float, ...]:
        """Six numbers for the DNG tag NoiseProfile: S and O of R, G (the mean of Gr and Gb), B.

        >>> NoiseProfile.uniform(0.01, 1e-4).to_dng()
        (0.01, 0.0001, 0.01, 0.0001, 0.01, 0.0001)
        """
        (r, gr, gb, b), (r0, gr0, gb0, b0) = self.shot, self.read
        return (r, r0, (gr + gb) / 2, (gr0 + gb0) / 2, b, b0)

    @property
    def any_noise(self) -> bool:
        """Whether it is of noise at all, in some plane.

        >>> NoiseProfile.uniform(0.0, 1e-6).any_noise, NoiseProfile.uniform(0.0, 0.0).any_noise
        (True, False)
        """
        return any((*self.shot, *self.read))

    def sigma(self, x: NDArray[np.floating[Any]] | float, plane: int = 1) -> NDArray[np.float64]:
        """Standard deviation of the noise at normalised value `x` (negative x counts as 0) in plane 0–3."""
        values = np.asarray(x, dtype=np.float64)
        return np.asarray(np.sqrt(variance(values, self.shot[plane], self.read[plane])), dtype=np.float64)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON, every field by its name."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> NoiseProfile:
        """The inverse of `to_dict`; unknown keys are ignored.

        Raises ValueError for missing values, and for those of another type, length or range.
        """
        if "shot" not in values or "read" not in values:
            raise ValueError("a noise profile needs 'shot' and 'read'")
        return cls(**checked_fields(values))

    def to_json(self) -> str:
        """One JSON object on one line."""
        return json.dumps(self.to_dict())
