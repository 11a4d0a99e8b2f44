"""`NoiseProfile`: the noise level function of one image, or of one camera and ISO, with its uncertainty."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

Planes = tuple[float, float, float, float]
Interval = tuple[float, float]
Intervals = tuple[Interval, Interval, Interval, Interval]

QUALITIES = ("ok", "weak", "unidentifiable")
PLANES = ("R", "Gr", "Gb", "B")


@dataclass(frozen=True)
class NoiseProfile:
    """Var[n] = λ_shot·x + λ_read per plane, for x normalised to 0 = black level, 1 = white level.

    Planes are in the order R, Gr, Gb, B; sensors or pictures with one green have Gr = Gb.
    `shot` and `read` are in normalised units (`read` is a *variance*); `shot_ci`, `read_ci` are 90 % intervals.
    `black_level` (DN per plane) and `white_level` (DN) are those the numbers were measured with.
    `quality`: "ok"; "weak", of limited use, `reason` says why; "unidentifiable", the image cannot tell λ_shot from λ_read.
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

    def __post_init__(self) -> None:
        if len(self.shot) != 4 or len(self.read) != 4:
            raise ValueError("a noise profile needs four values of shot and of read (R, Gr, Gb, B)")
        if not all(np.isfinite(v) and v >= 0 for v in (*self.shot, *self.read)):
            raise ValueError("shot and read noise must be finite and not negative")
        if self.quality not in QUALITIES:
            raise ValueError(f"quality must be one of {', '.join(QUALITIES)}")

    @classmethod
    def uniform(cls, shot: float, read: float, **rest: Any) -> NoiseProfile:
        """The same λ_shot and λ_read for every plane.

        >>> NoiseProfile.uniform(0.01, 1e-4).shot
        (0.01, 0.01, 0.01, 0.01)
        """
        return cls(shot=(shot,) * 4, read=(read,) * 4, **rest)

    def sigma(self, x: NDArray[np.floating[Any]] | float, plane: int = 1) -> NDArray[np.float64]:
        """Standard deviation of the noise at normalised value `x` (negative x counts as 0) in plane 0–3."""
        x = np.maximum(np.asarray(x, dtype=np.float64), 0.0)
        return np.asarray(np.sqrt(self.shot[plane] * x + self.read[plane]), dtype=np.float64)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON, every field by its name."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> NoiseProfile:
        """The inverse of `to_dict`; unknown keys are ignored. Raises ValueError for missing or impossible values."""
        known = {f.name: values[f.name] for f in fields(cls) if f.name in values}
        if "shot" not in known or "read" not in known:
            raise ValueError("a noise profile needs 'shot' and 'read'")
        return cls(**{k: _tuples(v) for k, v in known.items()})

    def to_json(self) -> str:
        """One JSON object on one line."""
        return json.dumps(self.to_dict())


def _tuples(value: Any) -> Any:
    return tuple(_tuples(v) for v in value) if isinstance(value, list | tuple) else value
