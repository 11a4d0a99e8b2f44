"""What is aimed at on photographs, and whether a run reached it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rcl_benchmark.calibration.contract import PEER_FACTOR, Promise
from rcl_benchmark.calibration.names import BLIND, SHEET, SINGLE, XTRANS, is_ours
from rcl_benchmark.calibration.photograph_score import ALL, PhotographLine

ERRORS = (0.007, 0.018)
SHOT_BIAS = 0.005
COVERAGE, HALF_COVERAGE = (0.85, 0.95), (0.83, 0.97)
XTRANS_FACTOR = 1.5


def judge_photographs(lines: Sequence[PhotographLine]) -> list[Promise]:
    """Every line of the targets that the run has numbers for; of the sensor regime."""
    sensor = [line for line in lines if line.regime == "sensor"]
    blind = {(line.kind, line.half): line for line in sensor if line.method == BLIND}
    promises = []
    if single := blind.get((SINGLE, ALL)):
        errors = single.sigma_rms_median, single.sigma_rms_p90
        promises += [
            Promise(f"{SINGLE}: median · p90 of σ(x)", errors, ERRORS),
            Promise(f"{SINGLE}: median signed error of λ_shot", (single.shot_median,), (SHOT_BIAS,), (-SHOT_BIAS,)),
        ]
        peers = [line for line in sensor if line.kind == SINGLE and not is_ours(line.method)]
        if peers:
            best = min(p.sigma_rms_median for p in peers), min(p.sigma_rms_p90 for p in peers)
            ratios = tuple(error / least for error, least in zip(errors, best, strict=True))
            promises.append(
                Promise(f"{SINGLE}: over the best peer, median · p90", ratios, (1 / PEER_FACTOR,) * 2, unit="")
            )
        if xtrans := blind.get((XTRANS, ALL)):
            ratios = xtrans.sigma_rms_median / errors[0], xtrans.sigma_rms_p90 / errors[1]
            promises.append(Promise("X-Trans over Bayer: median · p90", ratios, (XTRANS_FACTOR,) * 2, unit=""))
    for (kind, half), line in blind.items():
        if kind in (SINGLE, SHEET):
            promises += _coverage(line, COVERAGE if half == ALL else HALF_COVERAGE)
    return promises


def _coverage(line: PhotographLine, bounds: tuple[float, float]) -> Iterator[Promise]:
    low, high = bounds
    found = (line.shot_coverage, line.read_coverage, line.sigma_coverage)
    known = tuple(share for share in found if share is not None)
    if len(known) == len(found):
        words = f"{line.kind}, {line.half}: the interval holds λ_shot · λ_read · σ(x)"
        yield Promise(words, known, (high,) * len(known), (low,) * len(known))
