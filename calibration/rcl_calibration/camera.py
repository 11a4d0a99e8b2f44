"""One camera at one ISO from many images: their measurements are pooled, not their λ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, TypeVar

import numpy as np

from rcl_calibration.fit import Fit, fit_bins
from rcl_calibration.groups import disagreeing_groups, half_width
from rcl_calibration.intervals import REPLICATES, Replicates, Resampled, at_x, bootstrap, resampled
from rcl_calibration.layout import Mask
from rcl_calibration.model import Array, Clipping
from rcl_calibration.plane_levels import Level, PlaneLevel, plane_levels, profile_of_levels
from rcl_calibration.profile import NoiseProfile
from rcl_calibration.selection import Bins
from rcl_calibration.single_image import Measurement, profile_of

METHOD = "blind, pooled"
OUTLIER_LEAST = 0.06
"""An image whose variance is closer than this to the others', relatively, is never an outlier."""
_ENDLESS = 10
_OUTLIER_SPREADS = 4.0


@dataclass(frozen=True)
class Pooled:
    """The profile of a camera at one ISO, and what became of its images."""

    profile: NoiseProfile
    used: tuple[int, ...]
    """Indices of the images that went in."""
    dropped: tuple[tuple[int, str], ...]
    """Indices of the others, each with its reason."""
    disagreement: float
    """Largest over smallest noise level σ of the images used, less 1."""
    groups: tuple[tuple[int, ...], ...] = ()
    """Indices of the images that agree with one another, quietest first, where they fall into groups that do not: the
    profile is then weak."""


def pool(
    measurements: Sequence[Measurement],
    profiles: Sequence[NoiseProfile] | None = None,
    *,
    seed: int = 0,
    **labels: Any,
) -> Pooled:
    """Pool the bins of images of one camera, ISO and levels; weak and outlying images are left out.

    profiles: what each image told by itself, with whatever else is held against it; `profile_of` each by default. All
    planes get one noise level, or each its own: `plane_levels`. Where every image is weak the best of them make a weak
    profile, and where they fall into `disagreeing_groups` all of them do. `labels` as in `single_image.estimate`.
    Raises ValueError for no images.
    """
    if not measurements:
        raise ValueError("no images to pool")
    singles = list(profiles or (profile_of(measurement, seed=seed) for measurement in measurements))
    measured = [i for i in range(len(singles)) if measurements[i].fit.weight.any()]
    sound = [i for i in measured if singles[i].quality != "weak"] or measured
    dropped = {i: singles[i].reason for i in range(len(singles)) if i not in sound}
    if not sound:
        return Pooled(replace(singles[0], **labels), (), tuple(dropped.items()), 0.0)
    levels = _relative_levels([measurements[i] for i in sound])
    groups = disagreeing_groups(np.sqrt(levels), [singles[i] for i in sound])
    outlying = np.zeros(levels.size, np.bool_) if groups else _outliers(levels)
    for i, level in zip(np.array(sound)[outlying], levels[outlying], strict=True):
        dropped[int(i)] = _outlier_words(100 * (float(np.sqrt(level)) - 1), singles[int(i)])
    used = [i for i, out in zip(sound, outlying, strict=True) if not out]
    noise_levels = np.sqrt(levels[~outlying])
    disagreement = float(noise_levels.max() / max(noise_levels.min(), 1e-12) - 1) if noise_levels.max() > 0 else 0.0
    profile = _pooled_profile([measurements[i] for i in used], [singles[i] for i in used], seed, labels)
    if groups:
        profile = replace(profile, quality="weak", reason=_disagreement_words(groups, disagreement))
    return Pooled(
        profile,
        tuple(used),
        tuple(sorted(dropped.items())),
        disagreement,
        tuple(tuple(sound[i] for i in group) for group in groups),
    )


def _pooled_profile(
    measurements: Sequence[Measurement], singles: Sequence[NoiseProfile], seed: int, labels: dict[str, Any]
) -> NoiseProfile:
    if len(measurements) == 1:
        return replace(singles[0], **labels)
    bins, clippings = _join(measurements)
    fit = fit_bins(bins, clippings, measurements[0].fit.noise)
    rng = np.random.default_rng(seed)
    again = _resampled_together(measurements, rng)
    joint = Level(fit.noise, bootstrap(again, fit, bins, rng))
    own = {
        int(plane): _plane_level(int(plane), bins, clippings, fit, again, rng)
        for plane in np.unique(bins.plane[fit.weight > 0])
    }
    x = fit.x[fit.weight > 0]
    quality, reason = _joint_verdict(singles, joint.replicates)
    return profile_of_levels(
        plane_levels(joint, own),
        x_range=(float(x.min()), float(x.max())),
        method=METHOD,
        images=len(measurements),
        quality=quality,
        reason=reason,
        **labels,
    )


