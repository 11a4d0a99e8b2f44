"""The Python interface: light, complete, and as its notebook shows it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import rcl_cli as rcl


def test_importing_it_imports_nothing_else() -> None:
    program = "import sys; before = set(sys.modules); import rcl_cli; print(sorted(set(sys.modules) - before))"
    finished = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert not re.search(r"numpy|torch|click|rawpy|cv2|rcl_cli\\.", finished.stdout)


def test_every_name_that_it_promises_is_there() -> None:
    for name in rcl.__all__:
        assert getattr(rcl, name) is not None
    assert set(rcl.__all__) == set(dir(rcl))
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        rcl.nothing  # noqa: B018


def test_the_verbs_are_functions_even_after_their_rooms_have_been_imported() -> None:

    for name in ("apply", "calibrate", "finetune", "pretrain", "read", "write", "load"):
        assert callable(getattr(rcl, name)), name


@pytest.mark.slow
def test_the_notebook_runs(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    notebook = json.loads((root / "docs" / "examples" / "rcl-in-python.ipynb").read_text(encoding="utf-8"))
    names: dict[str, Any] = {}
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            exec("".join(cell["source"]), names)
    assert names["noise"].quality == "ok"
    assert names["noise"].shot[1] == pytest.approx(names["shot"], rel=0.1)
    assert names["gain_db"] > 5
    assert [outcome.status for outcome in names["outcomes"]] == ["done"] * 3
    assert names["head"].model.is_file()


def test_the_page_names_every_call(root: Path) -> None:
    page = (root / "docs" / "python.md").read_text(encoding="utf-8")
    for name in (
        "read",
        "Raw",
        "estimate_noise",
        "calibrate",
        "load",
        "model",
        "write",
        "apply",
        "pretrain",
        "finetune",
    ):
        assert f"| `{name}(" in page


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"cfa": "RGBW"}, "not a Bayer or X-Trans pattern"),
        ({"mosaic": np.zeros((4, 4, 3), np.uint16)}, "a \\(H, W\\) array of whole numbers"),
        ({"mosaic": np.zeros((4, 4), np.float32)}, "a \\(H, W\\) array of whole numbers"),
        ({"mosaic": np.full((4, 4), 70000)}, "from 0 to 65535"),
        ({"black": 4095}, "white level, 4095, must be above the black level"),
    ],
)
def test_what_is_no_raw_is_refused(change: dict[str, Any], message: str) -> None:
    given = {"mosaic": np.zeros((4, 4), np.uint16), "cfa": "RGGB", "black": 64, "white": 4095, **change}
    with pytest.raises(ValueError, match=message):
        rcl.Raw(given.pop("mosaic"), given.pop("cfa"), **given)


def test_a_model_is_for_its_domain_and_wants_the_noise(tmp_path: Path) -> None:
    frame = rcl.Raw(np.full((16, 16), 900, np.uint16), "RGGB", black=512, white=4095)
    model = rcl.load("denoise", "rgb")
    with pytest.raises(rcl.RclError, match="is for rgb files; this one is bayer"):
        model(frame, rcl.estimate_noise(frame))
    with pytest.raises(rcl.RclError, match="has to be told the noise level"):
        rcl.load("denoise", frame.domain)(frame)
    assert rcl.load(rcl.load("demosaic", "bayer").path).task.name == "demosaic"
    with pytest.raises(rcl.RclError, match="name the domain"):
        rcl.load("denoise")
    with pytest.raises(rcl.RclError, match="no task 'nothing'"):
        rcl.load("nothing", "rgb")


def test_a_result_without_strength_keeps_the_noise_and_says_so(tmp_path: Path) -> None:
    frame = rcl.Raw(
        np.random.default_rng(0).integers(600, 1500, (32, 48)).astype(np.uint16), "GRBG", black=512, white=4095
    )
    noise = rcl.NoiseProfile.uniform(0.01, 1e-4)
    model = rcl.load("denoise", frame.domain)
    rcl.write(tmp_path / "kept.dng", model(frame, noise, strength=0))
    kept = rcl.read(tmp_path / "kept.dng")
    np.testing.assert_allclose(kept.normalized(), frame.normalized(), atol=1e-4)
    assert kept.metadata.noise_profile is not None
    assert kept.metadata.noise_profile.shot == pytest.approx(noise.shot)
    rcl.write(tmp_path / "denoised.dng", model(frame, noise))
    assert rcl.read(tmp_path / "denoised.dng").metadata.noise_profile is None


def test_paths_may_be_text_and_levels_numpys(tmp_path: Path) -> None:
    frame = rcl.Raw(np.full((32, 48), 300, np.uint16), "RGGB", black=np.float32(64), white=np.int64(1023))
    assert frame.black_level == (64.0,) * 4
    with pytest.raises(rcl.RclError, match="cannot be read as noise profiles"):
        rcl.apply("denoise", tmp_path, profile=str(tmp_path / "none.json"))
    with pytest.raises(rcl.RclError, match="name files or folders"):
        rcl.apply("denoise", [])
    with pytest.raises(rcl.RclError, match="steps must be 1"):
        rcl.finetune("denoise", clean=tmp_path, steps=0)
    with pytest.raises(rcl.RclError, match="no preset"):
        rcl.pretrain(tmp_path, preset="fast")
