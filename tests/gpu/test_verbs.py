"""`rcl pretrain`, `finetune` and `apply` on a device, on the raws of `rcl samples` and a picture."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

import rcl_cli as rcl
from rcl_cli.cli.main import cli
from rcl_cli.samples.scenes import scene

pytestmark = pytest.mark.gpu

Record = Callable[[str, object], None]
NEAR = 1e-3
SCALE = {"denoise": 1, "demosaic": 1, "sr": 2, "jdensr": 2}


def run(*words: object) -> None:
    result = CliRunner().invoke(cli, list(map(str, words)))
    assert result.exit_code == 0, result.stderr[-800:]


@pytest.fixture
def inputs(tmp_path: Path) -> dict[str, Path]:
    """A folder of each domain, with four files."""
    folders = {domain: tmp_path / domain for domain in ("bayer", "xtrans", "rgb")}
    for domain, cfa in (("bayer", "grbg"), ("xtrans", "xtrans")):
        run("samples", folders[domain], "--cfa", cfa, "--size", "130x182", "--count", 4)
    folders["rgb"].mkdir()
    for number in range(4):
        rng = np.random.default_rng(number)
        seen = scene(130, 182, rng) ** (1 / 2.2) * 255 + rng.normal(0, 6, (130, 182, 3))
        cv2.imwrite(str(folders["rgb"] / f"{number}.png"), seen.clip(0, 255).astype(np.uint8))
    return folders


def compare(task: str, file: Path, device: str, folder: Path, *more: object) -> float:
    """Apply a task on the device and on the CPU, there in small tiles; how far the sane results differ."""
    places = {"there": ("--device", device), "here": ("--device", "cpu", "--tile", 32)}
    for name, where in places.items():
        run("apply", "--task", task, file, "-o", folder / name, "--format", "npy", *where, *more)
    there, here = (np.load(folder / name / f"{file.stem}.npy") for name in places)
    frame = rcl.read(file)
    assert there.shape[:2] == tuple(SCALE[task] * side for side in frame.size)
    assert np.isfinite(there).all()
    assert there.mean() == pytest.approx(frame.normalized().mean(), rel=0.2)
    assert there.std() > 0.01
    return float(np.abs(there - here).max())


@pytest.mark.slow
@pytest.mark.parametrize("task", SCALE)
def test_apply_gives_what_the_cpu_gives(
    task: str, device: str, inputs: dict[str, Path], tmp_path: Path, record_property: Record
) -> None:
    domains = [domain for domain in inputs if (task, domain) != ("demosaic", "rgb")]
    found = {
        domain: compare(task, min(inputs[domain].glob("*.[dp]ng")), device, tmp_path / f"{domain}-{task}")
        for domain in domains
    }
    words = ", ".join(f"{domain} {difference:.1e}" for domain, difference in found.items())
    record_property(f"`rcl apply --task {task}`, largest difference from the CPU", words)
    assert max(found.values()) < NEAR


@pytest.mark.slow
def test_a_head_pretrained_and_finetuned_on_the_device(
    device: str, inputs: dict[str, Path], pictures: Path, tmp_path: Path, record_property: Record
) -> None:
    began = time.perf_counter()
    on = ["--device", device]
    run("pretrain", inputs["bayer"], "-o", tmp_path / "run", "--preset", "smoke", "--steps", 20, *on)
    pretrained = time.perf_counter()
    learn = ["--task", "denoise", "--clean", pictures, "--backbone", tmp_path / "run", "-o", tmp_path / "head"]
    run("finetune", *learn, "--crop", 48, "--sigma-range", 30, 60, "--steps", 60, *on)
    finetuned = time.perf_counter()
    head = tmp_path / "head" / "head.safetensors"
    difference = compare("denoise", min(inputs["bayer"].glob("*.dng")), device, tmp_path, "--model", head)
    record_property("`rcl pretrain --preset smoke --steps 20`", f"{pretrained - began:.1f} s")
    record_property("`rcl finetune --steps 60`", f"{finetuned - pretrained:.1f} s")
    record_property("`rcl apply` with that head, largest difference from the CPU", f"{difference:.1e}")
    assert difference < NEAR
