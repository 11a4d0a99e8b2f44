"""`rcl judge`: one row for a backbone, and what it cannot judge."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
import tifffile
from click.testing import CliRunner, Result

from rcl_cli.cli.main import cli
from rcl_cli.domain import Domain
from rcl_cli.models.backbone import Backbone, save_backbone
from rcl_cli.models.header import Header
from rcl_cli.raw.dng.write import write_dng
from rcl_cli.raw.frame import raw_frame
from rcl_tasks.unet import UNet


def judge(folder: Path, backbone: str | Path, *more: str | Path) -> Result:
    tiny = ("--labels", 1, "--trials", 2, "--steps", 2, "--batch", 2, "--crop", 16, "--device", "cpu", "--linear")
    pictures = ("--clean", folder / "clean", "--test", folder / "clean")
    given = ["judge", backbone, "--task", "denoise", *pictures, *tiny, *more]
    return CliRunner().invoke(cli, list(map(str, given)))


@pytest.fixture
def clean(tmp_path: Path) -> Path:
    small = np.random.default_rng(4).uniform(0.2, 0.7, (5, 6, 3)).astype(np.float32)
    for name in ("a", "b"):
        path = tmp_path / "clean" / f"{name}.tif"
        path.parent.mkdir(exist_ok=True)
        tifffile.imwrite(path, cv2.resize(small, (52, 48)), photometric="rgb")
    return tmp_path


@pytest.mark.slow
def test_a_backbone_has_one_row(clean: Path, store: Path) -> None:
    backbone = Backbone(UNet(Domain.RGB, {"width": 4, "depth": 1}))
    save_backbone(store / "models" / "mine.safetensors", backbone, Header("backbone", Domain.RGB))
    result = judge(clean, "mine", "--json")
    assert result.exit_code == 0, result.output
    (row,) = map(json.loads, result.stdout.splitlines())
    assert {"kind": "backbone", "status": "done", "method": "mine", "task": "denoise"}.items() <= row.items()
    assert {"protocol": "proxy", "trials": 2, "labels": 1}.items() <= row.items()
    assert {"psnr_db", "psnr_std", "ssim", "ssim_std"} <= row.keys()
    assert json.loads(judge(clean, "mine", "--json").stdout)["psnr_db"] == row["psnr_db"]
    table = judge(clean, "none", "--width", "4", "--depth", "1", "--no-skip")
    assert table.exit_code == 0, table.output
    assert "psnr_std" in table.stdout
    mosaics = judge(clean, "none", "--width", "4", "--depth", "1", "--domain", "bayer")
    assert mosaics.exit_code == 0, mosaics.output


def test_of_a_raw_and_a_picture_of_one_shot_the_raw_is_taken(clean: Path) -> None:
    dn = np.random.default_rng(0).integers(600, 4000, (96, 104)).astype(np.uint16)
    write_dng(clean / "clean" / "a.dng", raw_frame(dn, "RGGB", black=512, white=4095))
    result = judge(clean, "none", "--width", "4", "--depth", "1", "--labels", "3")
    assert result.exit_code == 2
    assert "--labels 3 is too many: there are 2 clean pictures" in " ".join(result.stderr.split())
    left = "1 picture is left out, because the raws of the same shots lie beside them, such as"
    assert left in result.stderr


def test_what_cannot_be_judged_is_said(clean: Path) -> None:
    for backbone, more, message in (
        ("none", ("--labels", "3"), "--labels 3 is too many: there are 2"),
        ("none", ("--labels", "0"), "needs a pretrained backbone"),
        ("nothing", (), "no file and no model"),
        (clean / "x.safetensors", ("--width", "4"), "are for a fresh network"),
        (clean / "x.safetensors", ("--domain", "bayer"), "are for a fresh network"),
        ("none", ("--mode", "guess"), "is not one of"),
    ):
        result = judge(clean, backbone, *more)
        assert result.exit_code == 2
        assert message in " ".join(result.stderr.split())
