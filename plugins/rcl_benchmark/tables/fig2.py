"""Figure 2 of the paper: whether the residual becomes the noise."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from rcl_benchmark.engine.block import SHORT_TITLES, TITLES
from rcl_benchmark.engine.page import Benchmark, picture, table
from rcl_benchmark.engine.plots import OURS, REFERENCE, panel_grid, save

UNTRAINED, TRAINED, NOISE = "untrained", "trained", "true noise"
_COLORS = {UNTRAINED: "#0000a7", TRAINED: OURS, NOISE: REFERENCE}


@dataclass(frozen=True)
class Sample:
    """What the residuals of a network tell apart, and how they relate to the noise. Distances: 1/255 of the range.

    For each anchor and each crop of another picture: the earth mover's distance (EMD) between their residuals less
    that between the anchor and another crop of its own picture.
    """

    table: str
    network: str
    """As in `Row.network`."""
    sample: str
    """UNTRAINED, TRAINED or NOISE: the noise in place of the residual."""
    pairs: int
    mean_dn: float
    std_dn: float
    positive_share: float
    """Of the pairs: those further apart than the anchor and its own picture's other crop."""
    to_noise_dn: float
    """EMD of the density of these differences to that of the true noise."""
    correlation: float
    """Pearson's, of a crop's residual and its true noise; median over the crops, as the next two."""
    offset_dn: float
    """|mean of the residual|."""
    size: float
    """Standard deviation of the residual over that of its noise."""
    span_dn: tuple[float, float]
    """Ends of the density's bins."""
    density: tuple[float, ...]
    """Of the differences, in bins of equal width."""


class Fig2(Benchmark[Sample]):
    """The densities of a network before and after pretraining, and of the true noise."""

    name = "fig2"
    title = "Figure 2: does the residual become the noise?"
    columns: ClassVar[Mapping[str, Callable[[Sample], str]]] = {
        "network": lambda s: s.network,
        "residual": lambda s: s.sample,
        "mean (1/255)": lambda s: f"{s.mean_dn:.2f}",
        "above 0": lambda s: f"{100 * s.positive_share:.0f} %",
        "to noise (1/255)": lambda s: f"{s.to_noise_dn:.2f}",
        "correlation": lambda s: f"{s.correlation:.2f}",
        "size": lambda s: f"{s.size:.2f}",
    }

    def load(self, values: dict[str, Any]) -> Sample:
        return Sample(**{**values, "span_dn": tuple(values["span_dn"]), "density": tuple(values["density"])})

    def sections(self, results: Sequence[Sample]) -> list[str]:
        head = (
            "",
            "pairs",
            "mean (1/255)",
            "std",
            "above 0",
            "to noise (1/255)",
            "correlation",
            "offset (1/255)",
            "size",
        )
        parts = [picture("Densities of EMD of negative less positive pairs", f"{self.name}.png")] if results else []
        for network, samples in _by_network(results).items():
            lines = [
                (
                    s.sample,
                    str(s.pairs),
                    f"{s.mean_dn:.2f}",
                    f"{s.std_dn:.2f}",
                    f"{100 * s.positive_share:.0f} %",
                    *(f"{value:.2f}" for value in (s.to_noise_dn, s.correlation, s.offset_dn, s.size)),
                )
                for s in samples
            ]
            parts += [f"## {TITLES[network]}", table(head, lines)]
        return parts

    def draw(self, results: Sequence[Sample], folder: Path) -> None:
        networks = _by_network(results)
        if not networks:
            return
        figure, axes = panel_grid(1, len(networks), height=3.8)
        for (network, samples), ax in zip(networks.items(), axes, strict=True):
            for s in samples:
                edges = np.linspace(*s.span_dn, len(s.density) + 1)
                ax.stairs(s.density, edges, fill=True, color=_COLORS[s.sample], alpha=0.25)
                ax.stairs(s.density, edges, color=_COLORS[s.sample], label=s.sample)
            ax.axvline(0, color=REFERENCE, linewidth=0.6)
            ax.set(xlabel="EMD of negative less positive pair (1/255)", yticks=[])
            ax.set_title(SHORT_TITLES[network], fontsize=10)
        axes[0].set_ylabel("density")
        axes[-1].legend(fontsize=7)
        save(figure, folder / f"{self.name}.png")


FIG2 = Fig2()


def _by_network(results: Sequence[Sample]) -> dict[str, list[Sample]]:
    networks = dict.fromkeys(sample.network for sample in results)
    return {network: [sample for sample in results if sample.network == network] for network in networks}
