"""Fitting the noise model to measured bins: undo texture, rounding and clipping, then the line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rcl_calibration.model import Array, Clipping, Noise, response
from rcl_calibration.samples import HIGH
from rcl_calibration.selection import GAIN_SPREAD, KEPT_VARIANCE, Bins

LEAST_NOISE = 0.1
"""Part of what is seen that is noise, at least."""
_REFINEMENTS = 3


@dataclass(frozen=True)
class Fit:
    """A noise level and what it was fitted to, (n,) each: variance = (seen − texture − rounding)/kept at x."""

    noise: Noise
    x: Array
    kept: Array
    rounding: Array
    weight: Array
    """0 where too much was clipped."""


def without_texture(variance: Array, texture: Array, gain: Array) -> Array:
    """`variance` without what texture has added, but never less than a part of it."""
    return np.maximum(variance - gain * texture, LEAST_NOISE * variance)


def texture_part(bins: Bins, fit: Fit) -> float:
    """Part of the variance seen that is texture, over the bins that were fitted."""
    return _mean_part(bins.gain * bins.texture, bins, fit)


def rounding_part(bins: Bins, fit: Fit) -> float:
    """Part of the variance seen that is rounding, over the bins that were fitted."""
    return _mean_part(fit.rounding, bins, fit)


def _mean_part(variance: Array, bins: Bins, fit: Fit) -> float:
    part = np.clip(variance / np.maximum(bins.variance, 1e-24), 0, 1)
    return float(np.average(part, weights=bins.blocks * (fit.weight > 0)))


def fit_bins(bins: Bins, clippings: Sequence[Clipping], noise: Noise) -> Fit:
    """Fit one noise level to all bins; `noise` is a first guess for what clipping does."""
    flat = without_texture(bins.variance, bins.texture, bins.gain)
    raised = bins.variance / np.maximum(flat, 1e-24)
    relative = np.sqrt(2 / (HIGH * np.maximum(bins.blocks, 1)) * raised**2 + (GAIN_SPREAD * (raised - 1)) ** 2)
    rounding = np.array([clippings[p].step ** 2 / 12 for p in bins.lattice])
    x, kept, weight = bins.x, np.ones_like(bins.x), np.zeros_like(bins.x)
    for _ in range(_REFINEMENTS):
        x, kept = _undo_clipping(bins, clippings, noise)
        used = kept >= KEPT_VARIANCE
        weight = np.zeros_like(x)
        if used.any():
            variance = (flat - rounding)[used] / kept[used]
            noise, weight[used] = robust_fit(x[used], variance, relative[used], rounding[used])
    return Fit(noise, x, np.maximum(kept, KEPT_VARIANCE), rounding, weight)


def fit_line(x: Array, variance: Array, weight: Array) -> Array:
    """λ_shot ≥ 0 and λ_read ≥ 0 that minimise Σ weight·(variance − λ_shot·x − λ_read)²; the bound is exact.

    All arrays (..., n), leading axes are separate fits. Returns (..., 2).
    """
    w, wx, wxx = weight.sum(-1), (weight * x).sum(-1), (weight * x * x).sum(-1)
    wv, wxv = (weight * variance).sum(-1), (weight * x * variance).sum(-1)
    determinant = w * wxx - wx * wx
    safe = np.where(determinant > 1e-12 * w * wxx, determinant, np.inf)
    shot, read = (w * wxv - wx * wv) / safe, (wxx * wv - wx * wxv) / safe
    only_read = np.maximum(wv / np.maximum(w, 1e-300), 0.0)
    only_shot = np.maximum(wxv / np.maximum(wxx, 1e-300), 0.0)
    read_only = (shot <= 0) | ~np.isfinite(safe)
    shot_only = ~read_only & (read < 0)
    shot = np.where(read_only, 0.0, np.where(shot_only, only_shot, shot))
    read = np.where(read_only, only_read, np.where(shot_only, 0.0, read))
    return np.stack([shot, read], axis=-1)


def robust_fit(
    x: Array, variance: Array, relative_error: Array, rounding: Array, *, tolerance: float = 2.0
) -> tuple[Noise, Array]:
    """Weighted fit of (n,) measured variances that trusts high ones less: texture only ever adds.

    `relative_error`: standard error of each variance as a part of what was measured, which held the variance `rounding`
    as well. Returns the noise and the (n,) weights it ended with.
    """
    model = np.maximum(variance, 1e-24)
    trust = np.ones_like(variance)
    noise, weight = Noise(0.0, 0.0), trust
    for _ in range(12):
        error = relative_error * (model + rounding)
        weight = trust / error**2
        shot, read = fit_line(x, variance, weight)
        noise = Noise(float(shot), float(read))
        model = np.maximum(noise.variance(x), 1e-24)
        excess = (variance - model) / (relative_error * (model + rounding))
        trust = np.where(excess > tolerance, (tolerance / np.maximum(excess, tolerance)) ** 2, 1.0)
    return noise, weight


def expected_variance(bins: Bins, clippings: Sequence[Clipping], noise: Noise) -> Array:
    """(n,) variance that is seen where the noise is `noise` alone."""
    variance = np.empty_like(bins.x)
    for p, clipping in enumerate(clippings):
        mine = bins.lattice == p
        variance[mine] = response(noise, clipping).at(bins.x[mine])[0]
    return np.maximum(variance, 1e-24)


def _undo_clipping(bins: Bins, clippings: Sequence[Clipping], noise: Noise) -> tuple[Array, Array]:
    x, kept = np.empty_like(bins.x), np.empty_like(bins.x)
    for p, clipping in enumerate(clippings):
        mine = bins.lattice == p
        _, x[mine], kept[mine] = response(noise, clipping).at(bins.x[mine])
    return np.maximum(x, 0.0), kept
