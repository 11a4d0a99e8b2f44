from __future__ import annotations

import json
import signal
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import Result

from rcl_cli.models.header import read_header
from rcl_cli.models.store import Store

TINY = ["--steps", "3", "--batch", "3", "--crop", "16", "--width", "4", "--depth", "1", "--encoder-steps", "2"]
Run = Callable[..., Result]


def metrics(folder: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]


@pytest.mark.slow
def test_a_run_leaves_a_backbone_its_metrics_and_a_stored_model(run: Run, pictures: Path, tmp_path: Path) -> None:
    result = run(pictures, "-o", tmp_path / "run", *TINY, "--json", "--name", "mine")
    assert result.exit_code == 0, result.output
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert [line["step"] for line in lines] == [1, 2, 3, 3]
    assert {"total", "contrast", "recorrupted", "residual_dn", "emd_positive", "emd_negative", "accuracy"} <= lines[
        0
    ].keys()
    head = ("kind", "path", "status", "reason")
    assert [[line.pop(name) for name in head] for line in lines[:3]] == [["step", None, "done", ""]] * 3
    assert metrics(tmp_path / "run") == lines[:3]
    backbone = str(tmp_path / "run" / "backbone.safetensors")
    assert [lines[3][name] for name in head] == ["model", backbone, "done", ""]
    header = read_header(tmp_path / "run" / "backbone.safetensors")
    assert (header.kind, header.domain.value, header.step) == ("backbone", "rgb", 3)
    assert header.data.startswith("4 files, ")
    assert [model.name for model in Store.open().scan()[0]] == ["mine"] == [lines[3]["name"]]


@pytest.mark.slow
def test_a_stopped_run_goes_on_as_if_it_had_not_been(run: Run, pictures: Path, tmp_path: Path) -> None:
    assert run(pictures, "-o", tmp_path / "whole", *TINY).exit_code == 0
    assert run(pictures, "-o", tmp_path / "half", *TINY, "--steps", 1).exit_code == 0
    resumed = run("--resume", "-o", tmp_path / "half", "--steps", 3)
    assert resumed.exit_code == 0, resumed.output
    assert json.loads((tmp_path / "half" / "run.json").read_text())["settings"]["steps"] == 3
    whole, half = (tmp_path / name / "state.safetensors" for name in ("whole", "half"))
    assert whole.read_bytes() == half.read_bytes()
    assert [m["step"] for m in metrics(tmp_path / "half")] == [1, 2, 3]


def test_ctrl_c_saves_and_says_how_to_go_on(
    run: Run, pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = "rcl_cli.train.log.MetricsLog.write"
    monkeypatch.setattr(write, lambda self, values: signal.raise_signal(signal.SIGINT))
    result = run(pictures, "-o", tmp_path / "run", *TINY)
    assert result.exit_code == 130
    assert "Saved at step 1" in result.output
    assert f"rcl pretrain --resume -o {tmp_path / 'run'}" in result.output
    assert (tmp_path / "run" / "state.safetensors").is_file()
    assert Store.open().scan()[0] == []


def test_bad_files_are_named_and_the_rest_used(run: Run, pictures: Path, tmp_path: Path) -> None:
    (pictures / "bad.png").write_bytes(b"\x89PNG\r\n\x1a\n cut short")
    cv2.imwrite(str(pictures / "small.png"), np.full((20, 20, 3), 9, np.uint8))
    result = run(pictures, tmp_path / "missing", "-o", tmp_path / "run", *TINY)
    assert result.exit_code == 1, result.output
    for name in ("bad.png", "small.png", "missing"):
        assert sum(name in line for line in result.stderr.splitlines()) == 1
    assert "4 rgb pictures" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["PICTURES", "--crop", "17"], "--crop must be"),
        (["PICTURES", "--domain", "bayer"], "at least two usable bayer pictures, and found none"),
        (["PICTURES", "--pretext", "nothing"], "there is no pretext 'nothing'"),
        (["PICTURES", "--encoder", "nowhere.safetensors"], "--encoder takes self"),
        (["PICTURES", "--encoder-layers", "9"], "layers 0 to 2, not 9"),
        (["PICTURES", "--device", "abacus"], "no device called 'abacus'"),
        (["PICTURES", "--cache-size", "lots"], "500M"),
        (["PICTURES", "--option", "temperature=2"], "has no option temperature"),
        (["--resume"], "no run to resume"),
        ([], "name the pictures to train on"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(
    run: Run, pictures: Path, tmp_path: Path, arguments: list[str], message: str
) -> None:
    given = [str(pictures) if argument == "PICTURES" else argument for argument in arguments]
    result = (
        run("-o", tmp_path / "run", *TINY, *given) if "--resume" not in given else run("-o", tmp_path / "run", *given)
    )
    assert result.exit_code == 2
    assert message in " ".join(result.stderr.split())
    assert "Traceback" not in result.stderr
    folder = tmp_path / "run"
    assert not folder.exists() or any(folder.iterdir())


@pytest.mark.slow
def test_other_pictures_or_settings_do_not_resume_a_run(run: Run, pictures: Path, tmp_path: Path) -> None:
    assert run(pictures, "-o", tmp_path / "run", *TINY).exit_code == 0
    again = run(pictures, "-o", tmp_path / "run", *TINY)
    assert again.exit_code == 2
    assert "holds a run already" in again.stderr
    for setting in (["--lr", 0.1], ["--encoder-layers", "1"], ["--tau", 2], ["--option", "x=1"]):
        changed = run("--resume", "-o", tmp_path / "run", *setting)
        assert changed.exit_code == 2
        assert f"leave out {setting[0]}" in changed.stderr
    (pictures / "0.png").unlink()
    fewer = run("--resume", "-o", tmp_path / "run", "--steps", 4)
    assert fewer.exit_code == 2
    assert "not the pictures" in fewer.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    "choice",
    [
        ["--encoder", "self"],
        ["--option", "recorrupted=0"],
        ["--encoder", "none", "--option", "recorrupted=0"],
        ["--distance", "mmd"],
        ["--distance", "bd", "--planes", "separate"],
        ["--no-skip"],
        ["--sigma-range", "0", "20"],
    ],
)
def test_choices(run: Run, pictures: Path, tmp_path: Path, choice: list[str]) -> None:
    result = run(pictures, "-o", tmp_path / "run", *TINY, *choice)
    assert result.exit_code == 0, result.output
    # The pictures' noise can be measured, so that an encoder is made only if it is asked for, or the noise is not used.
    wanted = "none" not in choice and bool({"--encoder", "recorrupted=0"} & set(choice))
    assert ("consistency" in metrics(tmp_path / "run")[0]) == wanted


