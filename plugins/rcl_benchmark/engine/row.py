"""What one method reached: the result of most benchmarks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, stdev


@dataclass(frozen=True)
class Row:
    """One line of a table: one method, over several trials."""

    table: str
    """"table1", "table2", "table3", "sweeps", "zero", …: the page that it belongs to."""
    method: str
    task: str
    """"denoise", "sr" or "jdensr"."""
    network: str
    """"plain" (the paper's U-Net), "skip" (its result is added to its input), or "" for what is no network."""
    data: str
    """What it was measured on: "rgb", "bayer", or the name of a set of real pairs."""
    labels: int | None
    """Clean pictures learnt from; 0: none, None: does not apply."""
    psnr_db: float
    """Mean over the trials of the mean over the test pictures; peak 1."""
    psnr_std: float
    """Sample standard deviation (n − 1) over the trials; 0 for a single one."""
    ssim: float
    ssim_std: float
    trials: int
    seconds: float
    """Wall time of all trials, pretraining left out."""
    output_psnr_db: float | None = None
    """Of sweeps: PSNR of f(x), what the pretrained network f gives without labels; mean over the test pictures."""
    correlation: float | None = None
    """Of sweeps: Pearson's, of a picture's residual x − f(x) and its true noise; median over the test pictures."""
    size: float | None = None
    """Of sweeps: standard deviation of the residual over that of the noise; median over the test pictures."""

    @classmethod
    def of_trials(
        cls,
        table: str,
        method: str,
        task: str,
        network: str,
        data: str,
        labels: int | None,
        figures: Sequence[tuple[float, float]],
        seconds: float,
    ) -> Row:
        """`figures`: PSNR in dB and SSIM of each trial; `seconds`: of all of them."""
        (psnr_db, psnr_std), (ssim, ssim_std) = (_mean_and_std(values) for values in zip(*figures, strict=True))
        measured = psnr_db, psnr_std, ssim, ssim_std, len(figures), round(seconds, 1)
        return cls(table, method, task, network, data, labels, *measured)


def _mean_and_std(values: Sequence[float]) -> tuple[float, float]:
    return fmean(values), stdev(values) if len(values) > 1 else 0.0
