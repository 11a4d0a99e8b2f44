"""The template packages build, install into an environment, keep their contracts and do their work there."""

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

from rcl_cli.models.header import read_header
from rcl_cli.raw.frame import RawFrame, RgbFrame
from rcl_cli.raw.read import read_frame

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("template")]  # one installation for all of them

Run = Callable[..., subprocess.CompletedProcess[str]]

TEMPLATES = ("rcl-task-template", "rcl-upscale-template", "rcl-pretext-template", "rcl-network-template")
# What each is tried with: a task, options of `rcl finetune`, and what they make: network, its options, the task's.
TRAINED: dict[str, tuple[str, list[str], tuple[str, dict[str, int], dict[str, float]]]] = {
    "rcl-task-template": (
        "deblur",
        ["--blur", "2", "--width", "4", "--depth", "1"],
        ("unet", {"width": 4, "depth": 1}, {"blur": 2.0}),
    ),
    "rcl-upscale-template": (
        "enlarge",
        ["--width", "4", "--depth", "1"],
        ("unet", {"width": 4, "depth": 1}, {}),
    ),
    "rcl-network-template": (
        "denoise",
        ["--network", "edsr", "--width", "4", "--blocks", "1"],
        ("edsr", {"width": 4, "blocks": 1}, {}),
    ),
}


@pytest.fixture(scope="module")
def folder(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with copies of the templates, and in `env` a new environment."""
    folder = tmp_path_factory.mktemp("template")
    for name in TEMPLATES:
        shutil.copytree(root / "docs" / "examples" / name, folder / name)
    venv.create(folder / "env", with_pip=False, symlinks=True)
    return folder


@pytest.fixture(scope="module")
def installed(folder: Path) -> Run:
    """Run Python in the new environment, into which pip has installed the templates."""
    scripts = "Scripts" if sys.platform == "win32" else "bin"
    python = folder / "env" / scripts / "python"
    # Torch and rcl itself come from the environment that runs the tests, since installing them takes minutes.
    packages = Path(sysconfig.get_path("purelib", vars={"base": str(folder / "env")}))
    (packages / "host.pth").write_text(f"import site; site.addsitedir({sysconfig.get_path('purelib')!r})\n")
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("RCL_", "PYTHON"))}
    environment |= {"RCL_STORE": str(folder / "store"), "OMP_NUM_THREADS": "1", "PIP_NO_INDEX": "1"}

    def run(*arguments: str, cwd: Path = folder) -> subprocess.CompletedProcess[str]:
        command = [str(python), *arguments]
        finished = subprocess.run(command, env=environment, cwd=cwd, capture_output=True, text=True, check=False)
        assert finished.returncode == 0, f"{arguments}\n{finished.stdout}\n{finished.stderr}"
        return finished

    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--no-deps", "--no-build-isolation"]
    sources = [str(folder / name) for name in TEMPLATES]
    subprocess.run([*pip, *sources], env=environment, cwd=folder, capture_output=True, check=True)
    return run


@pytest.fixture(scope="module")
def pairs(installed: Run, folder: Path) -> Path:
    """Three raws in `noisy`, the same without noise in `clean`."""
    pairs = folder / "pairs"
    size = ["--count", "3", "--size", "96"]
    installed("-m", "rcl_cli", "samples", str(pairs / "noisy"), *size, "--clean", str(pairs / "clean"))
    return pairs


@pytest.mark.parametrize(
    ("verb", "name", "distribution", "begins"),
    [
        ("tasks", "deblur", "rcl-task-deblur", "Sharpen pictures"),
        ("tasks", "enlarge", "rcl-task-enlarge", "Double the pixels"),
        ("pretexts", "r2r", "rcl-pretext-r2r", "Recorrupted-to-Recorrupted"),
        ("networks", "edsr", "rcl-network-edsr", "Residual blocks at full size"),
    ],
)
def test_it_is_listed_with_its_distribution(
    installed: Run, verb: str, name: str, distribution: str, begins: str
) -> None:
    lines = installed("-m", "rcl_cli", verb, "--json").stdout.splitlines()
    (found,) = (part for part in map(json.loads, lines) if part["name"] == name)
    assert (found["distribution"], found["version"]) == (distribution, "0.1.0")
    assert found["description"].startswith(begins)


@pytest.mark.parametrize("template", TEMPLATES)
def test_its_own_tests_pass(installed: Run, folder: Path, template: str) -> None:
    # pytest's exit code is 0 only where tests were found and all passed.
    installed("-m", "pytest", "-q", "-p", "no:cacheprovider", cwd=folder / template)


@pytest.mark.parametrize("template", TRAINED)
def test_a_head_is_finetuned_and_applied(
    installed: Run, folder: Path, pairs: Path, tmp_path: Path, template: str
) -> None:
    task, network, made_of = TRAINED[template]
    small = [*network, "--steps", "2", "--crop", "32", "--backbone", "none", "--domain", "bayer"]
    told = ["--task", task, "--clean", str(pairs / "clean"), "--name", template, "--json"]
    trained = installed("-m", "rcl_cli", "finetune", *told, *small)
    assert {"step", "val_psnr_db", "val_ssim"} <= json.loads(trained.stdout.splitlines()[0]).keys()
    header = read_header(folder / "store" / "models" / f"{template}.safetensors")
    assert (header.network, header.architecture, header.options) == made_of
    files = ["--task", task, str(pairs / "noisy"), "-o", str(tmp_path / "results"), "--json"]
    applied = installed("-m", "rcl_cli", "apply", *files, "--model", template)
    lines = [json.loads(line) for line in applied.stdout.splitlines()]
    assert [line["status"] for line in lines] == ["done"] * 3
    for line in lines:
        result = read_frame(Path(line["output"]))
        if template == "rcl-upscale-template":
            assert isinstance(result, RgbFrame)
            assert result.rgb.shape == (192, 192, 3)
        else:
            assert isinstance(result, RawFrame)
            assert result.mosaic.shape == (96, 96)


def test_a_backbone_is_pretrained_by_the_pretext(installed: Run, folder: Path, pairs: Path) -> None:
    noisy, run = str(pairs / "noisy"), folder / "run"
    small = ["--preset", "smoke", "--steps", "2", "--crop", "16", "--network", "unet", "--width", "4", "--depth", "1"]
    installed("-m", "rcl_cli", "pretrain", noisy, "--pretext", "r2r", "--alpha", "1", "-o", str(run), *small)
    assert "r2r" in read_header(run / "backbone.safetensors").to_json()
