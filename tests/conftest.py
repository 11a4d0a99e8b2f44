"""What every test may use: the real pictures, the devices at hand, and a store of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
REALDATA = ROOT.parent / "shared" / "data"


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository."""
    return ROOT


@pytest.fixture(scope="session")
def realdata() -> Path:
    """The folder of real raws and pictures beside the repository; the test is skipped where it is missing."""
    if not REALDATA.is_dir():
        pytest.skip("needs the real pictures in ../shared/data")
    return REALDATA


@pytest.fixture(autouse=True)
def store(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty model store; no test sees the user's own, nor the plugins that they have installed."""
    folder = tmp_path_factory.mktemp("store")
    monkeypatch.setenv("RCL_STORE", str(folder))
    monkeypatch.setenv("RCL_LOAD_PLUGINS", "")
    return folder


def _devices() -> list[str]:
    import torch

    return ["cpu", *(["cuda"] if torch.cuda.is_available() else [])]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """`device`: the test runs on the CPU, and on the GPU too where there is one."""
    if "device" in metafunc.fixturenames:
        metafunc.parametrize("device", _devices())
