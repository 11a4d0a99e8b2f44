"""Several calibrations of one camera, ISO and levels: each is kept, and all are pooled into one profile."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from rcl_calibration.fit import fit_line
from rcl_calibration.model import Array
from rcl_calibration.profile import SIGMA_X, Interval, NoiseProfile

UNSTATED = 0.05
"""Relative standard error of σ(x) where a profile states no interval."""
_ALIKE = 0.01
"""Relative difference of σ(x) that is none: numbers that somebody has rounded to three digits differ by less."""
_Z = 1.645
_X = np.array(SIGMA_X)


@dataclass(frozen=True)
class Run:
    """One calibration as it was measured."""

    profile: NoiseProfile
    sources: frozenset[str] = frozenset()
    """What it was measured from, one name a picture; empty where nobody knows."""


def add_run(runs: Sequence[Run], new: Run) -> tuple[Run, ...]:
    """The runs with `new` among them, so that no picture counts twice.

    Of two runs by one method, where one has all the other's pictures, only that one is kept; the newer if they are the
    same.
    """
    if any(_repeats(new, run) and run.sources != new.sources for run in runs):
        return tuple(runs)
    return *(run for run in runs if run.profile != new.profile and not _repeats(run, new)), new


def _repeats(one: Run, other: Run) -> bool:
    """All that `one` was measured from is in `other`."""
    kinds = {run.profile.method.partition(",")[0] for run in (one, other)}
    return len(kinds) == 1 and bool(one.sources) and one.sources <= other.sources


def pool_runs(runs: Sequence[Run]) -> NoiseProfile:
    """One profile from runs of one camera, ISO and levels. Raises ValueError for none.

    Noise levels σ²(x) are averaged, not λ: each run counts at each brightness by its interval there, so that one which
    saw no shadows has little say in them. Where runs disagree by more than their intervals, the interval widens. Only
    "ok" runs are pooled where there are any.
    """
    if not runs:
        raise ValueError("no runs to pool")
    sound = [run for run in runs if run.profile.quality == "ok"] or list(runs)
    profiles = [run.profile for run in sound]
    if len(profiles) == 1:
        return profiles[0]
    planes = [_pool_plane(profiles, plane) for plane in range(4)]
    shot, read, sigma_ci = zip(*planes, strict=True)
    ranges = [profile.x_range for profile in profiles if profile.x_range is not None]
    return replace(
        profiles[-1],
        shot=shot,
        read=read,
        shot_ci=None,
        read_ci=None,
        sigma_ci=sigma_ci,
        method=" + ".join(dict.fromkeys(profile.method for profile in profiles)),
        images=sum(profile.images for profile in profiles),
        x_range=(min(low for low, _ in ranges), max(high for _, high in ranges)) if ranges else None,
    )


def contradicts(profile: NoiseProfile, runs: Sequence[Run]) -> bool:
    """Whether the profile's σ(x) cannot be that of the runs.

    It can where it is as `pool_runs` has it, and wherever it lies between the runs: pooled with other weights, as
    another version may have done, it would.
    """
    pooled = pool_runs(runs)
    for plane in range(4):
        told = profile.sigma(_X, plane)
        known = np.stack([one.sigma(_X, plane) for one in (pooled, *(run.profile for run in runs))])
        low, high = known.min(axis=0) * (1 - _ALIKE), known.max(axis=0) * (1 + _ALIKE)
        if ((told < low) | (told > high)).any():
            return True
    return False


def _pool_plane(profiles: Sequence[NoiseProfile], plane: int) -> tuple[float, float, tuple[Interval, ...]]:
    sigma = np.stack([profile.sigma(_X, plane) for profile in profiles])  # (runs, x)
    error = np.stack([_relative_error(profile, plane) for profile in profiles])
    # σ² has twice the relative error of σ.
    weight = 1 / np.maximum(2 * sigma**2 * error, 1e-24) ** 2
    shot, read = fit_line(np.tile(_X, len(profiles)), (sigma**2).ravel(), weight.ravel())
    pooled = np.sqrt(shot * _X + read)
    together = 1 / np.sqrt((1 / error**2).sum(axis=0))
    surprise = (((sigma / np.maximum(pooled, 1e-12) - 1) / error) ** 2).sum(axis=0) / (len(profiles) - 1)
    half = _Z * together * np.sqrt(np.maximum(surprise, 1.0))
    intervals = tuple((float(s * max(1 - h, 0.0)), float(s * (1 + h))) for s, h in zip(pooled, half, strict=True))
    return float(shot), float(read), intervals


def _relative_error(profile: NoiseProfile, plane: int) -> Array:
    """(x,) standard error of σ at SIGMA_X, as a part."""
    if profile.sigma_ci is None:
        return np.full(_X.size, UNSTATED)
    low, high = np.array(profile.sigma_ci[plane]).T
    return np.asarray(np.maximum((high - low) / 2 / _Z / np.maximum(profile.sigma(_X, plane), 1e-12), 1e-4))
