"""What every test may use: real and small pictures, a simulated sensor, the devices at hand, and a store of its own.

Torch is imported where it is used: many tests need none of its seconds.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest
from hypothesis import settings
from numpy.typing import NDArray

from rcl_calibration.samples import Lattice
from rcl_cli.domain import Domain

if TYPE_CHECKING:
    from torch import Tensor

    from rcl_cli.data.crops import RegionSource

Image = NDArray[np.float64]
settings.register_profile("untimed", deadline=None)  # no test asserts a time: other work may run beside it
settings.load_profile("untimed")
os.environ["RCL_LOAD_PLUGINS"] = ""  # when tests are collected, too
OFFSETS = {"RGGB": (0, 1, 2, 3), "GRBG": (1, 0, 3, 2), "GBRG": (2, 3, 0, 1), "BGGR": (3, 2, 1, 0)}
ROOT = Path(__file__).resolve().parent.parent
REALDATA = ROOT.parent / "shared" / "data"


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository."""
    return ROOT


def pytest_configure() -> None:
    """Signals do what they do in a terminal, in tests and in what they start, under nohup and in the background too."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.fixture(scope="session")
def realdata() -> Path:
    """The folder of real raws and pictures beside the repository; the test is skipped where it is missing."""
    if not REALDATA.is_dir():
        pytest.skip("needs the real pictures in ../shared/data")
    return REALDATA


@pytest.fixture(autouse=True)
def store(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty model store; no test sees the user's own, nor their plugins and defaults."""
    folder = tmp_path_factory.mktemp("store")
    monkeypatch.setenv("RCL_STORE", str(folder))
    monkeypatch.setenv("RCL_LOAD_PLUGINS", "")
    monkeypatch.setenv("RCL_CONFIG", os.devnull)
    return folder


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """A folder of six smooth pictures, 48 × 64, that trainings can learn from."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    rng = np.random.default_rng(2)
    for number in range(6):
        small = rng.integers(0, 256, (6, 8, 3), dtype=np.uint8)
        cv2.imwrite(str(folder / f"{number}.png"), cv2.resize(small, (64, 48)))
    return folder


def _devices() -> list[str]:
    import torch

    return ["cpu", *(["cuda"] if torch.cuda.is_available() else [])]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """`device`: the test runs on the CPU, and on the GPU too where there is one."""
    if "device" in metafunc.fixturenames:
        metafunc.parametrize("device", _devices())


@dataclass(frozen=True)
class Sensor:
    """A Bayer sensor of `bits` whose black level is `black` DN."""

    shot: float
    read: float
    bits: int = 12
    black: float = 128.0
    phase: str = "RGGB"

    @property
    def white(self) -> float:
        return float(2**self.bits - 1)

    def expose(self, scene: Image, rng: np.random.Generator) -> NDArray[np.uint16]:
        """(H, W, 3) linear in [0, 1] → (H, W) DN: photons, read noise, rounding, clipping."""
        mosaic: NDArray[np.float64] = np.empty(scene.shape[:2])
        for quadrant, channel in enumerate(_channels(self.phase)):
            y, x = divmod(quadrant, 2)
            mosaic[y::2, x::2] = scene[y::2, x::2, channel]
        if self.shot > 0:
            mosaic[:] = rng.poisson(mosaic / self.shot) * self.shot
        noisy = mosaic + rng.normal(0, np.sqrt(self.read), mosaic.shape)
        dn = np.rint(noisy * (self.white - self.black) + self.black)
        return np.clip(dn, 0, self.white).astype(np.uint16)

    def lattices(self, mosaic: NDArray[np.uint16]) -> list[Lattice]:
        """The four Bayer lattices of a mosaic, in the order of the phase."""
        planes = {"R": 0, "B": 3}
        found = []
        for quadrant, letter in enumerate(self.phase):
            y, x = divmod(quadrant, 2)
            green = 1 if "R" in self.phase[y * 2 : y * 2 + 2] else 2
            values, plane = mosaic[y::2, x::2], planes.get(letter, green)
            found.append(Lattice(values, plane, self.black, self.white, offset=(y / 2, x / 2)))
        return found

    def sigma_error(self, shot: float, read: float, x: NDArray[np.float64]) -> float:
        """Relative error of σ(x), rms over x."""
        truth = np.sqrt(self.shot * x + self.read)
        return float(np.sqrt(np.mean((np.sqrt(shot * x + read) / truth - 1) ** 2)))


def _channels(phase: str) -> list[int]:
    return ["RGB".index(letter) for letter in phase]


def dead_leaves(height: int, width: int, rng: np.random.Generator, leaves: int = 400) -> Image:
    """(H, W, 3) noise-free: shaded discs of all sizes over a slope, some with fine texture, in [0, 1]."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    image = (0.15 + 0.5 * x / width + 0.2 * y / height)[..., None] * rng.uniform(0.3, 1, 3).astype(np.float32)
    ripple = 1 + 0.1 * np.sin(x * rng.uniform(0.5, 2.5)) * np.sin(y * rng.uniform(0.5, 2.5))
    for _ in range(leaves):
        radius = int(np.clip(6 * rng.pareto(1.5) + 4, 4, min(height, width) / 3))
        cy, cx = int(rng.integers(height)), int(rng.integers(width))
        box = np.s_[max(cy - radius - 1, 0) : cy + radius + 2, max(cx - radius - 1, 0) : cx + radius + 2]
        alpha = np.clip(radius - np.hypot(y[box] - cy, x[box] - cx), 0, 1)[..., None]
        color = rng.uniform(0, 1, 3) ** 1.5 * rng.uniform(0.1, 1)
        shade = 1 + rng.choice([0, 0.2]) * (x[box] - cx) / radius
        shade = shade * (ripple[box] if rng.random() < 0.3 else 1)
        image[box] += alpha * (shade[..., None] * color - image[box])
    return np.clip(cv2.GaussianBlur(image, (0, 0), 0.7), 0, 1).astype(np.float64)


