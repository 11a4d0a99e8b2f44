"""The page of a sweep: what each setting changes, on RGB and on raws. Torch-free."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from rcl_benchmark.tables.block import Block
from rcl_benchmark.tables.difference import difference
from rcl_benchmark.tables.markdown import document
from rcl_benchmark.tables.markdown import table as markdown_table
from rcl_benchmark.tables.methods import INPUT
from rcl_benchmark.tables.page import About, heading, note
from rcl_benchmark.tables.row import Row, SweepRow
from rcl_benchmark.tables.sections import NONE, psnr, ssim
from rcl_benchmark.tables.sweep import DEFAULTS
from rcl_benchmark.tables.sweep_plot import draw_sweep
from rcl_benchmark.tables.words import SPREAD
from rcl_cli.files import write_text

TITLE = "Sweeps: what makes residual contrastive learning work"
READING = """\
Each row is `rcl pretrain --pretext rcl` with one setting changed and all others at their defaults, pretrained once;
*defaults* has none changed: noise levels are known, so Recorrupted-to-Recorrupted stands beside the contrast. f is not
told them. τ is in 8-bit DN of the residual. *recorrupted 0* has what pictures of unknown noise get, the encoder's
consistency and that of neighbours; without neighbours the encoder's alone. *encoder* and *layers* add the encoder's to
the defaults. *alpha 0* has no contrast; *skip no* is the U-Net of the paper, whose result replaces its input.

*PSNR* is of the table's protocol, after learning from few labels. The columns right of it are of what the pretrained
network f gives by itself: *PSNR of f(x)*; the *correlation* of the residual x − f(x) with the true noise, and the
*size* of the residual, its standard deviation over that of the noise, both medians over the test pictures. A residual
that had become the noise would have a correlation and a size of 1.

Raws are made of the same pictures: linear light under a random exposure (a quarter to all), with a sensor's weaker red
and blue, as a Bayer mosaic, with noise as of real sensors from base ISO to the highest. Sizes are in elements; one of a
raw is 2 × 2 pixels. Figures of RGB and of raws do not compare: light and noise are others.
"""


def write_sweep_page(table: str, rows: Sequence[Row], about: About, output: Path) -> Path:
    """Write `output`/`table`.md and its plot, in place of earlier ones; the path of the page.

    A hand-written note is added as `page.write_page` does, and the same errors are raised.
    """
    named = replace(about, title=TITLE, reading=READING)
    found = _by_data(rows)
    figure = output / f"{table}.png"
    draw_sweep(found, figure)
    parts = [
        *heading(table, named),
        READING,
        *(part for block in found for part in _section(block)),
        f"![{TITLE}]({figure.name})" if any(block.find(DEFAULTS, "denoise") for block in found) else "",
        SPREAD if any(row.trials > 1 for row in rows) else "",
        note(table, output),
    ]
    path = output / f"{table}.md"
    write_text(path, document(parts), overwrite=True)
    return path


def _by_data(rows: Sequence[Row]) -> list[Block]:
    """One block for each kind of data, whatever the network."""
    kinds = dict.fromkeys(row.data for row in rows)
    return [Block(kind, "", tuple(row for row in rows if row.data == kind), len(kinds) == 1) for kind in kinds]


def _section(block: Block) -> Iterable[str]:
    noisy, defaults = (block.find(name, "denoise") for name in (INPUT, DEFAULTS))
    swept = [row for row in block.rows if isinstance(row, SweepRow)]
    yield f"## {block.title}"
    yield f"Noisy input: {psnr(noisy)} dB / {ssim(noisy)}." if noisy else ""
    head = ("", "PSNR (dB)", "less defaults (dB)", "PSNR of f(x) (dB)", "correlation", "size")
    yield markdown_table(head, [_line(row, defaults) for row in swept])
    yield _effects(swept, defaults) if defaults else ""


def _line(row: SweepRow, defaults: Row | None) -> Sequence[str]:
    changed = NONE if defaults is None or row is defaults else difference(row, defaults).text
    correlation = f"{row.correlation:.2f}".replace("-", "−")
    return row.method, psnr(row), changed, f"{row.output_psnr_db:.2f}", correlation, f"{row.size:.2f}"


def _effects(rows: Sequence[SweepRow], defaults: Row) -> str:
    """Which settings matter, in a sentence each."""
    changes = [(row.method, difference(row, defaults)) for row in rows if row is not defaults]
    sentences = []
    for words, kept in (("Better than the defaults", 1), ("Worse", -1)):
        named = [f"{name} ({d.text} dB)" for name, d in changes if d.db * kept > 0 and not d.within_spread]
        sentences.append(f"{words}: {'; '.join(named) if named else 'none'}.")
    within = [name for name, d in changes if d.within_spread]
    sentences.append(f"Within the spread: {'; '.join(within)}." if within else "")
    return " ".join(sentence for sentence in sentences if sentence)
