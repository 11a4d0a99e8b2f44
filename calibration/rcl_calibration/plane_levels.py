"""One noise level for all planes of a camera, or one for each: sensors' planes differ by a percent or two."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from rcl_calibration.intervals import Replicates
from rcl_calibration.model import Noise
from rcl_calibration.profile import NoiseProfile

_ERRORS = 4.0
_LEAST = 0.004
_KNOWN = 0.02

_Value = TypeVar("_Value")


@dataclass(frozen=True)
class Level:
    """A noise level and how certain it is."""

    noise: Noise
    replicates: Replicates


@dataclass(frozen=True)
class PlaneLevel:
    """What one plane says by itself."""

    level: Level
    deviation: float
    """Of its variance from that of all planes together, relative."""
    error: float
    """Standard error of `deviation`, > 0."""


Levels = tuple[Level, Level, Level, Level]
"""Of R, Gr, Gb, B."""


def plane_levels(joint: Level, planes: Mapping[int, PlaneLevel]) -> Levels:
    """The level of R, Gr, Gb, B: the joint one, unless the planes differ and σ(x) is known to 2 % in each by itself.

    They differ if their deviations are together more than four standard errors (a χ² of 16), and one is above 0.4 %.
    """
    known = all(plane.level.replicates.widest() < _KNOWN for plane in planes.values())
    if len(planes) < 2 or not known or not _differ(planes.values()):
        return joint, joint, joint, joint
    own = {index: plane.level for index, plane in planes.items()}
    # Pictures, and X-Trans, have one green.
    green = own.get(1, joint)
    return own.get(0, green), green, own.get(2, green), own.get(3, green)


def profile_of_levels(levels: Levels, **fields: Any) -> NoiseProfile:
    """The noise profile of these levels and their intervals; `fields` are the other ones of NoiseProfile."""
    return NoiseProfile(
        shot=_each(levels, lambda level: level.noise.shot),
        read=_each(levels, lambda level: level.noise.read),
        shot_ci=_each(levels, lambda level: level.replicates.shot_ci()),
        read_ci=_each(levels, lambda level: level.replicates.read_ci()),
        sigma_ci=_each(levels, lambda level: level.replicates.sigma_ci()),
        **fields,
    )


def _each(levels: Levels, value: Callable[[Level], _Value]) -> tuple[_Value, _Value, _Value, _Value]:
    r, gr, gb, b = levels
    return value(r), value(gr), value(gb), value(b)


def _differ(planes: Collection[PlaneLevel]) -> bool:
    surprise = math.hypot(*(plane.deviation / plane.error for plane in planes))
    return surprise > _ERRORS and max(abs(plane.deviation) for plane in planes) > _LEAST
