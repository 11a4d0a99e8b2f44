"""A network gives the same on every device, in tiles, in half precision, and where memory runs out."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

import rcl_cli as rcl
from rcl_cli.finetuning.begin import finetune
from rcl_cli.inference import tiling
from rcl_cli.models.backbone import Backbone
from rcl_cli.samples.scenes import scene
from rcl_tasks.unet import UNet

pytestmark = pytest.mark.gpu

NOISE = rcl.NoiseProfile.uniform(0.01, 1e-4)
WHOLE = 100_000
load = partial(rcl.load, precision="float32")


def frame(domain: str, height: int = 180, width: int = 240) -> rcl.Frame:
    rng = np.random.default_rng(5)
    rgb = scene(height, width, rng)
    if domain == "rgb":
        return rcl.RgbFrame((rgb + rng.normal(0, 0.03, rgb.shape)).astype(np.float32), transfer="linear")
    cfa = rcl.Raw(np.zeros((6, 6), np.uint16), "RGGB" if domain == "bayer" else "xtrans", white=1).cfa
    mosaic = np.take_along_axis(rgb, cfa.colors(height, width)[..., None], 2)[..., 0]
    noisy = mosaic + rng.normal(0, 1, mosaic.shape) * np.sqrt(0.01 * mosaic + 1e-4)
    return rcl.Raw(np.rint(512 + noisy.clip(-0.1, 1) * 3583).astype(np.uint16), cfa, black=512, white=4095)


@pytest.mark.slow
@pytest.mark.parametrize("domain", ["bayer", "xtrans", "rgb"])
@pytest.mark.parametrize("task", ["denoise", "sr"])
def test_tiled_is_whole_and_the_device_is_the_cpu(task: str, domain: str, device: str) -> None:
    seen = frame(domain)
    tiled, whole = (load(task, domain, device=device, tile=tile)(seen, NOISE).pixels for tile in (32, WHOLE))
    np.testing.assert_allclose(tiled, whole, rtol=0, atol=1e-4)
    # Another size of tiles, so that the CPU is not compared with itself.
    cpu = load(task, domain, device="cpu", tile=48)(seen, NOISE).pixels
    np.testing.assert_allclose(whole, cpu, rtol=0, atol=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("domain", ["bayer", "xtrans", "rgb"])
@pytest.mark.parametrize("task", ["denoise", "sr"])
def test_results_in_half_precision_are_those_in_float32(task: str, domain: str, device: str) -> None:
    seen = frame(domain)
    half, full = (
        rcl.load(task, domain, device=device, precision=name)(seen, NOISE).pixels for name in ("auto", "float32")
    )
    assert np.abs(half - full).max() < (1e-3 if device == "cuda" else 1e-2)  # float16, and bfloat16 or float32


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "bits"), [(torch.bfloat16, 8), (torch.float16, 11)])
@pytest.mark.usefixtures("exact")
def test_half_precision_is_near_float32(
    kind: torch.dtype, bits: int, device: str, relative: Callable[[Tensor, Tensor], float]
) -> None:
    """Twelve layers, each rounding to 2⁻ᵇⁱᵗˢ: what the network adds to its input is right to 8 such steps."""
    torch.manual_seed(0)
    backbone = Backbone(UNet(rcl.Domain.RGB, {"width": 32, "depth": 2})).to(device)
    x = torch.rand(2, 3, 64, 64, generator=torch.Generator().manual_seed(1)).to(device)
    with torch.no_grad():
        full = backbone(x)
        with torch.autocast(device, dtype=kind):
            mixed = backbone(x)
    assert mixed.dtype == torch.float32
    assert mixed.isfinite().all()
    error = relative(mixed - x, full - x)
    assert 2.0**-bits / 64 < error < 8 * 2.0**-bits


def test_a_head_trained_on_the_device_does_the_same_on_the_cpu(device: str, pictures: Path, tmp_path: Path) -> None:
    trained = finetune(
        "demosaic", clean=pictures, output=tmp_path / "run", device=device, steps=40, batch=2, crop=48, backbone="none"
    )
    assert trained.model is not None
    seen = frame("bayer")
    there, here = (load(trained.model, device=d, tile=t)(seen, NOISE).pixels for d, t in ((device, 32), ("cpu", 48)))
    np.testing.assert_allclose(there, here, rtol=0, atol=1e-4)


def test_tiles_shrink_where_the_memory_of_the_device_runs_out(device: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if device != "cuda":
        pytest.skip("only CUDA's memory can be limited; tests/inference/test_tiling.py has made-up shortages")
    failures: list[str] = []

    def heard(error: BaseException) -> bool:
        failures.append(str(error))
        return told(error)

    told = tiling.is_out_of_memory
    monkeypatch.setattr(tiling, "is_out_of_memory", heard)
    seen = frame("rgb", 1024, 1024)
    model = load("denoise", "rgb", device=device, tile=WHOLE)
    torch.cuda.empty_cache()
    limit = torch.cuda.memory_reserved() + 300 * 2**20
    torch.cuda.set_per_process_memory_fraction(limit / torch.cuda.mem_get_info()[1])
    try:
        small = model(seen, NOISE).pixels
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)
    assert failures
    cpu = load("denoise", "rgb", device="cpu", tile=256)(seen, NOISE).pixels
    np.testing.assert_allclose(small, cpu, rtol=0, atol=1e-4)
