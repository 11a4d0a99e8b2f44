"""The protocol on tiny problems whose outcome is known."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
import torch
from torch import Tensor

from rcl_cli.data.pairs import Degradation, Pair
from rcl_cli.domain import Domain
from rcl_cli.errors import RclError
from rcl_cli.evaluate.labels import PictureFiles, drawn_labels, fixed_pairs
from rcl_cli.evaluate.protocol import Outcome, measure, run_protocol, trial_seed
from rcl_cli.evaluate.settings import FINETUNE, PROXY, Protocol
from rcl_cli.evaluate.start import Interpolation, Start
from rcl_cli.models.backbone import Backbone
from rcl_cli.noise import SigmaNoise
from rcl_tasks.denoise import Denoise
from rcl_tasks.sr import SuperResolution
from rcl_tasks.unet import UNet

CPU = torch.device("cpu")
TINY = Protocol(labels=2, trials=3, steps=4, batch=2, crop=12, pool=4)
SMALL = {"width": 4, "depth": 1}


@pytest.fixture
def pictures(tmp_path: Path) -> PictureFiles:
    rng = np.random.default_rng(0)
    for i in range(6):
        tifffile.imwrite(tmp_path / f"{i}.tif", rng.random((24, 28, 3), np.float32), photometric="rgb")
    return PictureFiles(sorted(tmp_path.glob("*.tif")), 12)


def fresh(skip: bool = False) -> Backbone:
    return Backbone(UNet(Domain.RGB, SMALL), skip=skip)


def pretrained(skip: bool = False) -> Start:
    torch.manual_seed(5)
    backbone = fresh(skip)
    return Start(lambda: backbone, backbone)


def degradation(sigma: float = 10.0) -> Degradation:
    return Degradation(Denoise(), Domain.RGB, SigmaNoise(sigma, sigma))


def run(protocol: Protocol, start: Start, pictures: PictureFiles) -> Outcome:
    tests = fixed_pairs(pictures, degradation(), 24, start.multiple, protocol.seed)
    return run_protocol(protocol, start, degradation(), pictures, tests, CPU)


def same(a: torch.nn.Module, b: torch.nn.Module) -> bool:
    return all(torch.equal(x, y) for x, y in zip(a.state_dict().values(), b.state_dict().values(), strict=True))


def test_trials_differ_and_repeat(pictures: PictureFiles) -> None:
    first, again = (run(TINY, pretrained(), pictures) for _ in range(2))
    figures = [trial["psnr_db"] for trial in first.trials]
    assert len(set(figures)) == 3
    assert first.trials == again.trials
    assert len({trial_seed(seed, trial) for seed in range(5) for trial in range(5)}) == 25
    other = run(replace(TINY, seed=1), pretrained(), pictures)
    assert not set(figures) & {trial["psnr_db"] for trial in other.trials}


def test_the_spread_is_that_of_the_trials(pictures: PictureFiles) -> None:
    outcome = run(TINY, pretrained(), pictures)
    values = np.array([trial["ssim"] for trial in outcome.trials])
    assert outcome.mean("ssim") == pytest.approx(values.mean())
    assert outcome.std("ssim") == pytest.approx(np.std(values, ddof=1))
    assert run(replace(TINY, trials=1), pretrained(), pictures).std("ssim") == 0


def test_more_labels_contain_fewer_and_other_trials_have_others(pictures: PictureFiles) -> None:
    two, four = (drawn_labels(pictures, count, 7) for count in (2, 4))
    assert [torch.equal(a, b) for a, b in zip(two, four[:2], strict=True)] == [True, True]
    assert len(drawn_labels(pictures, None, 7)) == 6
    chosen = {tuple(float(p.mean()) for p in drawn_labels(pictures, 2, seed)) for seed in range(8)}
    assert len(chosen) > 1
    with pytest.raises(RclError, match="--labels 9 is too many: there are 6"):
        drawn_labels(pictures, 9, 7)


def test_test_pairs_stay_the_same_and_are_noisy_by_the_range(pictures: PictureFiles) -> None:
    first, again = (fixed_pairs(pictures, degradation(), 24, 2, 3) for _ in range(2))
    assert all(torch.equal(a.x, b.x) for a, b in zip(first, again, strict=True))
    error = torch.cat([(pair.x - pair.target).flatten() for pair in first])
    # σ at white is 10; where shot noise has its share it is less on darker values, at least √½ of it on average.
    assert 0.6 * 10 / 255 < float(error.std()) < 1.02 * 10 / 255


def test_without_labels_the_backbone_speaks_for_itself(pictures: PictureFiles) -> None:
    start = pretrained()
    outcome = run(replace(TINY, labels=0), start, pictures)
    tests = fixed_pairs(pictures, degradation(), 24, 2, 0)
    assert start.backbone is not None
    with torch.no_grad():
        results = [start.backbone(pair.x[None])[0].clamp(0, 1) for pair in tests]
    errors = [float(((y - pair.target).double() ** 2).mean()) for y, pair in zip(results, tests, strict=True)]
    assert outcome.trials[0]["psnr_db"] == pytest.approx(np.mean([-10 * np.log10(e) for e in errors]), abs=1e-4)
    assert len(outcome.trials) == 1
    for bad, task in ((Start(fresh), Denoise()), (start, SuperResolution())):
        with pytest.raises(RclError, match="--labels 0"):
            bad.unchanged(task, Domain.RGB)


@pytest.mark.parametrize("mode", [PROXY, FINETUNE])
@pytest.mark.parametrize("residual", [True, False])
def test_super_resolution_gets_a_layer_of_its_own(pictures: PictureFiles, mode: str, residual: bool) -> None:
    start = pretrained(skip=residual)
    double = Degradation(SuperResolution(), Domain.RGB, SigmaNoise(0, 0))
    large = PictureFiles(pictures.paths, 24)
    tests = fixed_pairs(large, double, 24, 2, 0)
    outcome = run_protocol(replace(TINY, mode=mode, crop=8, trials=1), start, double, large, tests, CPU)
    bicubic = measure(SuperResolution(), Interpolation(SuperResolution(), Domain.RGB), tests, CPU)
    # A head with a skip starts at the enlarged picture; a plain layer starts from nothing.
    assert (outcome.mean("psnr_db") > bicubic["psnr_db"] - 3) is residual


def test_predictions_are_clipped_before_they_are_measured() -> None:
    class TooBright(torch.nn.Module):
        def forward(self, x: Tensor, sigma: Tensor | None = None) -> Tensor:
            return torch.full_like(x, 1.5)

    x = torch.full((3, 16, 16), 0.9)
    figures = measure(Denoise(), TooBright(), [Pair(x, x, x)], CPU)
    assert figures["psnr_db"] == pytest.approx(20.0, abs=1e-3)  # an error of 0.1, not of 0.6


@pytest.mark.parametrize("changes", [{"mode": "other"}, {"trials": 0}, {"lr": 0.0}])
def test_impossible_protocols_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(RclError, match="--"):
        replace(TINY, **changes)
