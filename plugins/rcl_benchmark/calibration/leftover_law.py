"""What the believed texture leaves: `python -m rcl_benchmark.calibration.leftover_law PHOTOGRAPHS` prints the constants
of `rcl_calibration.leftover`, and what they are worth on photographs that they were not learnt on.

Raws of known noise are simulated from single photographs, each DRAWS times with other noise, reduction and exposure;
from sheets of six, and from procedural scenes of two sizes, which hold the correction near 0 where there is little
texture. A row for each bin: what bins of similar brightness show, and which part of the fitted noise is too much. Ridge
regression, each row weighed by its standard error, what is extreme cut off. To say what it is worth, raws of one part
of the photographs are corrected by what the others gave. It takes some five minutes of one core.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rcl_benchmark.calibration.draws import draw
from rcl_benchmark.calibration.names import PROCEDURAL, SHEET, SINGLE
from rcl_benchmark.calibration.photographs import Sheets, singles
from rcl_benchmark.calibration.pictures import Pictures, Scenes
from rcl_benchmark.calibration.simulate import clean_mosaic, expose
from rcl_calibration.fit import Fit, corrected, fit_bins
from rcl_calibration.leftover import features, limited
from rcl_calibration.model import Noise
from rcl_calibration.selection import Bins
from rcl_calibration.single_image import measure
from rcl_cli.profiles.lattices import lattices

Array = NDArray[np.float64]
DRAWS = 4
RIDGE = 0.003
"""Over the features' variances."""
CUT = 0.02
"""Part of the rows at either end of each feature and of the errors that is held to the next."""
FOLDS = 8
X = np.linspace(0.02, 0.8, 40)
"""Where the error of σ(x) is taken."""
_SEED = 51


@dataclass(frozen=True)
class Raw:
    """What one simulated raw teaches: n bins, F features."""

    kind: str
    photograph: int
    """Which photograph, of SINGLE; a number of its own for all else."""
    bins: Bins
    fit: Fit
    """Uncorrected."""
    truth: Noise
    seen: Array
    """(n, F)"""
    error: Array
    """(n,) standard error of a correction"""
    too_much: Array
    """(n,) true part of the noise fitted that is none"""
    weight: Array
    """(n,) of the rows, 1 together"""


def raws(folders: Sequence[Path], seed: int) -> Iterator[Raw]:
    """Simulated and measured, with nothing corrected."""
    photographs = singles(folders, seed)
    count = len(photographs.paths)
    sources: list[tuple[str, Pictures, int]] = [
        *((SINGLE, replace(photographs, seed=seed + more), count) for more in range(DRAWS)),
        (SHEET, Sheets(photographs), 20),
        (PROCEDURAL, Scenes(1024, seed), 20),
        (PROCEDURAL, Scenes(512, seed), 20),
    ]
    for number, (kind, pictures, wanted) in enumerate(sources):
        order = np.random.default_rng([seed + number, 0]).permutation(count)  # As of `Singles.nth`.
        for index in range(wanted):
            rng = np.random.default_rng([seed, number, index])
            exposure = draw("sensor", rng, photograph=kind != PROCEDURAL)
            frame = expose(clean_mosaic(pictures.get(index), exposure), exposure, rng)
            found = measure(lattices(frame))
            bins = replace(found.bins, too_much=np.zeros_like(found.bins.x))
            fit = fit_bins(bins, found.clippings, found.fit.noise)
            if not fit.weight.any():
                continue
            seen, error = features(bins, fit)
            too_much = 1 - exposure.noise.variance(fit.x) / np.maximum(fit.noise.variance(fit.x), 1e-24)
            weight = fit.information / fit.information.sum()
            photograph = int(order[index]) if kind == SINGLE else count + 1000 * number + index
            yield Raw(kind, photograph, bins, fit, exposure.noise, seen, error, too_much, weight)


def learn(known: Sequence[Raw]) -> Array:
    """(F,) coefficients."""
    error = np.concatenate([raw.error for raw in known])
    weight = np.concatenate([raw.weight for raw in known])
    seen = _cut(np.concatenate([raw.seen for raw in known]) / error[:, None])
    wanted = _cut(np.concatenate([raw.too_much for raw in known]) / error)
    moments = (seen * weight[:, None]).T @ seen / weight.sum()
    ridge = RIDGE * np.diag(moments.diagonal())
    return np.asarray(np.linalg.solve(moments + ridge, (seen * weight[:, None]).T @ wanted / weight.sum()))


def _cut(values: Array) -> Array:
    return np.clip(values, *np.quantile(values, [CUT, 1 - CUT], axis=0))


def held_out(known: Sequence[Raw]) -> Iterator[tuple[Raw, Noise]]:
    """Each raw with its noise as corrected by what other photographs gave."""
    photographs = np.random.default_rng(0).permutation(max(raw.photograph for raw in known) + 1)
    fold = [int(photographs[raw.photograph]) % FOLDS for raw in known]
    for left_out in range(FOLDS):
        coefficients = learn([raw for raw, part in zip(known, fold, strict=True) if part != left_out])
        for raw, part in zip(known, fold, strict=True):
            if part == left_out:
                yield raw, _corrected(raw, coefficients)


def _corrected(raw: Raw, coefficients: Array) -> Noise:
    too_much = limited(raw.seen @ coefficients, raw.error)
    return corrected(replace(raw.bins, too_much=too_much), raw.fit).noise


def _error(noise: Noise, truth: Noise) -> float:
    return float(np.sqrt(np.mean((np.sqrt(noise.variance(X) / truth.variance(X)) - 1) ** 2)))


def main(folders: Sequence[Path], seed: int) -> Iterator[str]:
    """The lines printed."""
    known = list(raws(folders, seed))
    found = list(held_out(known))
    for kind in dict.fromkeys(raw.kind for raw in known):
        some = [(raw, noise) for raw, noise in found if raw.kind == kind]
        pairs = [(_error(raw.fit.noise, raw.truth), _error(noise, raw.truth)) for raw, noise in some]
        before, after = (
            f"{100 * np.median(part):.2f} · {100 * np.quantile(part, 0.9):.2f} %" for part in zip(*pairs, strict=True)
        )
        yield f"{kind or 'procedural scenes'}, {len(some)}: median · p90 of σ(x) {before}, held out {after}"
    numbers = ", ".join(f"{number:.3g}" for number in learn(known))
    yield f"COEFFICIENTS = ({numbers})"


if __name__ == "__main__":
    given = [int(word) for word in sys.argv[2:]]
    for said in main([Path(sys.argv[1])], *(given or [_SEED])):
        sys.stdout.write(said + "\n")
