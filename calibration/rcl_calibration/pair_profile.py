"""The noise profile that pairs of frames support, with its intervals and its verdict."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from rcl_calibration.fit import fit_line
from rcl_calibration.intervals import REPLICATES, Replicates
from rcl_calibration.layout import Mask
from rcl_calibration.model import Array, Clipping, Noise, response, skewness
from rcl_calibration.photon_transfer import Cells, PairMeasurement, join, measure_pair
from rcl_calibration.plane_levels import Level, PlaneLevel, plane_levels, profile_of_levels
from rcl_calibration.profile import NoiseProfile
from rcl_calibration.samples import Lattice
from rcl_calibration.selection import KEPT_VARIANCE

SYSTEMATIC = 0.001
"""Relative standard error of a variance that no resampling shows."""
_REFINEMENTS = 4
_CLIPPING_ERROR = 0.3
"""Error of undoing clipping over the part of variance cut off, which cells are weighed by."""
_SKEW_ERROR = 0.7
"""The same over the skewness of photon noise as well, one error of all cells: it is known to the first order only."""
_QUADRATURE = ((-math.sqrt(3), 1 / 6), (0.0, 2 / 3), (math.sqrt(3), 1 / 6))
"""Nodes and weights of Gauss and Hermite: a mean over light that scatters about that of its cell."""
_SPREAD = 0.2
_LEAST_RANGE = 0.03


@dataclass(frozen=True)
class _Corrected:
    """Cells with clipping and rounding undone: variance = (seen − rounding) / kept at x; (n,) each."""

    x: Array
    kept: Array
    rounding: Array
    doubt: Array
    """Relative standard error of the variance from undoing clipping, one error for all cells."""
    weight: Array
    """0 where too much was clipped."""


def estimate_pair(first: Sequence[Lattice], second: Sequence[Lattice], **labels: Any) -> NoiseProfile:
    """The noise profile of two frames of one scene. `labels` as in `single_image.estimate`.

    Raises MovedError for frames that moved, ValueError for frames that are no pair.
    """
    return profile_of_pairs([measure_pair(first, second)], method="pairs", **labels)


def profile_of_pairs(measurements: Sequence[PairMeasurement], *, seed: int = 0, **labels: Any) -> NoiseProfile:
    """One profile from all pairs of a camera at one ISO; `labels` also hold `method`.

    All planes get one noise level, or each its own: `plane_levels`. Raises ValueError for no pairs.
    """
    cells, clippings = join(measurements)
    labels.setdefault("images", 2 * len(measurements))
    if not cells.x.size:
        reason = "nothing is alike in the frames and unclipped to measure noise in"
        return NoiseProfile.uniform(0.0, 0.0, quality="unidentifiable", reason=reason, **labels)
    everything = np.ones(cells.x.size, np.bool_)
    noise, corrected = _fit(cells, clippings, everything, Noise(1e-4, 1e-6))
    picks = _picks(cells.tile_sum.shape[0], np.random.default_rng(seed))
    joint = Level(noise, _replicates(cells, corrected, everything, picks, seed))
    own = {
        int(plane): _plane_level(cells, clippings, corrected, noise, int(plane), picks, seed)
        for plane in np.unique(cells.plane)
    }
    quality, reason = _verdict(cells, corrected, joint.replicates)
    used = corrected.weight > 0
    if used.any() and float(np.ptp(corrected.x[used])) < _LEAST_RANGE:
        # Nothing is known of the slope then, and no resampling would show it.
        return NoiseProfile.uniform(
            noise.shot,
            noise.read,
            read_ci=(joint.replicates.read_ci(),) * 4,
            x_range=(float(corrected.x[used].min()), float(corrected.x[used].max())),
            quality=quality if quality == "weak" else "unidentifiable",
            reason=reason or "all frames have the same brightness, which cannot tell shot from read noise",
            **labels,
        )
    return profile_of_levels(
        plane_levels(joint, own),
        x_range=(max(float(corrected.x[used].min()), 0.0), float(corrected.x[used].max())) if used.any() else None,
        quality=quality,
        reason=reason,
        **labels,
    )


def _fit(cells: Cells, clippings: Sequence[Clipping], chosen: Mask, noise: Noise) -> tuple[Noise, _Corrected]:
    rounding = np.array([clippings[p].step ** 2 / 12 for p in cells.lattice])
    seen, freedom = cells.variance, cells.freedom
    x, kept, doubt, weight = cells.x, np.ones_like(cells.x), np.zeros_like(cells.x), np.zeros_like(cells.x)
    for _ in range(_REFINEMENTS):
        x, kept = _undo_clipping(cells, clippings, noise)
        model = np.maximum(noise.variance(x) + rounding, 1e-24)
        relative = 2 / np.maximum(freedom, 1) + (_CLIPPING_ERROR * (1 - kept)) ** 2
        weight = np.where(kept >= KEPT_VARIANCE, 1 / (relative * model**2), 0.0)
        doubt = _SKEW_ERROR * skewness(x, noise.shot, model) * np.maximum(1 - kept, 0)
        kept = np.maximum(kept, KEPT_VARIANCE)
        shot, read = fit_line(x, (seen - rounding) / kept, weight * chosen)
        noise = Noise(float(shot), float(read))
    return noise, _Corrected(x, kept, rounding, doubt, weight)


def _undo_clipping(cells: Cells, clippings: Sequence[Clipping], noise: Noise) -> tuple[Array, Array]:
    """(n,) true mean, and part of the variance that clipping leaves on average over the light in each cell."""
    x, seen = np.zeros_like(cells.x), np.zeros_like(cells.x)
    for clipping in set(clippings):
        mine = np.array([clippings[p] == clipping for p in cells.lattice])
        table, rounding = response(noise, clipping), clipping.step**2 / 12
        darkest = np.minimum(np.interp(0.0, table.true_mean, table.seen_mean), cells.x[mine])
        for node, weight in _QUADRATURE:
            # However light scatters, there is none below 0.
            variance, true, _ = table.at(np.maximum(cells.x[mine] + node * cells.scatter[mine], darkest))
            x[mine] += weight * true
            seen[mine] += weight * (variance - rounding)
    return x, seen / np.maximum(noise.variance(x), 1e-24)


def _picks(tiles: int, rng: np.random.Generator) -> Array:
    return rng.multinomial(tiles, np.full(tiles, 1 / tiles), size=REPLICATES).astype(np.float64)


def _replicates(cells: Cells, corrected: _Corrected, chosen: Mask, picks: Array, seed: int) -> Replicates:
    """Refits with tiles of the picture drawn with replacement, and with what clipping and all else may do to it."""
    rng = np.random.default_rng(seed + 1)
    freedom = picks @ cells.tile_freedom
    variance = ((picks @ cells.tile_sum) / np.maximum(freedom, 1e-12) - corrected.rounding) / corrected.kept
    variance *= np.exp(rng.standard_normal(REPLICATES)[:, None] * corrected.doubt)
    weight = corrected.weight * chosen * freedom / np.maximum(cells.freedom, 1e-12)
    # Tiles differ in brightness within a bin, too.
    x = corrected.x + (picks @ cells.tile_light) / np.maximum(freedom, 1e-12) - cells.x * (freedom > 0)
    shot, read = fit_line(x, variance, weight).T
    scale = np.exp(SYSTEMATIC * rng.standard_normal(REPLICATES))
    return Replicates(shot * scale, read * scale)


def _plane_level(
    cells: Cells,
    clippings: Sequence[Clipping],
    corrected: _Corrected,
    joint: Noise,
    plane: int,
    picks: Array,
    seed: int,
) -> PlaneLevel:
    mine = cells.plane == plane
    noise, _ = _fit(cells, clippings, mine, joint)
    level = Level(noise, _replicates(cells, corrected, mine, picks, seed))
    chosen = mine & (corrected.weight > 0)
    freedom = cells.freedom[chosen]
    if not freedom.size:
        return PlaneLevel(level, 0.0, np.inf)
    seen = (cells.variance - corrected.rounding)[chosen] / corrected.kept[chosen]
    relative = np.average(seen / np.maximum(joint.variance(corrected.x[chosen]), 1e-24), weights=freedom)
    return PlaneLevel(level, float(relative) - 1, float(np.sqrt(2 / freedom.sum())))


def _verdict(cells: Cells, corrected: _Corrected, replicates: Replicates) -> tuple[str, str]:
    used = corrected.weight > 0
    if not used.any():
        return "unidentifiable", "all that is alike in the frames is clipped"
    if float(np.median((corrected.rounding / np.maximum(cells.variance, 1e-24))[used])) > 0.5:
        return "weak", "the noise is smaller than the file's rounding"
    low, high = float(corrected.x[used].min()), float(corrected.x[used].max())
    if replicates.widest((low, high)) > _SPREAD:
        return "weak", "the interval of σ(x) is wide"
    if replicates.widest() > _SPREAD:
        reason = "too little range of brightness to tell shot from read noise"
        return "unidentifiable", f"{reason}; σ(x) holds for x from {max(low, 0):.3f} to {high:.3f}"
    return "ok", ""
