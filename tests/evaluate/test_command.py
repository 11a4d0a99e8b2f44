"""`rcl evaluate`: figures of known errors, and its lines."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import tifffile
import torch
from click.testing import CliRunner, Result
from skimage.metrics import peak_signal_noise_ratio

from rcl_cli.cli.main import cli
from rcl_cli.data.file_pairs import clean_tensor, noisy_tensor
from rcl_cli.domain import Domain
from rcl_cli.measure.metrics import psnr_db
from rcl_cli.models.header import Header
from rcl_cli.models.task_model import build_model, save_head
from rcl_cli.nn.heads import UpsamplingHead
from rcl_cli.nn.malvar import malvar
from rcl_cli.raw.cfa import CFA
from rcl_cli.raw.dng.write import write_dng
from rcl_cli.raw.frame import Metadata, RawFrame
from rcl_cli.raw.read import read_frame
from rcl_cli.task import get_task
from rcl_tasks.unet import UNet


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(cli, ["evaluate", *map(str, arguments)])


def lines(result: Result) -> list[dict[str, Any]]:
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def smooth(height: int = 36, width: int = 48) -> np.ndarray:
    small = np.random.default_rng(4).uniform(0.2, 0.7, (5, 6, 3)).astype(np.float32)
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)


def write_tiff(path: Path, rgb: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    tifffile.imwrite(path, rgb.astype(np.float32), photometric="rgb")


@pytest.fixture
def offsets(tmp_path: Path) -> Path:
    """RGB pairs that differ by 0.1 and by 0.01."""
    for name, offset in (("a", 0.1), ("b", 0.01)):
        write_tiff(tmp_path / "clean" / f"{name}.tif", smooth())
        write_tiff(tmp_path / "noisy" / f"{name}.tif", smooth() + offset)
    return tmp_path


@pytest.fixture
def bayer(tmp_path: Path) -> tuple[Path, np.ndarray, np.ndarray]:
    """A folder with one pair; its mosaic (H, W), normalised, and its clean RGB picture."""
    rgb = smooth(37, 50)
    cfa = CFA.bayer("GBRG")
    colors = cfa.colors(37, 50)[..., None].astype(np.intp)
    dn = np.rint(1000 + 10000 * np.take_along_axis(rgb, colors, axis=2)[..., 0]).astype(np.uint16)
    frame = RawFrame(dn, cfa, (1000.0,) * 4, 11000.0, Metadata(make="Acme", model="One"))
    (tmp_path / "noisy").mkdir()
    write_dng(tmp_path / "noisy" / "a.dng", frame)
    write_tiff(tmp_path / "clean" / "a.tif", rgb)
    return tmp_path, frame.normalized(), rgb


def test_figures_of_a_constant_error_have_their_closed_form(offsets: Path) -> None:
    first, second, mean = lines(run("--task", "denoise", "--pairs", offsets, "--model", "none", "--json"))
    assert first.keys() == {"kind", "path", "status", "reason", "clean", "psnr_db", "ssim"}
    assert first["path"] == str(offsets / "noisy" / "a.tif")
    assert (first["psnr_db"], second["psnr_db"]) == pytest.approx((20.0, 40.0), abs=1e-3)
    assert (mean["kind"], mean["path"]) == ("mean", None)
    assert mean["psnr_db"] == pytest.approx(30.0, abs=1e-3)
    assert mean["ssim"] == pytest.approx((first["ssim"] + second["ssim"]) / 2, abs=1e-3)


def test_values_as_displayed(offsets: Path) -> None:
    first, *_ = lines(run("--task", "denoise", "--pairs", offsets, "--model", "none", "--space", "srgb", "--json"))
    encoded = [1.055 * v ** (1 / 2.4) - 0.055 for v in (smooth().astype(np.float64), smooth() + 0.1)]
    assert first["psnr_db"] == pytest.approx(peak_signal_noise_ratio(*encoded, data_range=1.0), abs=1e-3)


def test_a_mosaic_is_compared_with_full_rgb(bayer: tuple[Path, np.ndarray, np.ndarray]) -> None:
    folder, mosaic, rgb = bayer
    line, _ = lines(run("--task", "demosaic", "--pairs", folder, "--model", "none", "--json"))
    # OpenCV names Bayer patterns by another corner: GBRG is its "GR"; it works on integers and fills borders otherwise.
    scaled = np.rint(mosaic * 60000).astype(np.uint16)
    expected = cv2.cvtColor(scaled, cv2.COLOR_BayerGR2RGB).astype(np.float64) / 60000
    inside = np.s_[3:-3, 3:-3]
    reference = peak_signal_noise_ratio(rgb[inside].astype(np.float64), expected[inside], data_range=1.0)
    assert line["psnr_db"] == pytest.approx(reference, abs=1.5)


def test_a_model_goes_through_the_steps_of_apply(bayer: tuple[Path, np.ndarray, np.ndarray], store: Path) -> None:
    folder, _, _ = bayer
    task = get_task("demosaic")
    model = build_model(task, Domain.BAYER, UNet(Domain.BAYER, {"width": 4, "depth": 1}))
    assert isinstance(model.head, UpsamplingHead)
    torch.nn.init.zeros_(model.head.last.weight)
    save_head(store / "models" / "zero.safetensors", model, Header("head", Domain.BAYER, task="demosaic"))
    judged, _ = lines(run("--task", "demosaic", "--pairs", folder, "--json"))
    # A head without weights is interpolation; the steps around it change no more than the mean and the border.
    noisy, clean = (read_frame(next((folder / half).iterdir())) for half in ("noisy", "clean"))
    interpolated = malvar(noisy_tensor(noisy)[None])[0]
    assert judged["psnr_db"] == pytest.approx(psnr_db(interpolated, clean_tensor(clean, noisy, task)), abs=0.5)
    assert "newest in the store" in run("--task", "demosaic", "--pairs", folder).stderr


def test_a_table_for_people(offsets: Path) -> None:
    result = run("--task", "denoise", "--pairs", offsets, "--model", "none")
    assert result.exit_code == 0
    assert "20.0000" in result.stdout
    assert "mean" in result.stdout


def test_pairs_that_fail_do_not_stop_the_rest(offsets: Path) -> None:
    write_tiff(offsets / "noisy" / "c.tif", smooth())
    write_tiff(offsets / "clean" / "c.tif", smooth()[:20])
    write_tiff(offsets / "noisy" / "lonely.tif", smooth())
    result = run("--task", "denoise", "--pairs", offsets, "--model", "none", "--json")
    assert result.exit_code == 1
    kinds = [(line["kind"], line["status"]) for line in map(json.loads, result.stdout.splitlines())]
    assert kinds == [("pair", "done")] * 2 + [("pair", "failed")] * 2 + [("mean", "done")]
    assert "lonely.tif" in result.stderr
    assert "has 48×20 pixels where denoise expects 48×36" in result.stderr


def test_bad_input_is_one_sentence(offsets: Path, tmp_path: Path) -> None:
    for arguments, message in (
        (("--pairs", offsets, "--model", "nothing"), "no file and no model"),
        (("--pairs", offsets / "noisy"), "holds no pairs"),
        (("--pairs", tmp_path / "missing"), "does not exist"),
    ):
        result = run("--task", "denoise", *arguments)
        assert result.exit_code == 2
        assert message in result.stderr
        assert "Traceback" not in result.output


@pytest.mark.slow
def test_doing_nothing_and_several_heads_stand_beside_each_other(bayer: tuple[Path, Any, Any], store: Path) -> None:
    folder, _, _ = bayer
    none, _ = lines(run("--task", "demosaic", "--pairs", folder, "--model", "none", "--json"))
    both = lines(run("--task", "demosaic", "--pairs", folder, "--model", "shipped", "--model", "none", "--json"))
    assert [(line["kind"], line["model"]) for line in both] == [
        (kind, model) for kind in ("pair", "mean") for model in ("shipped", "none")
    ]
    one, _ = lines(run("--task", "demosaic", "--pairs", folder, "--json"))
    assert one["input"] == both[0]["input"] == {"psnr_db": none["psnr_db"], "ssim": none["ssim"]}
    assert one["psnr_db"] == both[0]["psnr_db"] != none["psnr_db"]
    table = run("--task", "demosaic", "--pairs", folder).stdout
    assert [line.split()[0] for line in table.splitlines() if line.strip()][2:] == ["noisy/a.dng", "mean", "doing"]
    several = run("--task", "demosaic", "--pairs", folder, "--model", "shipped", "--model", "none").stdout
    assert f"{both[2]['psnr_db']:.4f}" in several
    assert "doing nothing" in several
