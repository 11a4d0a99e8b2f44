"""The template package builds, installs into an environment of its own, keeps the contract and does its task."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Callable
from pathlib import Path

import pytest

from rcl_cli.raw.frame import RawFrame
from rcl_cli.raw.read import read_frame

pytestmark = pytest.mark.xdist_group("template")  # one installation for all of them

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def installed(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Run Python in a new environment, into which pip has installed a copy of the template."""
    folder = tmp_path_factory.mktemp("template")
    source = shutil.copytree(root / "docs" / "examples" / "rcl-task-template", folder / "source")
    venv.create(folder / "env", with_pip=False, symlinks=True)
    scripts = "Scripts" if sys.platform == "win32" else "bin"
    python = folder / "env" / scripts / "python"
    # Torch and rcl itself come from the environment that runs the tests, since installing them takes minutes.
    packages = Path(sysconfig.get_path("purelib", vars={"base": str(folder / "env")}))
    (packages / "host.pth").write_text(f"import site; site.addsitedir({sysconfig.get_path('purelib')!r})\n")
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("RCL_", "PYTHON"))}
    environment |= {"RCL_STORE": str(folder / "store"), "OMP_NUM_THREADS": "1", "PIP_NO_INDEX": "1"}

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [str(python), *arguments]
        finished = subprocess.run(command, env=environment, cwd=source, capture_output=True, text=True, check=False)
        assert finished.returncode == 0, f"{arguments}\n{finished.stdout}\n{finished.stderr}"
        return finished

    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--no-deps", "--no-build-isolation"]
    subprocess.run([*pip, str(source)], env=environment, cwd=folder, capture_output=True, check=True)
    return run


def test_it_is_listed_with_its_distribution(installed: Run) -> None:
    lines = installed("-m", "rcl_cli", "tasks", "--json").stdout.splitlines()
    (found,) = (task for task in map(json.loads, lines) if task["name"] == "deblur")
    assert (found["distribution"], found["version"]) == ("rcl-task-deblur", "0.1.0")
    assert found["description"].startswith("Sharpen pictures")


def test_its_own_tests_pass(installed: Run) -> None:
    assert "3 passed" in installed("-m", "pytest", "-q", "-p", "no:cacheprovider").stdout


def test_a_head_is_finetuned_and_applied(installed: Run, tmp_path: Path) -> None:
    pairs, results = tmp_path / "pairs", tmp_path / "results"
    samples = ["--count", "3", "--size", "96", "--clean", str(pairs / "clean")]
    installed("-m", "rcl_cli", "samples", str(pairs / "noisy"), *samples)
    small = [
        "--blur",
        "2",
        "--steps",
        "2",
        "--crop",
        "32",
        "--width",
        "4",
        "--depth",
        "1",
        "--backbone",
        "none",
        "--domain",
        "bayer",
    ]
    trained = installed(
        "-m", "rcl_cli", "finetune", "--task", "deblur", "--clean", str(pairs / "clean"), *small, "--json"
    )
    first, *_, last = map(json.loads, trained.stdout.splitlines())
    assert {"step", "val_psnr_db", "val_ssim"} <= first.keys()
    (model,) = (
        json.loads(line) for line in installed("-m", "rcl_cli", "info", last["path"], "--json").stdout.splitlines()
    )
    assert model["options"] == {"blur": 2.0}
    applied = installed(
        "-m", "rcl_cli", "apply", "--task", "deblur", str(pairs / "noisy"), "-o", str(results), "--json"
    )
    lines = [json.loads(line) for line in applied.stdout.splitlines()]
    assert [line["status"] for line in lines] == ["done"] * 3
    for line in lines:
        result = read_frame(Path(line["output"]))
        assert isinstance(result, RawFrame)
        assert result.mosaic.shape == (96, 96)
