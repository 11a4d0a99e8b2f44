"""Fitting the noise model to measured bins: undo texture, rounding and clipping, then the line."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from rcl_calibration.layout import Mask
from rcl_calibration.model import Array, Clipping, Noise, response
from rcl_calibration.selection import KEPT_VARIANCE, Bins
from rcl_calibration.spectrum import correlated_images
from rcl_calibration.texture import Traits, believe, even_shares, pulled_down

PRNU_SPREAD = 0.003
"""Usual scale of the photo-response non-uniformity, the relative spread of the pixels' sensitivities."""
_REFINEMENTS, _MOST_REFINEMENTS = 3, 25
_SETTLED = 1e-3
"""Change of the part of the variance that clipping keeps, by a refinement, below which there is no other."""
_ITERATIONS = 15


@dataclass(frozen=True)
class Fit:
    """A noise level and what it was fitted to: n bins of I images.

    At x the variance of the noise is (seen + lift − texture − rounding)/kept − prnu·x².
    """

    noise: Noise
    x: Array
    """(n,)"""
    kept: Array
    """(n,)"""
    rounding: Array
    """(n,)"""
    weight: Array
    """(n,) of each variance; 0 where too much was clipped"""
    texture: Array
    """(n,) variance that is believed to be texture"""
    response: Array
    """(n,) by how much `texture` falls where the noise is believed to be higher by 1"""
    lift: Array
    """(n,) to be added, for what doubt of high variances has taken away"""
    traits: Traits
    """What texture is like in each of I images."""
    prnu: float = 0.0
    """Relative variance of the pixels' sensitivities. It is no noise of one frame but looks like it, and bends the
    line: without it λ_shot would be too high and λ_read too low."""
    prnu_error: float = 0.0
    """Standard error of `prnu`"""

    @property
    def information(self) -> Array:
        """(n,) what each bin says of the relative noise level."""
        return np.asarray(self.weight * np.maximum(self.noise.variance(self.x), 1e-24) ** 2)


def texture_parts(bins: Bins, fit: Fit) -> Array:
    """(I,) part of the variance seen in each image that is texture, in what was fitted."""
    return _mean_parts(fit.texture, bins, fit)


def rounding_parts(bins: Bins, fit: Fit) -> Array:
    """(I,) part of the variance seen in each image that is rounding, in what was fitted."""
    return _mean_parts(fit.rounding, bins, fit)


def _mean_parts(variance: Array, bins: Bins, fit: Fit) -> Array:
    part = np.clip(variance / np.maximum(bins.variance, 1e-24), 0, 1)
    images = fit.traits.shared.size
    total = np.bincount(bins.image, fit.information * part, images)
    return np.asarray(total / np.maximum(np.bincount(bins.image, fit.information, images), 1e-24))


def fit_bins(bins: Bins, clippings: Sequence[Clipping], noise: Noise) -> Fit:
    """Fit one noise level to all bins, and to each image its `Traits`; `noise` is a first guess, for clipping."""
    rounding = np.array([clippings[p].step ** 2 / 12 for p in bins.lattice])
    images = int(bins.image.max(initial=0)) + 1
    x, kept, zeros = bins.x, np.ones_like(bins.x), np.zeros_like(bins.x)
    fit = Fit(noise, x, kept, rounding, zeros, zeros, zeros, zeros, Traits.usual(images))
    for number in range(_MOST_REFINEMENTS):
        before = np.maximum(kept, KEPT_VARIANCE)
        x, kept = _undo_clipping(bins, clippings, fit.noise)
        # Too little noise believed in makes dark bins look hardly clipped; a step takes back but a part of that.
        if number >= _REFINEMENTS and np.abs(np.maximum(kept, KEPT_VARIANCE) - before).max(initial=0.0) < _SETTLED:
            break
        used = kept >= KEPT_VARIANCE
        if not used.any():
            return replace(fit, weight=np.zeros_like(x))
        fit = robust_fit(bins, replace(fit, x=x, kept=np.maximum(kept, KEPT_VARIANCE)), used)
    return corrected(bins, fit)


def corrected(bins: Bins, fit: Fit) -> Fit:
    """The fit where the part `Bins.too_much` of the noise is texture, too; it is known, whatever the noise is."""
    if not bins.too_much.any():
        return fit
    texture = fit.texture + bins.too_much * fit.kept * fit.noise.variance(fit.x)
    fit = replace(fit, texture=texture, response=np.where(bins.too_much != 0, 0.0, fit.response))
    variance = (bins.variance + fit.lift - texture - fit.rounding) / fit.kept - fit.prnu * fit.x**2
    shot, read = fit_line(fit.x, variance, fit.weight)
    return replace(fit, noise=Noise(float(shot), float(read)))


def robust_fit(bins: Bins, start: Fit, used: Mask) -> Fit:
    """Refit noise, traits and texture to the bins `used`, by expectation and maximisation.

    x, kept and rounding are those of `start`. Where texture is told by the MIDDLE frequencies it depends on the noise
    that is believed, by `response`; steps are those of Newton's method.
    """
    x, kept, rounding, traits = start.x, start.kept, start.rounding, start.traits
    textured = np.maximum(bins.middle - bins.variance, 0.0)
    flat = np.maximum(bins.variance - rounding - textured, 0.1 * bins.variance + 1e-24)
    shares, white = even_shares(traits.shared.size), ~correlated_images(bins)
    for _ in range(_ITERATIONS):
        lift = pulled_down(bins, flat + rounding)
        believed = believe(bins, flat, rounding, traits, shares, used, white)
        traits, shares = believed.traits, believed.shares
        stiff = 1 - believed.response
        weight = believed.weight * stiff**2 * kept**2
        variance = (bins.variance + lift - rounding - believed.texture - believed.response * flat) / stiff / kept
        prnu, prnu_error = _fit_prnu(x, variance, weight)
        shot, read = fit_line(x, variance - prnu * x**2, weight)
        if shot == 0:  # A sensor has shot noise: whatever grows with light is not its PRNU.
            prnu = 0.0
            shot, read = fit_line(x, variance, weight)
        noise = Noise(float(shot), float(read))
        flat = np.maximum(kept * (noise.variance(x) + prnu * x**2), 1e-24)
    return replace(
        start,
        noise=noise,
        weight=weight,
        texture=believed.texture,
        response=believed.response,
        lift=lift,
        traits=traits,
        prnu=prnu,
        prnu_error=prnu_error,
    )


def _fit_prnu(x: Array, variance: Array, weight: Array) -> tuple[float, float]:
    """Relative variance of the sensitivities and its standard error, where the line is not known either.

    What of x² no line can follow, against what of the variance no line does; drawn to 0 by PRNU_SPREAD.
    """
    root = np.sqrt(weight)
    line = np.linalg.qr(root[:, None] * np.stack([x, np.ones_like(x)], axis=1))[0]
    bend, rest = (root * values - line @ (line.T @ (root * values)) for values in (x**2, variance))
    known = float(bend @ bend) + 1 / PRNU_SPREAD**4
    return max(float(bend @ rest) / known, 0.0), 1 / math.sqrt(known)


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


def _undo_clipping(bins: Bins, clippings: Sequence[Clipping], noise: Noise) -> tuple[Array, Array]:
    x, kept = np.empty_like(bins.x), np.empty_like(bins.x)
    for p, clipping in enumerate(clippings):
        mine = bins.lattice == p
        _, x[mine], kept[mine] = response(noise, clipping).at(bins.x[mine])
    return np.maximum(x, 0.0), kept
