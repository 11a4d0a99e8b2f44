"""What a backbone gives by itself: a picture, and a residual that should be the noise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from statistics import median

import torch
from torch import Tensor

from rcl_benchmark.engine.row import Row
from rcl_cli.data.pairs import Pair
from rcl_cli.domain import Domain
from rcl_cli.evaluate.protocol import measure
from rcl_cli.evaluate.start import Start
from rcl_cli.task import Task
from rcl_cli.train.device import placed


def with_residual(row: Row, start: Start, task: Task, tests: Sequence[Pair], device: torch.device) -> Row:
    """The row of a pretrained backbone, with what it gives by itself on the pairs of the task `denoise`."""
    model = start.unchanged(task, Domain(row.data))
    output = measure(task, model, tests, device)["psnr_db"]
    found = []
    with torch.no_grad():
        for pair in tests:
            residual = pair.x - model(placed(pair.x[None], device))[0].float().cpu()
            correlation, size = agreement(residual.reshape(1, -1), (pair.x - pair.target).reshape(1, -1))
            found.append((correlation.item(), size.item()))
    correlations, sizes = zip(*found, strict=True)
    return replace(row, output_psnr_db=output, correlation=median(correlations), size=median(sizes))


def agreement(residual: Tensor, noise: Tensor) -> tuple[Tensor, Tensor]:
    """Pearson's correlation of each row of (n, elements) with that of the noise, and its standard deviation over it.

    The correlation is 0 where one of the two does not vary.
    """
    residual, noise = residual.double(), noise.double()
    a, b = (part - part.mean(1, keepdim=True) for part in (residual, noise))
    covariance, scale = (a * b).sum(1), a.square().sum(1).sqrt() * b.square().sum(1).sqrt()
    correlation = torch.where(scale > 0, covariance / scale, torch.zeros_like(scale))
    return correlation, residual.std(1, correction=0) / noise.std(1, correction=0)
