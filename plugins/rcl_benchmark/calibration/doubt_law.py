"""What blind intervals must hold beside chance: `python -m rcl_benchmark.calibration.doubt_law PHOTOGRAPHS` prints the
constants of `rcl_calibration.doubt`, and how often intervals hold the truth with those of the code.

Raws of known noise are simulated (`learning_raws`) and corrected by what other photographs gave (`leftover_law`).
Errors are taken to follow Student's t, whose variance is the sum of what chance, the texture taken off and the
disagreement of the bins make of it. Printed are the most likely factors on texture and disagreement, as much wider as
makes intervals of 90 % hold WANTED of the errors. The power of the picture's size that both fall with is not learnt:
raws of these sizes are about as likely by any from 0.2 to 0.5, which is that of independent errors. The code has what
`../shared/data/rgb/photos/train` gave; it takes some twenty minutes of one core. `python -m
rcl_benchmark.calibration.doubt_law PHOTOGRAPHS SEED` makes other draws.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.stats import norm, t

from rcl_benchmark.calibration.leftover_law import held_out, lessons
from rcl_calibration.doubt import FREEDOM, drawn, standard_errors
from rcl_calibration.fit import fit_line
from rcl_calibration.intervals import REPLICATES, SYSTEMATIC, at_x, resampled
from rcl_calibration.model import Noise
from rcl_calibration.profile import SIGMA_X, NoiseProfile
from rcl_calibration.single_image import Measurement, profile_of

Array = NDArray[np.float64]
_SEED = 51
WANTED = 0.96
"""More than 90 %: `rcl_calibration.texture` was read off the same photographs, and fits others less: by 0.96
intervals hold 91 to 93 % of single photographs of `photos/val`."""
_START = (0.5, 0.3)
_LEAST = 1e-12


def evidence(measurement: Measurement, truth: Noise) -> Array:
    """(m, 4) for each x of SIGMA_X that was seen, in parts of the variance found: its error, and the standard errors of
    chance, of texture and of disagreement with factors of 1."""
    bins, fit = measurement.bins, measurement.fit
    used = fit.weight > 0
    if not used.any():
        return np.empty((0, 4))
    x = np.array(SIGMA_X)
    x = x[(x >= fit.x[used].min()) & (x <= fit.x[used].max())]
    found = np.maximum(fit.noise.variance(x), _LEAST)
    rng = np.random.default_rng(0)
    line = fit.noise.variance(fit.x)
    again = resampled(bins, rng)
    chance = at_x(again, bins, fit, np.array([fit.prnu]))
    field = drawn(bins, fit, REPLICATES, rng)
    spreads = [_spread(fit.x, chance, fit.weight * again.present, x) / found]
    for factors in ((1.0, 0.0), (0.0, 1.0)):
        moved = line + standard_errors(bins, fit, *factors) * field
        spreads.append(_spread(fit.x, moved, fit.weight, x) / found)
    return np.stack([1 - truth.variance(x) / found, *spreads], axis=1)


def law(groups: Sequence[Sequence[Array]]) -> Array:
    """TEXTURE and DISAGREEMENT; groups: the `evidence` of each kind.

    Those that make the errors most likely, times what makes intervals hold WANTED of them. A kind counts by the root of
    its raws, so that none decides alone.
    """

    def surprise(logs: Array) -> float:
        total = 0.0
        for group in groups:
            for rows in group:
                error, chance = rows.T[:2]
                square = chance**2 + _doubt(rows, np.exp(logs)) ** 2
                surprises = np.log(square) / 2 + (FREEDOM + 1) / 2 * np.log1p(error**2 / (FREEDOM * square))
                total += float(surprises.mean()) / len(group) ** 0.5
        return total

    likely = np.exp(minimize(surprise, np.log(_START), method="Nelder-Mead").x)
    weights = np.concatenate([np.full(len(rows), len(group) ** -0.5 / len(rows)) for group in groups for rows in group])
    error, chance = np.concatenate([rows[:, :2] for group in groups for rows in group]).T
    doubt = np.concatenate([_doubt(rows, likely) for group in groups for rows in group])
    tried = np.arange(0.5, 3.0, 0.01)
    # The 95 % quantile of a normal and of a t that is the wider.
    ends = np.hypot(norm.ppf(0.95) * chance, t.ppf(0.95, FREEDOM) * tried[:, None] * doubt)
    shares = np.average(np.abs(error) <= ends, axis=1, weights=weights)
    wider = tried[np.argmax(shares >= WANTED)]
    return np.asarray(likely * wider)


def _doubt(rows: Array, factors: Array) -> Array:
    """(m,) standard errors for all but chance."""
    texture, other = factors
    _, _, unit_texture, unit_other = rows.T
    return np.asarray(np.sqrt(SYSTEMATIC**2 + (texture * unit_texture) ** 2 + (other * unit_other) ** 2 + _LEAST))


def held(profile: NoiseProfile, truth: Noise) -> tuple[float, float, float]:
    """Whether the intervals of λ_shot and λ_read hold the truth, and which part of those of σ(x) that was seen do."""
    if profile.shot_ci is None or profile.read_ci is None or profile.sigma_ci is None or profile.x_range is None:
        return 0.0, 0.0, 0.0
    x = np.array(SIGMA_X)
    low, high = np.array(profile.sigma_ci[0]).T
    inside, sigma = (x >= profile.x_range[0]) & (x <= profile.x_range[1]), np.sqrt(truth.variance(x))
    (shot_low, shot_high), (read_low, read_high) = profile.shot_ci[0], profile.read_ci[0]
    part = float(((low <= sigma) & (sigma <= high))[inside].mean()) if inside.any() else 1.0
    return float(shot_low <= truth.shot <= shot_high), float(read_low <= truth.read <= read_high), part


def _spread(x: Array, variance: Array, weight: Array, at: Array) -> Array:
    """(m,) half of what 68 % of the lines fitted to (R, n) variances differ by."""
    shot, read = fit_line(x, variance, weight).T
    low, high = np.quantile(shot[:, None] * at + read[:, None], [0.16, 0.84], axis=0)
    return np.asarray((high - low) / 2)


def main(folders: Sequence[Path], seed: int) -> Iterator[str]:
    """The lines printed."""
    groups: dict[str, list[Array]] = {}
    shares: dict[str, list[tuple[float, float, float]]] = {}
    for pattern, known in lessons(folders, seed).items():
        for one, measurement in held_out(known):
            rows = evidence(measurement, one.raw.truth)
            if len(rows):
                kind = f"{pattern}, {one.raw.kind or 'procedural scenes'}"
                groups.setdefault(kind, []).append(rows)
                shares.setdefault(kind, []).append(held(profile_of(measurement), one.raw.truth))
    for kind, found in shares.items():
        shot, read, sigma = (f"{100 * share:.0f} %" for share in np.mean(found, axis=0))
        yield f"{kind}, {len(found)}: λ_shot {shot}, λ_read {read}, σ(x) {sigma}"
    texture, other = law(list(groups.values()))
    yield f"TEXTURE = {texture:.2f}, DISAGREEMENT = {other:.2f}"


if __name__ == "__main__":
    given = [int(word) for word in sys.argv[2:]]
    for said in main([Path(sys.argv[1])], *(given or [_SEED])):
        sys.stdout.write(said + "\n")
