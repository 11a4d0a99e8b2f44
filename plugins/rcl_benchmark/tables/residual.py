"""What a backbone gives by itself: a picture, and a residual that should be the noise."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

import torch

from rcl_benchmark.tables.densities import agreement
from rcl_benchmark.tables.row import Row, SweepRow
from rcl_cli.data.pairs import Pair
from rcl_cli.domain import Domain
from rcl_cli.evaluate.protocol import measure
from rcl_cli.evaluate.start import Start
from rcl_cli.task import Task
from rcl_cli.train.device import placed


def with_residual(row: Row, start: Start, task: Task, tests: Sequence[Pair], device: torch.device) -> SweepRow:
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
    return SweepRow(**vars(row), output_psnr_db=output, correlation=median(correlations), size=median(sizes))
