"""One line of a table. Torch-free."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """What one method reached, over several trials."""

    table: str
    """"table1", "table2", "table3", "zero", …: the command that measured it."""
    method: str
    """As in `methods.METHODS`, or the name of a peer: "rcl-emd", "vader+", "oracle", "bm3d", "input"."""
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
    """Standard deviation over the trials; 0 for a single one."""
    ssim: float
    ssim_std: float
    trials: int
    seconds: float
    """Wall time of all trials, pretraining left out."""


@dataclass(frozen=True)
class SweepRow(Row):
    """With what the pretrained network f gives by itself, without labels."""

    output_psnr_db: float
    """Of f(x); mean over the test pictures, peak 1."""
    correlation: float
    """Pearson's, of a picture's residual x − f(x) and its true noise; median over the test pictures."""
    size: float
    """Standard deviation of a picture's residual over that of its noise; median over the test pictures."""
