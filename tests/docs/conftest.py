"""What the commands of the documents are run on: small raws, pictures, pairs, flats and darks, made once."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from rcl_calibration.exchange import profiles_text
from rcl_cli.raw.cfa import CFA
from rcl_cli.raw.dng.write import write_dng
from rcl_cli.raw.srgb import srgb_encode
from rcl_cli.samples.camera import SAMPLE_CAMERA
from rcl_cli.samples.files import Shot, write_shot

HEIGHT, WIDTH = 96, 128
RAWS, PICTURES = 4, 10
ISOS = (100.0, 800.0, 3200.0)
_RGGB = CFA.named("RGGB")


@pytest.fixture(scope="session")
def material(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folders and files that the documents take for granted, by what they hold."""
    folder = tmp_path_factory.mktemp("material")
    for number in range(PICTURES):
        shot = Shot(number + 1, ISOS[number % 3], _RGGB, HEIGHT, WIDTH)
        _picture(folder / "pictures" / f"picture-{number}.png", shot.scene())
        if number < RAWS:
            _write(folder / "raws" / shot.name, shot)
            write_shot(shot, folder / "pairs" / "noisy", clean=folder / "pairs" / "clean")
            _picture(folder / "jpegs" / f"picture-{number}.jpg", shot.scene() + _grain(number))
    for frame in range(2):
        rng = np.random.default_rng(frame)
        for step, light in enumerate((0.1, 0.4, 0.8)):
            _frame(folder / "flats" / f"flat-{step}-{frame}.dng", np.full((HEIGHT, WIDTH, 3), light), rng)
        _frame(folder / "darks" / f"dark-{frame}.dng", np.zeros((HEIGHT, WIDTH, 3)), rng)
        _frame(folder / "frames" / f"frame-{frame}.dng", Shot(1, 800, _RGGB, HEIGHT, WIDTH).scene(), rng)
    book = profiles_text([SAMPLE_CAMERA.noise_profile(iso) for iso in ISOS])
    (folder / "profiles.json").write_text(book, encoding="utf-8")
    (folder / "last-run").write_bytes(b"long ago")
    os.utime(folder / "last-run", (0, 0))
    return folder


def _write(path: Path, shot: Shot) -> None:
    """A raw of a camera that the guide's photographer has."""
    frame, _ = shot.take()
    path.parent.mkdir(exist_ok=True)
    write_dng(path, replace(frame, metadata=replace(frame.metadata, make="Canon", model="Canon EOS 7D")))


def _frame(path: Path, light: NDArray[np.floating], rng: np.random.Generator) -> None:
    path.parent.mkdir(exist_ok=True)
    write_dng(path, SAMPLE_CAMERA.expose(light.astype(np.float32), 800, _RGGB, rng))


def _picture(path: Path, light: NDArray[np.floating]) -> None:
    path.parent.mkdir(exist_ok=True)
    values = np.rint(np.clip(srgb_encode(light.astype(np.float32)), 0, 1) * 255).astype(np.uint8)
    cv2.imwrite(str(path), values[..., ::-1])


def _grain(seed: int) -> NDArray[np.floating]:
    return np.random.default_rng(seed).normal(0, 0.02, (HEIGHT, WIDTH, 3))
