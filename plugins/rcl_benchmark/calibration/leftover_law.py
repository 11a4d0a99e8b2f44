"""What the believed texture leaves: `python -m rcl_benchmark.calibration.leftover_law PHOTOGRAPHS` prints the constants
of `rcl_calibration.leftover`, and what they are worth on photographs that they were not learnt on.

Raws of known noise are simulated (`learning_raws`). A row for each bin: what bins of similar brightness show, and which
part of the fitted noise is too much. Ridge regression, each row weighed by its standard error, what is extreme cut off.
To say what it is worth, raws of one part of the photographs are corrected by what the others gave. It takes some
twenty minutes of one core.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rcl_benchmark.calibration.learning_raws import PATTERNS, LearningRaw, learning_raws
from rcl_calibration.fit import corrected, fit_bins
from rcl_calibration.leftover import COEFFICIENTS, XTRANS_COEFFICIENTS, features, limited
from rcl_calibration.model import Noise
from rcl_calibration.single_image import Measurement

Array = NDArray[np.float64]
RIDGE = 0.01
"""Over the features' variances."""
CUT = 0.02
"""Part of the rows at either end of each feature and of the errors that is held to the next."""
FOLDS = 8
X = np.linspace(0.02, 0.8, 40)
"""Where the error of σ(x) is taken."""
NAMES = {"Bayer": ("COEFFICIENTS", len(COEFFICIENTS)), "X-Trans": ("XTRANS_COEFFICIENTS", len(XTRANS_COEFFICIENTS))}
"""Of the constants of each pattern, and how many of the features they are of."""
_SEED = 51


@dataclass(frozen=True)
class Lesson:
    """What one raw teaches: n bins, F features."""

    raw: LearningRaw
    measurement: Measurement
    """Uncorrected."""
    seen: Array
    """(n, F)"""
    error: Array
    """(n,) standard error of a correction"""
    too_much: Array
    """(n,) true part of the noise fitted that is none"""
    weight: Array
    """(n,) of the rows, 1 together"""


def lesson(raw: LearningRaw) -> Lesson | None:
    """None where nothing could be measured."""
    bins = replace(raw.measurement.bins, too_much=np.zeros_like(raw.measurement.bins.x))
    fit = fit_bins(bins, raw.measurement.clippings, raw.measurement.fit.noise)
    if not fit.weight.any():
        return None
    seen, error = features(bins, fit)
    too_much = 1 - raw.truth.variance(fit.x) / np.maximum(fit.noise.variance(fit.x), 1e-24)
    weight = fit.information / fit.information.sum()
    measurement = replace(raw.measurement, bins=bins, fit=fit)
    return Lesson(raw, measurement, seen[:, : NAMES[raw.pattern][1]], error, too_much, weight)


def lessons(folders: Sequence[Path], seed: int) -> dict[str, list[Lesson]]:
    """Of each pattern."""
    found: dict[str, list[Lesson]] = {pattern: [] for pattern in PATTERNS}
    for raw in learning_raws(folders, seed):
        if one := lesson(raw):
            found[raw.pattern].append(one)
    return found


def learn(known: Sequence[Lesson]) -> Array:
    """(F,) coefficients."""
    error = np.concatenate([one.error for one in known])
    weight = np.concatenate([one.weight for one in known])
    seen = _cut(np.concatenate([one.seen for one in known]) / error[:, None])
    wanted = _cut(np.concatenate([one.too_much for one in known]) / error)
    moments = (seen * weight[:, None]).T @ seen / weight.sum()
    ridge = RIDGE * np.diag(moments.diagonal())
    return np.asarray(np.linalg.solve(moments + ridge, (seen * weight[:, None]).T @ wanted / weight.sum()))


def _cut(values: Array) -> Array:
    return np.clip(values, *np.quantile(values, [CUT, 1 - CUT], axis=0))


def held_out(known: Sequence[Lesson]) -> Iterator[tuple[Lesson, Measurement]]:
    """Each raw's measurement as corrected by what other photographs gave."""
    photographs = np.random.default_rng(0).permutation(max(one.raw.photograph for one in known) + 1)
    fold = [int(photographs[one.raw.photograph]) % FOLDS for one in known]
    for left_out in range(FOLDS):
        coefficients = learn([one for one, part in zip(known, fold, strict=True) if part != left_out])
        for one, part in zip(known, fold, strict=True):
            if part == left_out:
                yield one, _corrected(one, coefficients)


def _corrected(one: Lesson, coefficients: Array) -> Measurement:
    bins = replace(one.measurement.bins, too_much=limited(one.seen @ coefficients, one.error))
    return replace(one.measurement, bins=bins, fit=corrected(bins, one.measurement.fit))


def _error(noise: Noise, truth: Noise) -> float:
    return float(np.sqrt(np.mean((np.sqrt(noise.variance(X) / truth.variance(X)) - 1) ** 2)))


def main(folders: Sequence[Path], seed: int) -> Iterator[str]:
    """The lines printed."""
    for pattern, known in lessons(folders, seed).items():
        errors: dict[str, list[tuple[float, float]]] = {}
        for one, after in held_out(known):
            pair = (_error(found.noise, one.raw.truth) for found in (one.measurement.fit, after.fit))
            errors.setdefault(one.raw.kind or "procedural scenes", []).append((next(pair), next(pair)))
        for kind, pairs in errors.items():
            before, now = (
                f"{100 * np.median(part):.2f} · {100 * np.quantile(part, 0.9):.2f} %"
                for part in zip(*pairs, strict=True)
            )
            yield f"{pattern}, {kind}, {len(pairs)}: median · p90 of σ(x) {before}, held out {now}"
        numbers = ", ".join(f"{number:.3g}" for number in learn(known))
        yield f"{NAMES[pattern][0]} = ({numbers})"


if __name__ == "__main__":
    given = [int(word) for word in sys.argv[2:]]
    for said in main([Path(sys.argv[1])], *(given or [_SEED])):
        sys.stdout.write(said + "\n")
