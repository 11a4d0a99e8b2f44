from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import rawpy
import torch
from click.testing import CliRunner, Result

from rcl_cli.domain import Domain
from rcl_cli.header import Header
from rcl_cli.inference import batch
from rcl_cli.main import cli
from rcl_cli.nn.model import build_model, save_head
from rcl_cli.nn.unet import UNet, UNetConfig
from rcl_cli.plugins import get_task
from rcl_cli.raw.cfa import CFA
from rcl_cli.raw.dng import write_dng
from rcl_cli.raw.frame import Metadata, RawFrame
from rcl_cli.raw.read import read_frame
from rcl_cli.task import Task

FIELDS = ["input", "output", "task", "model", "status", "reason", "seconds", "megapixels"]


def add_head(store: Path, task: str, domain: Domain, name: str = "", camera: str = "") -> Path:
    """A small head that nearly passes its input on."""
    torch.manual_seed(1)
    made = get_task(task)
    path = store / "models" / f"{name or f'{task}-{domain.value}'}.safetensors"
    model = build_model(made, domain, UNet(UNetConfig(domain.channels, width=4, depth=1)))
    save_head(path, model, Header("head", domain, {}, task=task, scale=made.scale, camera=camera))
    return path


def write_raw(path: Path, phase: str = "GRBG", shape: tuple[int, int] = (67, 82), orientation: int = 1) -> RawFrame:
    cfa = CFA.xtrans(1, 2) if phase == "xtrans" else CFA.bayer(phase)
    rng = np.random.default_rng(len(path.name))
    y, x = np.mgrid[: shape[0], : shape[1]]
    clean = np.choose(cfa.colors(*shape), [0.15 + x / 400, 0.3 + y / 300, 0.1 + x / 500])
    noisy = clean + np.sqrt(0.002 * clean + 1e-5) * rng.standard_normal(shape)
    mosaic = np.clip(np.rint(64 + noisy * (4095 - 64)), 0, 4095).astype(np.uint16)
    metadata = Metadata(
        make="Acme", model="One", iso=800.0, exposure_s=0.01, white_balance=(2.0, 1.0, 1.5), orientation=orientation
    )
    frame = RawFrame(mosaic, cfa, (64.0,) * 4, 4095.0, metadata)
    write_dng(path, frame)
    return frame


