from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from click.testing import CliRunner

from rcl_calibration.profile import NoiseProfile
from rcl_cli.cli.main import cli
from rcl_cli.domain import Domain
from rcl_cli.models.checkpoint import Checkpoint, save_checkpoint
from rcl_cli.models.header import Header
from rcl_cli.profiles.book import save_profiles
from rcl_cli.raw.cfa import CFA
from rcl_cli.raw.dng.write import write_dng
from rcl_cli.raw.frame import Metadata, RawFrame


def info(*paths: Path, code: int = 0) -> list[dict[str, Any]]:
    result = CliRunner().invoke(cli, ["info", "--json", *map(str, paths)])
    assert result.exit_code == code, result.stderr
    assert "Traceback" not in result.stderr
    return [json.loads(line) for line in result.stdout.splitlines()]


def write_raw(path: Path) -> Path:
    mosaic = np.random.default_rng(0).integers(100, 1000, (50, 70), np.uint16)
    metadata = Metadata(make="Acme", model="One", iso=800.0, exposure_s=0.01, white_balance=(2.0, 1.0, 1.5))
    write_dng(path, RawFrame(mosaic, CFA.bayer("GBRG"), (64.0, 64.0, 64.0, 64.0), 1023.0, metadata))
    return path


def write_model(path: Path) -> Path:
    header = Header("head", Domain.XTRANS, {"channels": 9}, task="sr", scale=2, step=70)
    save_checkpoint(path, Checkpoint({"weight": torch.zeros(3)}, header))
    return path


def test_packages_that_are_missing_cost_the_exported_heads_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)
    (tmp_path / "head.onnx").write_bytes(b"none")
    head, raw = info(tmp_path / "head.onnx", write_raw(tmp_path / "a.dng"), code=1)
    assert head["status"] == "failed"
    assert "rcl-cli[onnx]" in head["reason"]
    assert raw["status"] == "done"


def test_a_raw_says_its_size_pattern_levels_and_shot(tmp_path: Path) -> None:
    (values,) = info(write_raw(tmp_path / "a.dng"))
    expected = {
        "kind": "raw",
        "width": 70,
        "height": 50,
        "cfa": "GBRG",
        "black_level": [64, 64, 64, 64],
        "white_level": 1023,
        "camera": "Acme One",
        "iso": 800,
    }
    assert {key: values[key] for key in expected} == expected
    assert values["exposure_s"] == pytest.approx(0.01)


def test_a_picture_says_its_size_and_bits(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), np.zeros((4, 7, 3), np.uint16))
    (values,) = info(tmp_path / "a.png")
    expected = {"kind": "rgb", "width": 7, "height": 4, "bits": 16, "transfer": "srgb"}
    assert {key: values[key] for key in expected} == expected


def test_a_model_says_what_its_header_does(tmp_path: Path) -> None:
    path = write_model(tmp_path / "m.safetensors")
    (values,) = info(path)
    expected = {"kind": "head", "domain": "xtrans", "task": "sr", "scale": 2, "step": 70, "bytes": path.stat().st_size}
    assert {key: values[key] for key in expected} == expected


def test_noise_profiles_are_listed(tmp_path: Path) -> None:
    profile = NoiseProfile.uniform(0.01, 1e-4, camera="Acme One", iso=800.0)
    save_profiles(tmp_path / "p.json", [profile])
    (values,) = info(tmp_path / "p.json")
    assert values["kind"] == "profiles"
    assert [NoiseProfile.from_dict(each) for each in values["profiles"]] == [profile]


def test_a_bad_file_is_one_line_and_the_others_are_described(tmp_path: Path) -> None:
    model = write_model(tmp_path / "m.safetensors")
    bad = {
        "cut.safetensors": model.read_bytes()[:-4],
        "text.safetensors": b"no model",
        "text.txt": b"neither this nor that",
        "empty.dng": b"",
        "list.json": b"[1, 2]",
    }
    for name, content in bad.items():
        (tmp_path / name).write_bytes(content)
    paths = [tmp_path / name for name in (*bad, "missing.dng")]
    (tmp_path / "nothing").mkdir()
    values = info(*paths, model, tmp_path / "nothing", code=1)
    assert [each["status"] for each in values] == ["failed"] * 7 + ["done"]
    info(*paths, code=2)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
def test_folders_are_searched_and_pipes_never_opened(tmp_path: Path) -> None:
    for name in ("b.dng", "day/a.dng"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        write_raw(tmp_path / name)
    os.mkfifo(tmp_path / "c.dng")
    assert [Path(each["path"]).name for each in info(tmp_path, tmp_path / "b.dng")] == ["b.dng", "a.dng"]
    (failure,) = info(tmp_path / "c.dng", code=2)
    assert "pipe" in failure["reason"]


def test_the_text_for_people_shows_every_value_once(tmp_path: Path) -> None:
    result = CliRunner().invoke(cli, ["info", str(write_raw(tmp_path / "a.dng"))])
    assert result.exit_code == 0
    for text in ("a.dng", "GBRG", "64 64 64 64", "1023", "Acme One", "800"):
        assert result.stdout.count(text) == 1


def test_a_model_is_described_without_torch(tmp_path: Path) -> None:
    code = (
        "import sys; from rcl_cli.cli.main import cli\n"
        "try: cli(['info', sys.argv[1]])\n"
        "finally: print('torch' in sys.modules)"
    )
    command = [sys.executable, "-c", code, str(write_model(tmp_path / "m.safetensors"))]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout.endswith("False\n")


@pytest.mark.realdata
def test_bad_raws_are_one_line_each(realdata: Path) -> None:
    paths = sorted(path for path in (realdata / "raw" / "bad").iterdir() if path.is_file())
    values = info(*paths, code=2)
    assert len(values) == len(paths)
    assert all(each["reason"] and "\n" not in each["reason"] for each in values)


@pytest.mark.realdata
def test_a_raw_without_readable_pixels_still_says_its_shot(realdata: Path) -> None:
    (values,) = info(realdata / "raw/undecodable/gopro-hero7_GOPR8508.GPR", code=2)
    assert values["reason"]
    assert (values["camera"], values["iso"]) == ("GoPro HERO7 Black", 267)
    # The figures that the data's README gives.
    assert values["noise_profile"]["shot"][1] == pytest.approx(4.1706e-4, rel=1e-4)
    assert values["noise_profile"]["read"][1] == pytest.approx(1.3030e-7, rel=1e-4)
