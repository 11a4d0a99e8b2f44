"""The Python in the documents runs: what is read is there, and the plugins keep their contracts."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np
import pytest

import rcl_cli
from rcl_calibration import NoiseProfile
from rcl_cli import check_network, check_pretext, check_task
from rcl_cli.raw.cfa import CFA
from rcl_cli.raw.format import FileFormat
from rcl_cli.samples.camera import SAMPLE_CAMERA

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("docs")]


def blocks(path: Path) -> list[str]:
    return re.findall(r"^```python\n(.*?)^```", path.read_text(encoding="utf-8"), re.M | re.S)


def executed(path: Path, **given: Any) -> dict[str, Any]:
    """The names that the blocks of a document define, one after the other, with what it takes for granted."""
    names: dict[str, Any] = {"__name__": "documented", **given}
    for number, block in enumerate(blocks(path)):
        exec(compile(block, f"{path.name}, block {number + 1}", "exec", dont_inherit=True), names)
    return names


def test_the_readme_denoises_a_raw(root: Path, material: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(material / "raws", tmp_path / "raws")
    monkeypatch.chdir(tmp_path)
    executed(root / "README.md")
    assert rcl_cli.read(tmp_path / "denoised.dng").size == rcl_cli.read("raws/sample-001-iso00100.dng").size


def test_the_page_on_python_works(root: Path, material: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copy(material / "raws" / "sample-002-iso00800.dng", tmp_path / "a.nef")
    monkeypatch.chdir(tmp_path)
    names = executed(root / "docs" / "python.md")
    assert isinstance(names["noise"], NoiseProfile)
    assert (tmp_path / "a.dng").exists()


def test_the_plugins_of_the_how_to_keep_their_contracts(root: Path) -> None:
    names: dict[str, Any] = {name: getattr(rcl_cli, name) for name in rcl_cli.__all__}
    names |= {"__name__": "documented", "click": click, "dataclass": dataclass}
    names["fits_pixels"] = lambda path: np.zeros((4, 6, 3), np.float32)
    made = []
    for number, block in enumerate(blocks(root / "docs" / "plugins.md")):
        if "check_task(Deblur())" in block:
            continue  # the template's own test, run by tests/plugins/test_template.py
        exec(compile(block, f"plugins.md, block {number + 1}", "exec", dont_inherit=True), names)
        made += [names.pop(hook)() for hook in list(names) if hook.startswith("rcl_")]
    task, pretext, network, file_format, command = made
    check_task(task())
    check_pretext(pretext)
    check_network(network)
    assert issubclass(file_format, FileFormat)
    assert command.name == "greet"
    assert names["Deblur"].Options().blur == 1.5


def test_the_page_on_calibration_estimates_a_mosaic(root: Path) -> None:
    rng = np.random.default_rng(0)
    ramp = np.tile(np.linspace(0.05, 0.8, 256, dtype=np.float32)[:, None, None], (1, 256, 3))
    frame = SAMPLE_CAMERA.expose(ramp, 3200, CFA.named("RGGB"), rng)
    mosaic = np.rint(64 + (1023 - 64) * frame.normalized()).clip(0, 1023).astype(np.uint16)
    places = {(0, 0): 0, (0, 1): 1, (1, 0): 2, (1, 1): 3}
    names = executed(root / "calibration" / "README.md", mosaic=mosaic, RGGB=places)
    assert names["profile"].sigma(0.18) == pytest.approx(SAMPLE_CAMERA.noise_profile(3200).sigma(0.18), rel=0.05)
