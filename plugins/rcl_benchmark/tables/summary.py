"""The samples of figure 2, in numbers and in sentences. Torch-free."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rcl_benchmark.tables.verdict import Outcome, Statement

UNTRAINED, TRAINED, NOISE = "untrained", "trained", "true noise"


@dataclass(frozen=True)
class Sample:
    """What the residuals of one network tell apart, and how they relate to the noise."""

    name: str
    """UNTRAINED, TRAINED or NOISE."""
    differences: NDArray[np.float64]
    """EMD of a negative pair less that of its anchor's positive pair, 8-bit DN."""
    correlation: float
    """Pearson's, of a crop's residual and its true noise; median over the crops."""
    offset_dn: float
    """|mean of a crop's residual|, 8-bit DN; median over the crops."""
    size: float
    """Standard deviation of a crop's residual over that of its noise; median over the crops."""


@dataclass(frozen=True)
class Summary:
    """A sample in numbers, as --json prints it. Distances are in 8-bit DN."""

    table: str
    network: str
    """As in `Row.network`."""
    sample: str
    pairs: int
    mean_dn: float
    std_dn: float
    positive_share: float
    """Of the negative pairs: those further apart than their anchor's positive pair."""
    to_noise_dn: float
    """Earth mover's distance of this density to that of the true noise."""
    correlation: float
    offset_dn: float
    size: float


def summaries(network: str, samples: Sequence[Sample]) -> list[Summary]:
    """Each sample in numbers. All are of the same pairs; one of them is the true noise."""
    noise = np.sort(next(sample.differences for sample in samples if sample.name == NOISE))
    return [
        Summary(
            table="fig2",
            network=network,
            sample=sample.name,
            pairs=sample.differences.size,
            mean_dn=float(sample.differences.mean()),
            std_dn=float(sample.differences.std()),
            positive_share=float((sample.differences > 0).mean()),
            to_noise_dn=float(np.abs(np.sort(sample.differences) - noise).mean()),
            correlation=sample.correlation,
            offset_dn=sample.offset_dn,
            size=sample.size,
        )
        for sample in samples
    ]


def statements(found: Sequence[Summary]) -> list[Statement]:
    """Whether training brings the density to that of the noise, as in the paper, and the residual to the noise."""
    by_name: Mapping[str, Summary] = {summary.sample: summary for summary in found}
    if not {UNTRAINED, TRAINED, NOISE} <= set(by_name):
        return []
    before, after, noise = (by_name[name] for name in (UNTRAINED, TRAINED, NOISE))
    nearer = after.to_noise_dn < before.to_noise_dn
    moved = (
        f"Training brings the density {'closer to' if nearer else 'no closer to'} that of the noise, as the paper has "
        f"it: {before.to_noise_dn:.2f} DN from it before, {after.to_noise_dn:.2f} after."
    )
    apart = (
        f"Of the negative pairs {_percent(after.positive_share)} are further apart than the positive one after "
        f"training, {_percent(before.positive_share)} before; by the true noise {_percent(noise.positive_share)}."
    )
    become = (
        f"Within a crop the residual's correlation with the noise is {after.correlation:.2f} after training, "
        f"{before.correlation:.2f} before: the noise explains {_percent(after.correlation**2)} of its variance. Its "
        f"standard deviation is {after.size:.2f} times the noise's, and its mean is {after.offset_dn:.1f} DN from 0, "
        f"where that of the noise is {noise.offset_dn:.1f} from it."
    )
    return [
        Statement(Outcome.HELD if nearer else Outcome.FAILED, moved),
        Statement(Outcome.FACT, apart),
        Statement(Outcome.FACT, become),
    ]


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"