def write_picture(path: Path, shape: tuple[int, int] = (40, 56)) -> np.ndarray:
    y, x = np.mgrid[: shape[0], : shape[1]]
    noise = np.random.default_rng(0).integers(-6, 6, (*shape, 3))
    bgr = np.clip(np.stack([90 + x, 120 + y, 80 + x // 2 + y], axis=-1) + noise, 0, 255).astype(np.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), bgr)
    return bgr


def run(*arguments: object) -> Result:
    return CliRunner().invoke(cli, ["apply", *map(str, arguments)])


def lines(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


@pytest.fixture
def raws(tmp_path: Path) -> Path:
    folder = tmp_path / "raws"
    write_raw(folder / "a.dng")
    write_raw(folder / "day" / "b.dng", "xtrans")
    return folder


@pytest.fixture
def heads(store: Path) -> Path:
    for task in ("denoise", "demosaic", "sr", "jdensr"):
        for domain in get_task(task).domains:
            add_head(store, task, domain)
    return store


@pytest.mark.parametrize(("task", "scale"), [("denoise", 1), ("demosaic", 1), ("sr", 2), ("jdensr", 2)])
def test_raws_become_dngs_that_open(task: str, scale: int, raws: Path, heads: Path, tmp_path: Path) -> None:
    result = run("--task", task, raws, "-o", tmp_path / "out", "--json")
    assert result.exit_code == 0, result.stderr
    assert [list(line) for line in lines(result)] == [FIELDS] * 2
    assert {line["status"] for line in lines(result)} == {"done"}
    for name in ("a.dng", "day/b.dng"):
        source, made = read_frame(raws / name), read_frame(tmp_path / "out" / name)
        assert isinstance(source, RawFrame)
        height, width = source.mosaic.shape
        if task == "denoise":
            assert isinstance(made, RawFrame)
            assert made.cfa == source.cfa
            assert made.mosaic.shape == (height, width)
            assert made.normalized().mean() == pytest.approx(source.normalized().mean(), abs=1e-3)
        else:
            assert not isinstance(made, RawFrame)
            assert made.rgb.shape == (height * scale, width * scale, 3)
            green = source.cfa.colors(height, width) == 1
            assert made.rgb[..., 1].mean() == pytest.approx(source.normalized()[green].mean(), abs=3e-3)
        with rawpy.imread(str(tmp_path / "out" / name)) as raw:
            # LibRaw interpolates no X-Trans below 512 pixels.
            half = name == "day/b.dng" and task == "denoise"
            expected = (-(-height // 2), -(-width // 2), 3) if half else (height * scale, width * scale, 3)
            assert raw.postprocess(user_flip=0, half_size=half).shape == expected


def test_pictures_keep_their_kind_and_their_colours(heads: Path, tmp_path: Path) -> None:
    for suffix in ("png", "tif", "jpg"):
        write_picture(tmp_path / "in" / f"{suffix}s.{suffix}")
    result = run("--task", "denoise", tmp_path / "in", "-o", tmp_path / "out")
    assert result.exit_code == 0, result.stderr
    for suffix in ("png", "tif", "jpg"):
        before, after = (cv2.imread(str(tmp_path / place / f"{suffix}s.{suffix}")) for place in ("in", "out"))
        assert before is not None
        assert after is not None
        assert after.shape == before.shape
        assert np.abs(after.astype(int) - before).mean() < 12


def test_strength_0_of_denoise_gives_the_input_exactly(raws: Path, heads: Path, tmp_path: Path) -> None:
    picture = write_picture(raws / "c.png")
    result = run("--task", "denoise", raws, "-o", tmp_path / "out", "--strength", 0)
    assert result.exit_code == 0, result.stderr
    np.testing.assert_array_equal(cv2.imread(str(tmp_path / "out" / "c.png")), picture)
    for name in ("a.dng", "day/b.dng"):
        before, after = read_frame(raws / name), read_frame(tmp_path / "out" / name)
        assert isinstance(before, RawFrame)
        assert isinstance(after, RawFrame)
        np.testing.assert_allclose(after.normalized(), before.normalized(), atol=1e-6)


def test_what_exists_is_skipped_before_it_is_decoded(
    raws: Path, heads: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = ("--task", "denoise", raws, "-o", tmp_path / "out", "--json")
    assert run(*arguments).exit_code == 0
    before = (tmp_path / "out" / "a.dng").read_bytes()
    decoded: list[Path] = []
    monkeypatch.setattr(batch, "read_frame", lambda path, linear: decoded.append(path) or read_frame(path))
    again = run(*arguments)
    assert again.exit_code == 0
    assert [line["status"] for line in lines(again)] == ["skipped", "skipped"]
    assert not decoded
    replaced = run(*arguments, "--overwrite", "--strength", 0.3)
    assert [line["status"] for line in lines(replaced)] == ["done", "done"]
    assert len(decoded) == 2
    assert (tmp_path / "out" / "a.dng").read_bytes() != before


def test_the_current_folder_is_the_default_and_results_inside_it_are_no_inputs(
    raws: Path, heads: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(raws)
    inputs = {path: path.read_bytes() for path in raws.rglob("*.dng")}
    for _ in range(2):
        result = run("--task", "denoise", "-o", "results", "--json")
        assert result.exit_code == 0, result.stderr
        assert sorted(line["input"] for line in lines(result)) == ["a.dng", "day/b.dng"]
    assert {path: path.read_bytes() for path in inputs} == inputs
    assert not (raws / "results" / "results").exists()


def test_the_input_folder_is_refused_as_output_folder(raws: Path, heads: Path) -> None:
    result = run("--task", "denoise", raws, "-o", raws)
    assert result.exit_code == 2
    assert "also the input folder" in result.stderr


def test_one_bad_file_is_one_line_and_the_rest_is_done(raws: Path, heads: Path, tmp_path: Path) -> None:
    (raws / "cut.dng").write_bytes((raws / "a.dng").read_bytes()[:900])
    result = run("--task", "denoise", raws, tmp_path / "missing.dng", "-o", tmp_path / "out", "--json")
    assert result.exit_code == 1
    by_name = {Path(line["input"]).name: line for line in lines(result)}
    assert {name: line["status"] for name, line in by_name.items()} == {
        "a.dng": "done",
        "b.dng": "done",
        "cut.dng": "failed",
        "missing.dng": "failed",
    }
    assert by_name["cut.dng"]["output"] is None
    assert by_name["cut.dng"]["reason"]
    assert "Traceback" not in result.stderr


def test_nothing_done_is_exit_code_2(heads: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "bad.dng").write_bytes(b"II*\x00 and then nothing")
    for paths in (tmp_path / "empty", tmp_path / "bad.dng", tmp_path / "missing"):
        result = run("--task", "denoise", paths, "-o", tmp_path / "out")
        assert result.exit_code == 2
        assert "Traceback" not in result.stderr
    assert not (tmp_path / "out").exists()


def test_the_newest_head_is_taken_and_said(raws: Path, store: Path, tmp_path: Path) -> None:
    old = add_head(store, "denoise", Domain.BAYER, "old")
    os.utime(old, (time.time() - 100,) * 2)
    new = add_head(store, "denoise", Domain.BAYER, "new")
    mine = add_head(store, "denoise", Domain.BAYER, "mine", camera="Acme One")
    os.utime(mine, (time.time() - 200,) * 2)
    for expected in (mine, new, old):
        result = run("--task", "denoise", raws / "a.dng", "-o", tmp_path / expected.stem, "--json")
        assert lines(result)[0]["model"] == str(expected)
        assert str(expected) in result.stderr
        expected.unlink()


def test_a_given_model_must_fit(raws: Path, heads: Path, tmp_path: Path) -> None:
    def failing(model: object) -> Result:
        result = run("--task", "denoise", raws / "a.dng", "-o", tmp_path / "out", "--model", model)
        assert result.exit_code == 2
        assert "Traceback" not in result.stderr
        return result

    (tmp_path / "cut.safetensors").write_bytes((heads / "models" / "denoise-bayer.safetensors").read_bytes()[:-9])
    (tmp_path / "text.safetensors").write_text("no safetensors file at all")
    assert "made for rgb" in failing("denoise-rgb").stderr
    assert "a head for sr" in failing("sr-bayer").stderr
    assert "cut short" in failing(tmp_path / "cut.safetensors").stderr
    assert "not a safetensors file" in failing(tmp_path / "text.safetensors").stderr
    assert "is called 'nobody'" in failing("nobody").stderr


def test_a_task_says_which_files_it_works_on(heads: Path, tmp_path: Path) -> None:
    write_picture(tmp_path / "a.png")
    result = run("--task", "demosaic", tmp_path / "a.png", "-o", tmp_path / "out")
    assert result.exit_code == 2
    assert "works on bayer, xtrans files; this one is rgb" in result.stderr


def test_npy_holds_the_networks_linear_result(raws: Path, heads: Path, tmp_path: Path) -> None:
    result = run("--task", "demosaic", raws / "a.dng", "-o", tmp_path / "out", "--format", "npy")
    assert result.exit_code == 0, result.stderr
    pixels = np.load(tmp_path / "out" / "a.npy")
    assert pixels.dtype == np.float32
    assert pixels.shape == (67, 82, 3)


def test_ctrl_c_keeps_what_is_done(raws: Path, heads: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = batch.Pipeline.apply

    def interrupted(self: Any, frame: Any, target: Path, **rest: Any) -> None:
        if target.name == "b.dng":
            raise KeyboardInterrupt
        first(self, frame, target, **rest)

    monkeypatch.setattr(batch.Pipeline, "apply", interrupted)
    result = run("--task", "denoise", raws, "-o", tmp_path / "out")
    assert result.exit_code == 130
    assert "Interrupted" in result.stderr
    assert [path.name for path in (tmp_path / "out").rglob("*") if path.is_file()] == ["a.dng"]


def test_a_task_that_fails_is_a_reason_and_with_debug_a_traceback(
    raws: Path, heads: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    finish = Task.finish

    def failing(self: Task, prediction: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        if len(x) == Domain.XTRANS.channels:
            raise ValueError("no X-Trans\nplease")
        return finish(self, prediction, x)

    monkeypatch.setattr(Task, "finish", failing)
    result = run("--task", "denoise", raws, "-o", tmp_path / "out", "--json")
    assert result.exit_code == 1
    assert [line["status"] for line in lines(result)] == ["done", "failed"]
    assert lines(result)[1]["reason"] == "unexpected ValueError: no X-Trans please"
    assert "Traceback" not in result.stderr
    assert "Traceback" in run("--task", "denoise", raws, "-o", tmp_path / "out", "--debug").stderr


@pytest.mark.realdata
def test_bad_raws_are_one_line_each_beside_a_good_one(realdata: Path, heads: Path, tmp_path: Path) -> None:
    bad = realdata / "raw" / "bad"
    write_raw(tmp_path / "good.dng")
    result = run("--task", "denoise", bad, tmp_path / "good.dng", "-o", tmp_path / "out", "--json")
    assert result.exit_code == 1, result.stderr
    status = {Path(line["input"]).name: line["status"] for line in lines(result)}
    names = {path.name for path in bad.iterdir() if path.is_file()}
    assert status == {**dict.fromkeys(names, "failed"), "good.dng": "done"}
    assert all(line["reason"] and "\n" not in line["reason"] for line in lines(result) if line["status"] == "failed")
    assert "Traceback" not in result.stderr
    assert (tmp_path / "out" / "good.dng").is_file()


@pytest.mark.realdata
def test_bad_raws_alone_are_exit_code_2(realdata: Path, heads: Path, tmp_path: Path) -> None:
    result = run("--task", "denoise", realdata / "raw" / "bad", "-o", tmp_path / "out")
    assert result.exit_code == 2
    assert "Traceback" not in result.stderr
