from __future__ import annotations

from statistics import median

import numpy as np
import pytest
import torch
from scipy.stats import pearsonr

from rcl_benchmark.tables.residual import with_residual
from rcl_cli.data.pairs import Pair
from rcl_cli.domain import Domain
from rcl_cli.evaluate.start import Start
from rcl_cli.models.backbone import Backbone
from rcl_cli.task import get_task
from rcl_tasks.unet import UNet


def pairs(levels, channels):
    rng = torch.Generator().manual_seed(0)
    for level in levels:
        clean = torch.full((channels, 16, 16), 0.5)
        yield Pair(clean + level * torch.randn(clean.shape, generator=rng), torch.full_like(clean, level), clean)


@pytest.mark.parametrize(("data", "channels"), [("rgb", 3), ("bayer", 4)])
def test_residual_is_compared_with_the_noise_of_each_picture(make_row, data, channels) -> None:
    torch.manual_seed(0)
    backbone = Backbone(UNet(Domain(data), {"width": 4, "depth": 1})).eval()
    tests = list(pairs((0.01, 0.02, 0.1), channels))
    start = Start(lambda: backbone, backbone)
    row = with_residual(make_row("defaults", 30.0, data=data), start, get_task("denoise"), tests, torch.device("cpu"))
    with torch.no_grad():
        found = [backbone(p.x[None])[0] for p in tests]
    residuals = [(p.x - f).numpy().ravel() for p, f in zip(tests, found, strict=True)]
    noises = [(p.x - p.target).numpy().ravel() for p in tests]
    both = list(zip(residuals, noises, strict=True))
    assert row.correlation == pytest.approx(median(pearsonr(r, n).statistic for r, n in both), abs=1e-4)
    assert row.size == pytest.approx(median(r.std() / n.std() for r, n in both), rel=1e-3)
    errors = [np.mean((f.clamp(0, 1) - p.target).numpy() ** 2) for p, f in zip(tests, found, strict=True)]
    assert row.output_psnr_db == pytest.approx(-10 * np.log10(errors).mean(), abs=1e-3)
    assert (row.method, row.psnr_db, row.data) == ("defaults", 30.0, data)
