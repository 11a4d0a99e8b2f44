"""`--report` of the verbs: a page of what they did, and no work lost to a page."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner, Result

from rcl_cli.cli.main import cli
from rcl_cli.errors import RclError

TINY = ["--width", "4", "--depth", "1", "--steps", "3", "--batch", "2", "--crop", "16", "--network", "unet"]


def rcl(*arguments: object) -> Result:
    return CliRunner().invoke(cli, list(map(str, arguments)))


@pytest.fixture(scope="module")
def raws(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three synthetic raws in noisy/ with what they should be in clean/."""
    folder = tmp_path_factory.mktemp("raws")
    made = rcl("samples", folder / "noisy", "--clean", folder / "clean", "--count", 3, "--size", 96)
    assert made.exit_code == 0, made.stderr
    return folder


@pytest.fixture
def page(tmp_path: Path) -> Path:
    return tmp_path / "pages" / "report.html"


@pytest.mark.slow
def test_calibrate(raws: Path, page: Path) -> None:
    made = rcl("calibrate", raws / "noisy", "--report", page, "--json")
    assert made.exit_code == 0, made.stderr
    assert all(json.loads(line) for line in made.stdout.splitlines())
    text = page.read_text()
    assert "rcl Sample" in text
    assert "<circle" in text  # what was measured, beside the fit


@pytest.mark.slow
def test_apply_and_then_its_results(raws: Path, tmp_path: Path, page: Path) -> None:
    out = tmp_path / "out"
    command = ["apply", "--task", "denoise", raws / "noisy", "-o", out, "--report", page]
    for words in ("3 done", "3 skipped"):  # what is there already is shown too
        made = rcl(*command)
        assert made.exit_code == 0, made.stderr
        text = page.read_text()
        assert words in text
        assert text.count('class="pair whole"') == 3
        assert "denoise-bayer" in text
    before = page.read_bytes()
    alone = rcl("report", raws / "noisy", out, "-o", page, "--clean", raws / "clean", "--shown", 1)
    assert alone.exit_code == 0, alone.stderr
    text = page.read_text()
    assert page.read_bytes() != before
    assert text.count('class="pair whole"') == 1
    assert "1 of 3 are shown" in text
    assert " → " in text  # PSNR before and after


@pytest.mark.slow
def test_each_shard_has_a_page(raws: Path, tmp_path: Path, page: Path) -> None:
    for number in (1, 2):
        command = ["apply", "--task", "denoise", raws / "noisy", "-o", tmp_path / "out", "--report", page]
        assert rcl(*command, "--shard", f"{number}/2").exit_code == 0
    assert sorted(path.name for path in page.parent.iterdir()) == ["report-1-of-2.html", "report-2-of-2.html"]


@pytest.mark.slow
def test_a_report_of_results_from_inputs_turned_on_their_side(tmp_path: Path, page: Path) -> None:
    """A photograph whose EXIF says that it is to be turned, and its developed result, which is upright."""
    rgb = np.linspace(0, 255, 64 * 96 * 3).reshape(64, 96, 3).astype(np.uint8)
    done, data = cv2.imencode(".jpg", rgb)
    assert done
    exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"
    block = b"\xff\xe1" + (len(exif) + 2).to_bytes(2, "big") + exif
    (tmp_path / "in.jpg").write_bytes(data.tobytes()[:2] + block + data.tobytes()[2:])
    made = rcl("apply", "--task", "denoise", tmp_path / "in.jpg", "-o", tmp_path / "out", "--report", page)
    assert made.exit_code == 0, made.stderr
    text = page.read_text()
    assert 'width="64" height="96"' in text
    assert "cannot be laid over" not in text


@pytest.mark.slow
def test_training_and_evaluation(raws: Path, tmp_path: Path, page: Path) -> None:
    made = rcl("pretrain", raws / "noisy", "-o", tmp_path / "run", *TINY, "--encoder-steps", 2, "--report", page)
    assert made.exit_code == 0, made.stderr
    text = page.read_text()
    assert "before training" in text
    assert text.count("<img") == 9  # of three pictures a part and two residuals
    made = rcl(
        *("finetune", "--task", "denoise", "--pairs", raws, "-o", tmp_path / "head", "--backbone", tmp_path / "run"),
        *("--steps", 2, "--validate-every", 1, "--batch", 2, "--crop", 32, "--report", page),
    )
    assert "Report: " in made.stderr or "no validation was better" in made.stderr
    assert rcl("report", tmp_path / "head", "-o", page).exit_code == 0
    assert "Finetuning head" in page.read_text()
    made = rcl("evaluate", "--task", "denoise", "--pairs", raws, "--report", page)
    assert made.exit_code == 0, made.stderr
    text = page.read_text()
    assert text.count('class="pair whole"') == 3
    assert "Scores of denoise" in text


