"""Half precision: the same picture in less time, and float32 where it is asked for or needed."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

import rcl_cli as rcl
from rcl_calibration.profile import NoiseProfile
from rcl_cli.domain import Domain
from rcl_cli.errors import RclError
from rcl_cli.inference.engine import Ready
from rcl_cli.inference.restore import Restoration
from rcl_cli.inference.torch_engine import TorchEngine, prepare
from rcl_cli.models.task_model import build_model
from rcl_cli.raw.cfa import CFA, mosaic
from rcl_cli.raw.pack import Float, Placement, pack
from rcl_cli.samples.scenes import scene
from rcl_cli.task import get_task
from rcl_cli.train.device import half_precision
from rcl_tasks.restorer import Restorer

ROOT = Path(__file__).parents[2]
CPU = torch.device("cpu")
NOISE = NoiseProfile.uniform(1e-3, 1e-6)
RAWS = {Domain.BAYER: CFA.bayer("RGGB"), Domain.XTRANS: CFA.xtrans()}


def noisy(domain: Domain, multiple: int) -> tuple[Float, Placement]:
    rng = np.random.default_rng(2)
    clean = mosaic(scene(150, 162, rng), RAWS[domain])
    sigma = np.sqrt(NOISE.shot[0] * clean + NOISE.read[0])
    return pack((clean + sigma * rng.standard_normal(clean.shape)).astype(np.float32), RAWS[domain], multiple)


def in_half(ready: Ready, half: torch.dtype | None) -> Ready:
    assert isinstance(ready.engine, TorchEngine)
    return replace(ready, engine=replace(ready.engine, half=half))


@pytest.mark.parametrize("domain", RAWS, ids=lambda domain: domain.value)
@pytest.mark.parametrize("task", ["denoise", "demosaic"])
def test_shipped_heads_give_the_same_picture_in_bfloat16(task: str, domain: Domain) -> None:
    # Any processor can compute in it, only slowly.
    ready = rcl.load(task, domain, device="cpu").ready
    x, placement = noisy(domain, ready.tiling.multiple)
    results = [
        Restoration(get_task(task), domain).run(x, placement, in_half(ready, half), NOISE).pixels
        for half in (None, torch.bfloat16)
    ]
    difference = results[1] - results[0]
    assert 0 < np.sqrt(np.square(difference).mean()) < 5e-4
    assert np.abs(difference).max() < 5e-3
    assert abs(difference.mean()) < 1e-5


def test_features_that_float16_cannot_hold_are_computed_in_float32() -> None:
    task = get_task("denoise")
    torch.manual_seed(0)
    network = Restorer(Domain.BAYER, {"width": 4, "blocks": 1, "depth": 0})
    model = build_model(task, Domain.BAYER, network)
    with torch.no_grad():
        network.stem.weight.mul_(1e7)
        for parameter in model.head.parameters():
            parameter.mul_(1e-8)
    exact = prepare(model, task, Domain.BAYER, CPU, exact=True)
    x, placement = noisy(Domain.BAYER, exact.tiling.multiple)
    found, wanted = (
        Restoration(task, Domain.BAYER).run(x, placement, ready, NOISE).pixels
        for ready in (in_half(exact, torch.float16), exact)
    )
    np.testing.assert_array_equal(found, wanted)


def test_half_precision_is_what_the_device_has_unless_float32_is_asked_for() -> None:
    engines = [rcl.load("denoise", "bayer", device="cpu", precision=name).ready.engine for name in ("auto", "float32")]
    assert all(isinstance(engine, TorchEngine) for engine in engines)
    assert [engine.half for engine in engines if isinstance(engine, TorchEngine)] == [half_precision(CPU), None]
    with pytest.raises(RclError, match="there is no precision 'float8'"):
        rcl.load("denoise", "bayer", precision="float8")
    with pytest.raises(RclError, match="there is no precision 'double'"):
        rcl.apply("denoise", [__file__], precision="double")


_CAPPED = """
import numpy as np, torch, rcl_cli as rcl
from tests.inference.test_precision import CPU, NOISE, Domain, Restoration, get_task, half_precision, in_half, noisy
ready = rcl.load("denoise", "bayer", device="cpu").ready
assert half_precision(CPU) is ready.engine.half is None
x, placement = noisy(Domain.BAYER, ready.tiling.multiple)
run = lambda half: Restoration(get_task("denoise"), Domain.BAYER).run(x, placement, in_half(ready, half), NOISE).pixels
print(float(np.abs(run(torch.bfloat16) - run(None)).max()))
"""


@pytest.mark.slow
def test_a_processor_without_bfloat16_does_without() -> None:
    """As older ones are, and newer ones where oneDNN is told so."""
    capped = {**os.environ, "ONEDNN_MAX_CPU_ISA": "AVX2", "ATEN_CPU_CAPABILITY": "avx2"}
    done = subprocess.run([sys.executable, "-c", _CAPPED], env=capped, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) < 5e-3


def test_automatic_strengths_compare_results_in_float32() -> None:
    ready = rcl.load("denoise", "bayer", device="cpu").ready
    x, placement = noisy(Domain.BAYER, ready.tiling.multiple)
    restoration = Restoration(get_task("denoise"), Domain.BAYER, None)
    results = [restoration.run(x, placement, in_half(ready, half), NOISE) for half in (None, torch.bfloat16)]
    assert results[0].strength == results[1].strength
    np.testing.assert_array_equal(results[0].pixels, results[1].pixels)