@pytest.mark.parametrize("linear", [True, False])
def test_linear_keeps_the_values_of_the_files(run: Run, pictures: Path, tmp_path: Path, linear: bool) -> None:
    assert run(pictures, "-o", tmp_path / "run", *TINY, *["--linear"] * linear).exit_code == 0
    assert json.loads((tmp_path / "run" / "run.json").read_text())["settings"]["linear"] is linear
    means = sorted(float(np.load(file).mean()) for file in (tmp_path / "cache").glob("*.npy"))
    values = np.array([100, 120, 140, 160]) / 255
    expected = values if linear else ((values + 0.055) / 1.055) ** 2.4
    assert means == pytest.approx(expected.tolist(), abs=0.01)


@pytest.mark.slow
@pytest.mark.realdata
def test_real_raws(run: Run, realdata: Path, tmp_path: Path) -> None:
    raws = sorted((realdata / "raw" / "bayer").glob("*.CRW"))[:3]
    encoder = realdata / "encoders" / "mobilenetv2-imagenet.safetensors"
    result = run(
        *raws, realdata / "raw" / "bad" / "exiftool_Nikon.nef", "-o", tmp_path / "run", *TINY, "--encoder", encoder
    )
    assert result.exit_code == 1, result.output
    assert "exiftool_Nikon.nef" in result.stderr
    header = read_header(tmp_path / "run" / "backbone.safetensors")
    assert (header.domain.value, header.camera) == ("bayer", "")


def test_a_run_without_a_folder_goes_to_the_store_under_the_name_of_the_pictures(
    run: Run, pictures: Path, store: Path
) -> None:
    first = run(pictures, *TINY)
    assert first.exit_code == 0, first.output
    assert sum(str(store / "runs" / "pictures") in line for line in first.stderr.splitlines()) >= 2
    assert run(pictures / "0.png", pictures / "1.png", *TINY).exit_code == 0
    assert sorted(path.name for path in (store / "runs").iterdir()) == ["pictures", "pictures-2"]
    assert {model.name for model in Store.open().scan()[0]} == {"pictures", "pictures-2"}


@pytest.mark.slow
def test_a_resumed_run_puts_its_new_weights_under_the_old_name(run: Run, pictures: Path, tmp_path: Path) -> None:
    assert run(pictures, "-o", tmp_path / "mine", *TINY).exit_code == 0
    assert run(pictures, "-o", tmp_path / "other" / "mine", *TINY, "--seed", 4).exit_code == 0
    for _ in range(2):
        assert run("--resume", "-o", tmp_path / "mine", "--steps", 5).exit_code == 0
    store = Store.open()
    assert {model.name: model.header.step for model in store.scan()[0]} == {"mine": 5, "mine-2": 3}
    assert store.resolve("mine").read_bytes() == (tmp_path / "mine" / "backbone.safetensors").read_bytes()


def test_an_interrupted_run_keeps_the_name_that_its_models_are_to_have(run: Run, pictures: Path, store: Path) -> None:
    assert run(pictures, *TINY, "--name", "mine").exit_code == 0
    folder = store / "runs" / "pictures"
    note = json.loads((folder / "run.json").read_text())
    (folder / "run.json").write_text(json.dumps({**note, "names": {}}))  # as it is before the end
    (store / "models" / "mine.safetensors").unlink()
    assert run("--resume", "--steps", 4).exit_code == 0
    assert (store / "models" / "mine.safetensors").is_file()


def test_the_newest_run_of_the_store_is_resumed(run: Run, pictures: Path, store: Path) -> None:
    nothing = run("--resume")
    assert nothing.exit_code == 2
    assert "no run to resume" in nothing.stderr
    assert run(pictures, *TINY).exit_code == 0
    resumed = run("--resume", "--steps", 4)
    assert resumed.exit_code == 0, resumed.output
    assert [m["step"] for m in metrics(store / "runs" / "pictures")] == [1, 2, 3, 4]
    assert "already" not in resumed.stderr
    for fewer in (2, 4):
        kept = run("--resume", "--steps", fewer)
        assert kept.exit_code == 0, kept.output
        assert "already at step 4" in " ".join(kept.stderr.split())