def _plane_level(
    plane: int,
    bins: Bins,
    clippings: Sequence[Clipping],
    fit: Fit,
    again: Resampled,
    rng: np.random.Generator,
) -> PlaneLevel:
    mine = bins.plane == plane
    subset = _some(bins, mine)
    own = fit_bins(subset, clippings, fit.noise)
    replicates = bootstrap(_some(again, mine), own, subset, rng)
    # Images are drawn anew in each replicate, so that texture of one colour in one of them is no difference.
    everything, drawn = np.ones_like(mine), _images_drawn(again, bins, rng)
    shares = _relative_variance(drawn, fit, bins, mine) / _relative_variance(drawn, fit, bins, everything)
    return PlaneLevel(Level(own.noise, replicates), float(np.median(shares)) - 1, max(float(shares.std()), 1e-6))


def _relative_variance(again: Resampled, fit: Fit, bins: Bins, chosen: Mask) -> Array:
    """(R,) variance in the chosen bins over that of the fit."""
    model = np.maximum(fit.noise.variance(fit.x), 1e-24)
    seen = at_x(again, bins, fit, np.array([fit.prnu]))
    weight = fit.weight * model**2 * again.present * chosen
    return np.asarray((seen / model * weight).sum(axis=1) / np.maximum(weight.sum(axis=1), 1e-12))


_Binned = TypeVar("_Binned", Bins, Resampled)


def _some(binned: _Binned, chosen: Mask) -> _Binned:
    """The chosen ones of n bins."""
    return replace(binned, **{field.name: getattr(binned, field.name)[..., chosen] for field in fields(binned)})


def _joint_verdict(singles: Sequence[NoiseProfile], replicates: Replicates) -> tuple[str, str]:
    if all(profile.quality == "weak" for profile in singles):
        return "weak", f"every image is weak; the first: {singles[0].reason}"
    if replicates.widest() > 0.2:
        return "unidentifiable", "too little range of brightness to tell shot from read noise, even together"
    return "ok", ""


def _join(measurements: Sequence[Measurement]) -> tuple[Bins, list[Clipping]]:
    clippings: list[Clipping] = []
    shifted = []
    for number, measurement in enumerate(measurements):
        bins = measurement.bins
        shifted.append(replace(bins, lattice=bins.lattice + len(clippings), image=bins.image + number))
        clippings.extend(measurement.clippings)
    joined = {
        field.name: np.concatenate([getattr(bins, field.name) for bins in shifted], axis=-1) for field in fields(Bins)
    }
    return Bins(**joined), clippings


def _relative_levels(measurements: Sequence[Measurement]) -> Array:
    """(N,) variance of each image relative to the fit of all, each over the brightness that it has."""
    noise = fit_bins(*_join(measurements), measurements[0].fit.noise).noise
    levels = []
    for measurement in measurements:
        fit = measurement.fit
        model, own = noise.variance(fit.x), fit.noise.variance(fit.x)
        levels.append(np.average(own / np.maximum(model, 1e-24), weights=fit.information))
    return np.array(levels)


def _disagreement_words(groups: Sequence[Sequence[int]], disagreement: float) -> str:
    sizes = ", ".join(str(len(group)) for group in groups)
    difference = f"{100 * disagreement:.0f} %" if disagreement < _ENDLESS else f"more than {100 * _ENDLESS} %"
    reason = f"the images fall into {len(groups)} groups (of {sizes}) whose noise differs by {difference}"
    return f"{reason}: settings that the files do not tell, such as another ISO; calibrate them apart"


def _outliers(levels: Array) -> np.ndarray[Any, np.dtype[np.bool_]]:
    if levels.size < 3:
        return np.zeros(levels.size, np.bool_)
    distance = np.abs(levels - np.median(levels))
    spread = 1.4826 * np.median(distance)
    return np.asarray(distance > max(OUTLIER_LEAST, _OUTLIER_SPREADS * spread))


def _outlier_words(deviation: float, single: NoiseProfile) -> str:
    """`deviation`: of σ from the others', in percent; no reason where the image by itself leaves that open."""
    if single.quality == "unidentifiable" and abs(deviation) <= 100 * half_width(single):
        return f"it tells too little: {single.reason}"
    return f"its noise is {deviation:+.1f} % from the others'"


def _resampled_together(measurements: Sequence[Measurement], rng: np.random.Generator) -> Resampled:
    drawn = [resampled(measurement.bins, rng) for measurement in measurements]
    return Resampled(
        np.concatenate([one.x for one in drawn], axis=1),
        np.concatenate([one.variance for one in drawn], axis=1),
        np.concatenate([one.middle for one in drawn], axis=1),
        np.concatenate([one.present for one in drawn], axis=1),
    )


def _images_drawn(again: Resampled, bins: Bins, rng: np.random.Generator) -> Resampled:
    """Images drawn with replacement among all, on top."""
    images = int(bins.image.max()) + 1
    picks = rng.multinomial(images, np.full(images, 1 / images), size=REPLICATES)
    return replace(again, present=again.present * picks[:, bins.image])