@pytest.mark.slow
def test_residuals_of_pictures_that_are_gone_cost_only_themselves(raws: Path, tmp_path: Path, page: Path) -> None:
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    for path in (raws / "noisy").glob("*.dng"):
        (pictures / path.name).write_bytes(path.read_bytes())
    assert rcl("pretrain", pictures, "-o", tmp_path / "run", *TINY, "--encoder-steps", 2).exit_code == 0
    for path in pictures.iterdir():
        path.unlink()
    made = rcl("report", tmp_path / "run", "-o", page)
    assert made.exit_code == 0, made.stderr
    text = page.read_text()
    assert "They are not shown" in text
    assert "minimised" in text


def _folder(place: Path) -> Path:
    (place / "page").mkdir()
    return place / "page"


def _photo(place: Path) -> Path:
    (place / "photo.html").write_text("<html>mine")
    return place / "photo.html"


def _below_a_file(place: Path) -> Path:
    (place / "file").write_text("")
    return place / "file" / "report.html"


@pytest.mark.slow
@pytest.mark.parametrize("make", [_folder, _photo, _below_a_file], ids=["folder", "other file", "below a file"])
def test_a_page_that_cannot_be_written_costs_a_sentence(
    raws: Path, tmp_path: Path, make: Callable[[Path], Path]
) -> None:
    target = make(tmp_path)
    before = target.read_bytes() if target.is_file() else b""
    made = rcl("apply", "--task", "denoise", raws / "noisy", "-o", tmp_path / "out", "--report", target)
    assert made.exit_code == 1
    assert len(list((tmp_path / "out").glob("*.dng"))) == 3
    said = [line for line in made.stderr.splitlines() if "no report" in line]
    assert len(said) == 1
    assert said[0].startswith("There will be no report: ")
    assert "Traceback" not in made.stderr
    assert before == (target.read_bytes() if target.is_file() else b"")


@pytest.mark.slow
@pytest.mark.parametrize("error", [RclError("a reason"), RuntimeError("nobody foresaw it"), MemoryError()])
def test_a_page_that_fails_costs_a_sentence(
    raws: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(*arguments: object, **more: object) -> str:
        raise error

    monkeypatch.setattr("rcl_cli.report.applied.applied_page", fail)
    target = tmp_path / "page.html"
    made = rcl("apply", "--task", "denoise", raws / "noisy", "-o", tmp_path / "out", "--report", target)
    assert made.exit_code == 1
    assert len(list((tmp_path / "out").glob("*.dng"))) == 3
    assert sum(line.startswith("There is no report: ") for line in made.stderr.splitlines()) == 1
    assert not target.exists()


@pytest.mark.slow
def test_names_of_any_letters(raws: Path, tmp_path: Path, page: Path) -> None:
    hostile = "\"'><img src=x onerror=alert(1)>\u202e\x1b[31m\udcff.dng".replace("/", "")
    folder = tmp_path / "<script>alert(1)<"
    folder.mkdir()
    source = next((raws / "noisy").glob("*.dng"))
    with open(os.fsencode(folder) + b"/" + os.fsencode(hostile), "wb") as file:  # noqa: PTH123
        file.write(source.read_bytes())
    (folder / "broken<i>.dng").write_bytes(b"II*\0nothing")
    made = rcl("apply", "--task", "denoise", folder, "-o", tmp_path / "<out>", "--report", page)
    assert made.exit_code == 1, made.stderr
    text = page.read_text(encoding="utf-8")
    assert text.count("<script>") == 1
    assert "onerror" in text
    assert "<img src=x" not in text
    assert "<i>" not in text
    assert "\u202e" not in text
    assert "&lt;img src=x onerror=alert(1)&gt;\\u202e\\x1b[31m\\udcff.dng" in text


@pytest.mark.realdata
@pytest.mark.slow
def test_real_raws(realdata: Path, tmp_path: Path, page: Path) -> None:
    raw = realdata / "raw" / "bayer" / "kodak-dc50_DC0011M.KDC"
    out = tmp_path / "out"
    for file_format in ("dng", "jpeg"):
        made = rcl(
            "apply", "--task", "demosaic", raw, "-o", out / file_format, "--format", file_format, "--report", page
        )
        assert made.exit_code == 0, made.stderr
        text = page.read_text()
        assert text.count('class="pair"') >= 2
        assert "cannot be laid over" not in text
