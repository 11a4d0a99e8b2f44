"""`rcl finetune` end to end on tiny pictures, and what it answers to bad input."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from click.testing import CliRunner, Result

from rcl_cli.cli.main import cli
from rcl_cli.domain import Domain
from rcl_cli.models.backbone import Backbone, load_backbone, save_backbone
from rcl_cli.models.choose import find_model
from rcl_cli.models.header import Header, read_header
from rcl_cli.models.store import Store
from rcl_cli.models.task_model import load_head
from rcl_cli.raw.dng.write import write_dng
from rcl_cli.raw.frame import raw_frame
from rcl_cli.task import get_task
from rcl_tasks.unet import UNet

SHORT = ("--steps", "4", "--validate-every", "2", "--batch", "2", "--crop", "24")
LEARNABLE = ("--shot", "0.02", "--read", "0.01", "--lr", "0.01")
QUICK = (*SHORT, "--width", "4", "--depth", "1")


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(cli, ["finetune", *map(str, arguments)])


def lines(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


@pytest.fixture
def backbone(tmp_path: Path) -> Path:
    torch.manual_seed(3)
    path = tmp_path / "pretrained.safetensors"
    save_backbone(path, Backbone(UNet(Domain.BAYER, {"width": 4, "depth": 1})), Header("backbone", Domain.BAYER))
    return path


def test_a_head_from_clean_pictures_goes_to_the_store(pictures: Path, store: Path, tmp_path: Path) -> None:
    run_folder = tmp_path / "run"
    result = run("--task", "demosaic", "--clean", pictures, "--labels", "3", "--json", "-o", run_folder, *QUICK)
    assert result.exit_code == 0, result.output
    *validations, last = lines(result)
    assert [v["step"] for v in validations] == [0, 2, 4]
    assert {v.pop("kind") for v in validations} == {"validation"}
    assert {(v.pop("path"), v.pop("status"), v.pop("reason")) for v in validations} == {(None, "done", "")}
    assert [json.loads(line) for line in (run_folder / "metrics.jsonl").read_text().splitlines()] == validations
    assert last["psnr_db"] == max(v["val_psnr_db"] for v in validations)
    stored = store / "models" / "demosaic-bayer.safetensors"
    assert (last["kind"], last["path"], last["status"]) == ("model", str(stored), "done")
    header = read_header(stored)
    assert (header.kind, header.task, header.domain, header.parent) == ("head", "demosaic", Domain.BAYER, "none")
    assert header.notes["labels"] == 3
    assert header.noise["kind"] == "sensor"
    assert header.data.startswith("3 files")
    load_head(stored, get_task("demosaic"), Domain.BAYER)


def test_of_a_raw_and_a_picture_of_one_shot_the_raw_is_taken(pictures: Path) -> None:
    for name in ("2", "4"):
        dn = np.random.default_rng(0).integers(600, 4000, (128, 144)).astype(np.uint16)
        write_dng(pictures / f"{name}.dng", raw_frame(dn, "RGGB", black=512, white=4095))
    result = run("--task", "denoise", "--clean", pictures, "--domain", "rgb", *QUICK)
    assert result.exit_code == 0, result.output
    left = "2 pictures are left out, because the raws of the same shots lie beside them, such as"
    assert result.stderr.count(left) == 1
    assert "5 for training, 1 held out" in result.stderr


def test_a_frozen_backbone_stays_as_it_is(pictures: Path, store: Path, backbone: Path) -> None:
    result = run("--task", "denoise", "--clean", pictures, "--backbone", backbone, "--freeze", *SHORT, *LEARNABLE)
    assert result.exit_code == 0, result.output
    stored = store / "models" / "denoise-bayer.safetensors"
    assert read_header(stored).parent == "pretrained"
    model, _ = load_head(stored, get_task("denoise"), Domain.BAYER)
    pretrained, _ = load_backbone(backbone, Domain.BAYER)
    for name, value in pretrained.network.state_dict().items():
        assert torch.equal(model.network.state_dict()[name], value), name


def test_a_head_is_trained_further(pictures: Path, store: Path) -> None:
    assert run("--task", "sr", "--clean", pictures, "--domain", "rgb", *QUICK).exit_code == 0
    # At this rate the steps are sure to improve a little, however many threads round.
    result = run("--task", "sr", "--clean", pictures, "--backbone", "sr-rgb", "--json", *SHORT, "--lr", "0.00003")
    assert result.exit_code == 0, result.output
    assert lines(result)[-1]["name"] == "sr-rgb-2"
    assert (store / "runs" / "sr-rgb-2" / "metrics.jsonl").is_file()


@pytest.mark.slow
@pytest.mark.parametrize("domain", ["bayer", "rgb"])
def test_pairs_as_simulate_writes_them(pictures: Path, store: Path, tmp_path: Path, domain: str) -> None:
    made = tmp_path / "pairs"
    simulated = CliRunner().invoke(
        cli, ["simulate", str(pictures), "-o", str(made), "--domain", domain, "--shot", "0.01", "--read", "1e-4"]
    )
    assert simulated.exit_code == 0, simulated.output
    result = run("--task", "denoise", "--pairs", made, *QUICK)
    assert result.exit_code == 0, result.output
    header = read_header(store / "models" / f"denoise-{domain}.safetensors")
    assert header.noise["kind"] == "pairs"
    if domain == "bayer":
        assert header.noise["profiles"][0]["shot"] == pytest.approx([0.01] * 4, rel=1e-3)


def test_unusable_pictures_are_named_and_the_rest_is_used(pictures: Path) -> None:
    (pictures / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n broken")
    cv2.imwrite(str(pictures / "tiny.png"), np.zeros((9, 9, 3), np.uint8))
    result = run("--task", "demosaic", "--clean", pictures, *QUICK)
    assert result.exit_code == 1
    assert "broken.png" in result.stderr
    assert "too small" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "name clean pictures"),
        (("--clean", "missing"), "missing: does not exist"),
        (("--clean", ".", "--domain", "rgb"), "demosaic works on bayer, xtrans, not on rgb"),
        (("--clean", ".", "--backbone", "nothing"), "no file and no model"),
        (("--clean", ".", "--shot", "1", "--sigma-range", "0", "1"), "exclude one another"),
        (("--pairs", ".", "--shot", "1"), "pairs have noise already"),
        (("--clean", ".", "--name", "../mine"), "cannot be a name in the store"),
        (("--clean", ".", "--name", "none"), "cannot be a name in the store"),
        (("--clean", ".", "--labels", "40"), "--labels 40 is too many"),
        (("--clean", ".", "--crop", "400"), "too small"),
    ],
)
def test_bad_input_is_one_sentence(
    pictures: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], message: str
) -> None:
    monkeypatch.chdir(pictures)
    result = run("--task", "demosaic", *QUICK, *arguments)
    assert result.exit_code == 2
    assert message in result.stderr
    assert "Traceback" not in result.output


def test_a_run_is_never_overwritten(pictures: Path, tmp_path: Path) -> None:
    (tmp_path / "head.safetensors").write_bytes(b"precious")
    result = run("--task", "demosaic", "--clean", pictures, "-o", tmp_path, *QUICK)
    assert result.exit_code == 2
    assert (tmp_path / "head.safetensors").read_bytes() == b"precious"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_run_that_is_asked_to_stop_keeps_the_best_and_says_how_to_go_on(
    pictures: Path, store: Path, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    from rcl_cli.cli.console import Bar

    done: list[float] = []

    def interrupt(self: Bar, steps: float = 1) -> None:
        done.append(steps)
        if len(done) == 9:  # six pictures are read first
            signal.raise_signal(number)

    monkeypatch.setattr(Bar, "advance", interrupt)
    result = run("--task", "demosaic", "--clean", pictures, *QUICK)
    assert result.exit_code == 130
    assert "Interrupted after 3 steps" in result.stderr
    assert (store / "models" / "demosaic-bayer.safetensors").is_file()
    assert f"Continue with: rcl finetune --resume -o {store / 'runs' / 'demosaic-bayer'}" in result.stderr


def test_a_head_that_is_worse_than_the_one_in_use_says_how_to_use_that(pictures: Path, store: Path) -> None:
    result = run("--task", "demosaic", "--clean", pictures, "--backbone", "none", *QUICK)
    assert result.exit_code == 0, result.output
    said = " ".join(result.stderr.split())
    assert "better than demosaic-bayer" in said
    assert "rcl apply --model shipped" in said
    assert "Noise of the clean pictures themselves" in said
    choice = find_model(get_task("demosaic"), Domain.BAYER, "", Store(store))
    assert choice.path.parent == store / "models"
    assert "--model shipped takes the better one" in choice.reason


def test_the_folder_of_a_pretraining_stands_for_its_backbone(pictures: Path, backbone: Path, store: Path) -> None:
    folder = backbone.parent / "pretraining"
    folder.mkdir()
    backbone.rename(folder / "backbone.safetensors")
    result = run("--task", "denoise", "--clean", pictures, "--backbone", folder, *SHORT, *LEARNABLE)
    assert result.exit_code == 0, result.output
    assert read_header(store / "models" / "denoise-bayer.safetensors").parent == "pretraining"


def test_a_backbone_has_its_own_network(pictures: Path, backbone: Path) -> None:
    result = run("--task", "denoise", "--clean", pictures, "--backbone", backbone, *QUICK)
    assert result.exit_code == 2
    assert "go with --backbone none" in result.stderr
