"""Made-up raws and pictures, small heads, and `rcl apply` run in the process."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from click.testing import CliRunner
from numpy.typing import NDArray

from rcl_cli.cli.main import cli
from rcl_cli.domain import Domain
from rcl_cli.models.header import Header
from rcl_cli.models.task_model import build_model, save_head
from rcl_cli.raw.cfa import CFA
from rcl_cli.raw.dng.write import write_dng
from rcl_cli.raw.frame import Metadata, RawFrame
from rcl_cli.task import get_task
from rcl_tasks.unet import UNet


@dataclass(frozen=True)
class Run:
    exit_code: int
    stdout: str
    stderr: str

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Of --json."""
        return [json.loads(line) for line in self.stdout.splitlines()]


@pytest.fixture
def apply() -> Callable[..., Run]:
    def run(*arguments: object) -> Run:
        result = CliRunner().invoke(cli, ["apply", *map(str, arguments)])
        return Run(result.exit_code, result.stdout, result.stderr)

    return run


@pytest.fixture
def add_head(store: Path) -> Callable[..., Path]:
    """Adds a small head that nearly passes its input on."""

    def add(task: str, domain: Domain, name: str = "", camera: str = "") -> Path:
        torch.manual_seed(1)
        made = get_task(task)
        path = store / "models" / f"{name or f'{task}-{domain.value}'}.safetensors"
        model = build_model(made, domain, UNet(domain, {"width": 4, "depth": 1}))
        save_head(path, model, Header("head", domain, {}, task=task, scale=made.scale, camera=camera))
        return path

    return add


@pytest.fixture
def heads(store: Path, add_head: Callable[..., Path]) -> Path:
    """The store, with a head for every task and domain."""
    for task in ("denoise", "demosaic", "sr", "jdensr"):
        for domain in get_task(task).domains:
            add_head(task, domain)
    return store


@pytest.fixture
def raw() -> Callable[..., RawFrame]:
    """Writes a noisy ramp of 12 bits as a DNG."""

    def write(path: Path, phase: str = "GRBG", shape: tuple[int, int] = (67, 82)) -> RawFrame:
        cfa = CFA.xtrans(1, 2) if phase == "xtrans" else CFA.bayer(phase)
        rng = np.random.default_rng(len(path.name))
        y, x = np.mgrid[: shape[0], : shape[1]]
        clean = np.choose(cfa.colors(*shape), [0.15 + x / 400, 0.3 + y / 300, 0.1 + x / 500])
        noisy = clean + np.sqrt(0.002 * clean + 1e-5) * rng.standard_normal(shape)
        mosaic = np.clip(np.rint(64 + noisy * (4095 - 64)), 0, 4095).astype(np.uint16)
        metadata = Metadata(make="Acme", model="One", iso=800.0, exposure_s=0.01, white_balance=(2.0, 1.0, 1.5))
        frame = RawFrame(mosaic, cfa, (64.0,) * 4, 4095.0, metadata)
        write_dng(path, frame)
        return frame

    return write


@pytest.fixture
def raws(tmp_path: Path, raw: Callable[..., RawFrame]) -> Path:
    """A folder with a Bayer raw, and an X-Trans one in a folder of its own."""
    folder = tmp_path / "raws"
    raw(folder / "a.dng")
    raw(folder / "day" / "b.dng", "xtrans")
    return folder


@pytest.fixture
def picture() -> Callable[..., NDArray[np.uint8]]:
    """Writes a noisy ramp as an 8-bit picture; returns it as OpenCV does, BGR."""

    def write(path: Path, shape: tuple[int, int] = (40, 56)) -> NDArray[np.uint8]:
        y, x = np.mgrid[: shape[0], : shape[1]]
        noise = np.random.default_rng(0).integers(-6, 6, (*shape, 3))
        bgr = np.clip(np.stack([90 + x, 120 + y, 80 + x // 2 + y], axis=-1) + noise, 0, 255).astype(np.uint8)
        path.parent.mkdir(parents=True, exist_ok=True)
        assert cv2.imwrite(str(path), bgr)
        return bgr

    return write
