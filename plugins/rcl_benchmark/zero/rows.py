"""The rows of the comparison: which there are, and one made of what its trainings reached. Torch-free."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, stdev

from rcl_benchmark.tables.row import Row
from rcl_benchmark.zero.methods import Method

TABLE, ROWS = "zero", "zero-rows.jsonl"


@dataclass(frozen=True)
class Cell:
    """One row to be measured."""

    data: str
    """As in `Row`."""
    method: str


def make_row(
    method: Method, data: str, labels: int | None, figures: Sequence[tuple[float, float]], seconds: float
) -> Row:
    """`figures`: PSNR in dB and SSIM of each trial; `seconds`: of all of them."""
    psnr, ssim = zip(*figures, strict=True)
    several = len(figures) > 1
    return Row(
        TABLE,
        method.name,
        "denoise",
        "skip" if method.pretext else "",
        data,
        labels,
        fmean(psnr),
        stdev(psnr) if several else 0.0,
        fmean(ssim),
        stdev(ssim) if several else 0.0,
        len(figures),
        round(seconds, 1),
    )