@pytest.fixture(scope="session")
def scene() -> Image:
    """(1200, 1600, 3) one dead-leaves scene for tests that vary the sensor only."""
    return dead_leaves(1200, 1600, np.random.default_rng(7))


@pytest.fixture(scope="session")
def sensor() -> Callable[..., Sensor]:
    """Makes a `Sensor`; with importlib test modules cannot import this file."""
    return Sensor


@dataclass(frozen=True)
class FlatPicture:
    """A picture as training sees it: its (K, C, h, w) regions."""

    regions: NDArray[np.float32]


@pytest.fixture
def noisy_source() -> Callable[..., RegionSource]:
    """Flat grey pictures that differ in their noise: σ of picture i is (i + 1)/255."""
    from rcl_cli.data.crops import RegionSource

    def make(pictures: int = 4, side: int = 24, domain: Domain = Domain.RGB) -> RegionSource:
        rng = np.random.default_rng(0)
        shape = (2, domain.channels, side, side)
        return RegionSource(
            [FlatPicture(rng.normal(0.5, (i + 1) / 255, shape).astype(np.float32)) for i in range(pictures)], domain
        )

    return make


@pytest.fixture
def by_processes(tmp_path: Path) -> Callable[..., list[dict[str, Tensor]]]:
    """Runs `PROGRAM FILE …` as so many processes that find each other, and returns the tensors that each has saved."""
    from safetensors.torch import load_file

    def run(program: Path, count: int, *arguments: object) -> list[dict[str, Tensor]]:
        files = [tmp_path / f"{rank}-of-{count}.safetensors" for rank in range(count)]
        meeting = {"RCL_MEETING": f"file://{tmp_path / f'meeting-{count}'}", "WORLD_SIZE": str(count)}
        started = [
            subprocess.Popen(
                [sys.executable, str(program), str(file), *map(str, arguments)],
                env={**os.environ, **meeting, "RANK": str(rank), "OMP_NUM_THREADS": "1"},
                stderr=subprocess.PIPE,
            )
            for rank, file in enumerate(files)
        ]
        said = [process.communicate(timeout=240)[1].decode() for process in started]
        assert [process.returncode for process in started] == [0] * count, said
        return [load_file(file) for file in files]

    return run


class Started:
    """`rcl`, in a process of its own."""

    def __init__(self, *arguments: object) -> None:
        command = [sys.executable, "-P", "-m", "rcl_cli", *map(str, arguments)]
        self.process = subprocess.Popen(
            command, env={**os.environ, "OMP_NUM_THREADS": "1"}, stdout=-1, stderr=-1, text=True
        )

    def lines(self, count: int) -> list[dict[str, Any]]:
        """Its next so many JSON lines."""
        assert self.process.stdout is not None
        return [json.loads(self.process.stdout.readline()) for _ in range(count)]

    def end(self) -> tuple[int, list[dict[str, Any]], str]:
        """Waits; the exit code, the JSON lines that are left, and what it has said."""
        printed, said = self.process.communicate(timeout=240)
        return self.process.returncode, [json.loads(line) for line in printed.splitlines()], said

    def children(self) -> list[int]:
        """The processes that it has started."""
        text = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return [int(word) for word in text.split()]

    @staticmethod
    def gone(pids: list[int], seconds: float = 60.0) -> bool:
        """Whether these processes end in time."""
        deadline = time.monotonic() + seconds
        while any(Path(f"/proc/{pid}").exists() for pid in pids):
            if time.monotonic() > deadline:
                return False
            time.sleep(0.1)
        return True


@pytest.fixture
def start() -> Iterator[Callable[..., Started]]:
    """Starts `rcl` with arguments; what has not ended by itself is killed."""
    begun: list[Started] = []

    def call(*arguments: object) -> Started:
        begun.append(Started(*arguments))
        return begun[-1]

    yield call
    for one in begun:
        one.process.kill()
        one.process.communicate()
