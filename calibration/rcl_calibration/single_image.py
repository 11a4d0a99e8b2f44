"""Blind calibration: the noise level function of one image of anything, flat or not."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from rcl_calibration.banding import banding
from rcl_calibration.fit import Fit, corrected, fit_bins, rounding_parts, texture_parts
from rcl_calibration.intervals import bootstrap, resampled
from rcl_calibration.layout import EVEN
from rcl_calibration.leftover import COEFFICIENTS, XTRANS_COEFFICIENTS, too_much
from rcl_calibration.model import Array, Clipping, Noise
from rcl_calibration.profile import SIGMA_X, NoiseProfile
from rcl_calibration.quality import Evidence, verdict
from rcl_calibration.ranking import rank
from rcl_calibration.samples import Blocks, Lattice, dct_blocks
from rcl_calibration.scores import joint_scores, own_scores
from rcl_calibration.selection import Bins, select, usable
from rcl_calibration.spacing import value_spacing
from rcl_calibration.spectrum import middle_over_high, shared_part

METHOD = "blind"
PASSES = 3
_FIRST_FRACTION = 0.25
_BAYER = (EVEN,) * 4
"""Layouts of Bayer's pattern."""
_MOST_UNEVEN = 5.0
"""More than this in one bin is a feature of the picture: a bin alone must not make the verdict."""
STEPS = (0.4, 1.2, 4, 12)


@dataclass(frozen=True)
class Measurement:
    """Everything that one image tells about its noise; what `camera.pool` pools."""

    bins: Bins
    clippings: tuple[Clipping, ...]
    """One per lattice."""
    fit: Fit
    blocks: int
    """Blocks looked at in each lattice."""
    spacing: Array
    """(n,) of the bins: distance between neighbouring values that occur, in the file's step."""
    still: float
    """Part of the blocks without any variation."""
    clipped: float
    """Part of the blocks that run into black or white."""
    banding: tuple[float, float]
    """Variance of row noise and of column noise, normalised; no part of the fit."""


def measure(lattices: Sequence[Lattice]) -> Measurement:
    """Select flat blocks and measure the noise in them, in a first pass and PASSES more that know the noise level."""
    clippings = tuple(clipping_of(lattice) for lattice in lattices)
    planes, layouts = [lattice.plane for lattice in lattices], tuple(lattice.layout for lattice in lattices)
    blocks = dct_blocks(lattices)
    bins, fit = _first_pass(blocks, planes, clippings)
    for number in range(PASSES):
        last = number == PASSES - 1
        good, expected = usable(blocks, [fit.noise] * len(planes), clippings)
        scores = joint_scores(blocks, expected, good)
        steps = STEPS if last else (1,)
        rankings = rank(blocks, good, scores, steps=steps)
        traced = last and layouts == _BAYER
        bins = select(blocks, planes, rankings, scores, expected, steps=steps, traced=traced)
        fit = fit_bins(bins, clippings, fit.noise)
    coefficients = COEFFICIENTS if layouts == _BAYER else XTRANS_COEFFICIENTS if EVEN not in layouts else None
    if coefficients:
        bins = replace(bins, too_much=too_much(bins, fit, coefficients))
        fit = corrected(bins, fit)
    still = float(np.mean(blocks.middle + blocks.high <= 0)) if blocks.count else 1.0
    clipped = float(1 - good.mean()) if blocks.count else 1.0
    bands = banding(blocks, good, scores.deviate.max(axis=0), expected) if blocks.count else (0.0, 0.0)
    return Measurement(bins, clippings, fit, blocks.count, _spacing(lattices, bins), still, clipped, bands)


def estimate(lattices: Sequence[Lattice], *, seed: int = 0, **labels: Any) -> NoiseProfile:
    """The noise profile of one image of anything, one noise level for all its planes.

    `labels` (camera, iso, black_level, white_level) go into the profile as they are. λ is never negative; where the
    image cannot tell, `quality` and `reason` say so: read them before using the numbers.
    """
    return profile_of(measure(lattices), seed=seed, **labels)


def profile_of(measurement: Measurement, *, seed: int = 0, **labels: Any) -> NoiseProfile:
    """The noise profile that a measurement supports, with its intervals and its verdict."""
    bins, fit = measurement.bins, measurement.fit
    if not fit.weight.any():
        reason = "no block without texture and clipping to measure noise in"
        return NoiseProfile.uniform(0.0, 0.0, method=METHOD, quality="unidentifiable", reason=reason, **labels)
    rng = np.random.default_rng(seed)
    replicates = bootstrap(resampled(bins, rng), fit, bins, rng)
    used = fit.weight > 0
    x_range = (float(fit.x[used].min()), float(fit.x[used].max()))
    shot_ci, sigma_ci = replicates.shot_ci(), replicates.sigma_ci()
    flat = np.maximum(fit.noise.variance(fit.x), 1e-24)
    brightest = fit.noise.shot * x_range[1] + fit.noise.read
    dark = math.sqrt(max(fit.noise.shot * SIGMA_X[0] + fit.noise.read, 1e-24))
    coarsest = float(max(clipping.step for clipping in measurement.clippings))
    evidence = Evidence(
        blocks=float(bins.blocks[used].sum()),
        texture=float(texture_parts(bins, fit)[0]),
        shared=shared_part(bins),
        correlation=middle_over_high(bins),
        uneven=float(np.average(np.minimum(bins.uneven, _MOST_UNEVEN), weights=fit.information)),
        still=measurement.still,
        clipped=measurement.clipped,
        rounding=float(rounding_parts(bins, fit)[0]),
        gaps=float(np.average(fit.rounding * (measurement.spacing**2 - 1) / flat, weights=fit.information)),
        levels=1 / max(1e-12, coarsest),
        constant=1 - shot_ci[1] * x_range[1] / max(brightest, 1e-24),
        row_noise=math.sqrt(measurement.banding[0]) / dark,
        column_noise=math.sqrt(measurement.banding[1]) / dark,
        x_range=x_range,
        sigma_ci=sigma_ci,
    )
    quality, reason = verdict(evidence)
    return NoiseProfile.uniform(
        fit.noise.shot,
        fit.noise.read,
        shot_ci=(shot_ci,) * 4,
        read_ci=(replicates.read_ci(),) * 4,
        sigma_ci=(sigma_ci,) * 4,
        x_range=x_range,
        method=METHOD,
        quality=quality,
        reason=reason,
        **labels,
    )


def _spacing(lattices: Sequence[Lattice], bins: Bins) -> Array:
    spacing = np.ones_like(bins.x)
    for p, lattice in enumerate(lattices):
        mine = bins.lattice == p
        spacing[mine] = value_spacing(lattice, bins.x[mine])
    return spacing


def clipping_of(lattice: Lattice) -> Clipping:
    """Where the lattice's values end, normalised."""
    return Clipping((lattice.lowest - lattice.black) / lattice.scale, 1.0, lattice.step / lattice.scale)


def _first_pass(blocks: Blocks, planes: Sequence[int], clippings: Sequence[Clipping]) -> tuple[Bins, Fit]:
    flat = np.ones(blocks.mean.shape)
    good = (blocks.mean > -0.1) & (blocks.mean < 0.85)
    scores = own_scores(blocks, flat, good)
    rankings = rank(blocks, good, scores, fraction=_FIRST_FRACTION, steps=(1,))
    bins = select(blocks, planes, rankings, scores, flat, fraction=_FIRST_FRACTION)
    return bins, fit_bins(bins, clippings, Noise(1e-4, 1e-6))
