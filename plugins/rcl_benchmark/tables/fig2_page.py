"""The page of figure 2. Torch-free."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from rcl_benchmark.tables.block import title_of
from rcl_benchmark.tables.markdown import document, table
from rcl_benchmark.tables.page import About, heading, note
from rcl_benchmark.tables.plots import draw_densities
from rcl_benchmark.tables.summary import Sample, Summary, statements, summaries
from rcl_benchmark.tables.verdict import paragraph
from rcl_cli.files import write_text

FIG2 = "fig2"
_READING = (
    "From each picture two overlapping crops are cut, an anchor and its positive; the positives of the other pictures "
    "are its negatives. For each negative: the earth mover's distance (EMD) between the residuals x − f(x) of anchor "
    "and negative, less that of anchor and positive, in 8-bit DN. Above 0 the residuals tell the two pictures apart. "
    "*True noise*: the noise in place of the residual."
)
_COLUMNS = (
    "*to noise*: EMD between the density and that of the true noise. The others are of a crop's residual, medians over "
    "the crops: *correlation* with its noise, *offset* of its mean from 0, *size*, its standard deviation over that of "
    "the noise. A residual that had become the noise would have a correlation and a size of 1."
)


def write_fig2_page(networks: Mapping[str, Sequence[Sample]], about: About, output: Path) -> tuple[Path, Path]:
    """Write `output`/fig2.md and fig2.png from the samples of each network; their paths.

    The networks are named as in `Row.network`. A hand-written note is added as `page.write_page` does, and the same
    errors are raised.
    """
    page, figure = output / f"{FIG2}.md", output / f"{FIG2}.png"
    draw_densities(networks, figure)
    found = {network: summaries(network, samples) for network, samples in networks.items()}
    parts = [
        *heading(FIG2, about),
        _READING,
        f"![Densities of EMD of negative less positive pairs]({figure.name})",
        *(part for network, block in found.items() for part in _block(network, block)),
        _COLUMNS,
        note(FIG2, output),
    ]
    write_text(page, document(parts), overwrite=True)
    return page, figure


def _block(network: str, found: Sequence[Summary]) -> list[str]:
    head = ("", "pairs", "mean (DN)", "std", "above 0", "to noise (DN)", "correlation", "offset (DN)", "size")
    lines = [
        (
            s.sample,
            str(s.pairs),
            f"{s.mean_dn:.2f}",
            f"{s.std_dn:.2f}",
            f"{100 * s.positive_share:.0f} %",
            f"{s.to_noise_dn:.2f}",
            f"{s.correlation:.2f}",
            f"{s.offset_dn:.2f}",
            f"{s.size:.2f}",
        )
        for s in found
    ]
    return [f"## {title_of(network)}", table(head, lines), paragraph(statements(found))]
