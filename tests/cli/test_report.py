"""`rcl report`: a page of each thing there is."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner, Result

from rcl_calibration.profile import NoiseProfile
from rcl_cli.cli.main import cli
from rcl_cli.profiles.book import save_profiles
from rcl_cli.report.kit import html
from rcl_cli.report.kit.write import is_report

PROFILES = [NoiseProfile.uniform(1e-6 * iso, 1e-12 * iso**2, camera="<b>Cam", iso=iso) for iso in (100.0, 800.0)]


def rcl(*arguments: object) -> Result:
    return CliRunner().invoke(cli, list(map(str, arguments)))


@pytest.fixture
def page(tmp_path: Path) -> Path:
    return tmp_path / "pages" / "report.html"


def test_what_cannot_be_shown_is_named(tmp_path: Path) -> None:
    picture = np.zeros((40, 60, 3), np.uint8)
    for name in ("a", "b"):
        cv2.imwrite(str(tmp_path / f"{name}.png"), picture)
    (tmp_path / "cut.png").write_bytes((tmp_path / "a.png").read_bytes()[:50])
    page = tmp_path / "page.html"

    def said(*words: object) -> tuple[int, str]:
        result = CliRunner().invoke(cli, ["report", "-o", str(page), *map(str, words)])
        return result.exit_code, result.stderr

    code, error = said(tmp_path / "a.png", tmp_path / "cut.png")
    assert (code, page.exists()) == (2, False)
    assert error.startswith("Error: ")
    code, error = said(tmp_path / "a.png", tmp_path / "b.png", "--clean", tmp_path / "none")
    assert code == 2
    assert "none: does not exist" in error
    for folder in ("in", "out"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "b.png").write_bytes((tmp_path / "b.png").read_bytes())
    (tmp_path / "in" / "a.png").write_bytes((tmp_path / "a.png").read_bytes())
    (tmp_path / "out" / "a.png").write_bytes(b"cut")
    code, error = said(tmp_path / "in", tmp_path / "out")
    assert (code, page.exists()) == (1, True)
    assert "1 failed" in error


def test_noise_profiles(tmp_path: Path, page: Path) -> None:
    save_profiles(tmp_path / "mine.json", PROFILES)
    made = rcl("report", tmp_path / "mine.json", "-o", page)
    assert made.exit_code == 0, made.stderr
    assert str(page) in made.stderr
    text = page.read_text()
    assert is_report(page)
    assert "&lt;b&gt;Cam" in text
    assert "<b>" not in text
    assert text.count("<svg") == 5  # λ_shot and λ_read over ISO, σ of all ISOs, and the variance at each of two


def test_the_store(tmp_path: Path, store: Path, page: Path) -> None:
    empty = rcl("report", "-o", page)
    assert empty.exit_code == 2
    assert "nothing to show in the store" in empty.stderr
    assert not page.exists()
    save_profiles(store / "profiles.json", PROFILES)
    run = store / "runs" / "evening<i>"
    run.mkdir(parents=True)
    (run / "metrics.jsonl").write_text('{"step": 1, "total": 2}\n{"step": 2, "total": 1}\n')
    for arguments in ([], [store], ["--store", store]):
        assert rcl("report", *arguments, "-o", page).exit_code == 0
        text = page.read_text()
        assert "evening&lt;i&gt;" in text
        assert text.count("<svg") == 6


def test_pictures_beside_profiles_are_pictures(tmp_path: Path, store: Path, page: Path) -> None:
    rcl("samples", tmp_path / "card", "--count", 1, "--size", 64)
    save_profiles(tmp_path / "card" / "profiles.json", PROFILES)
    assert rcl("apply", "--task", "denoise", tmp_path / "card", "--device", "cpu").exit_code == 0
    made = rcl("report", tmp_path / "card", "-o", page)
    assert made.exit_code == 0, made.stderr
    assert "before" in page.read_text()


def test_what_is_nothing_to_report_on_is_said_so(tmp_path: Path, page: Path) -> None:
    (tmp_path / "notes.json").write_text("{}")
    (tmp_path / "empty").mkdir()
    (tmp_path / "old.html").write_text(html.page("Old", "", []))
    for arguments in (["missing"], ["notes.json"], ["empty"], ["old.html"], ["empty", "notes.json"]):
        made = rcl("report", *(tmp_path / name for name in arguments), "-o", page)
        assert made.exit_code == 2, made.stderr
        assert made.stderr.splitlines()[-1].startswith("Error: "), made.stderr
        assert not page.exists()


def test_another_file_is_never_replaced(tmp_path: Path) -> None:
    save_profiles(tmp_path / "mine.json", PROFILES)
    photo = tmp_path / "photo.dng"
    photo.write_bytes(b"precious")
    refused = rcl("report", tmp_path / "mine.json", "-o", photo)
    assert refused.exit_code == 2
    assert photo.read_bytes() == b"precious"
    assert rcl("report", tmp_path / "mine.json", "-o", photo, "--overwrite").exit_code == 0
    assert is_report(photo)


def picture(path: Path, height: int, width: int) -> Path:
    path.parent.mkdir(exist_ok=True)
    cv2.imwrite(str(path), np.random.default_rng(height).integers(0, 256, (height, width, 3), np.uint8))
    return path


def refused(*arguments: object) -> str:
    """The one sentence that is said instead of a page."""
    made = rcl("report", *arguments)
    assert made.exit_code == 2, made.stderr
    (said,) = made.stderr.splitlines()
    return said


def test_one_file_given_twice_is_refused(tmp_path: Path, page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    first = picture(tmp_path / "a.png", 40, 60)
    (tmp_path / "link.png").symlink_to(first)
    for second in (first, Path("a.png"), tmp_path / "link.png"):
        said = refused(first, second, "-o", page)
        assert said.endswith("is given twice; give a picture and what was made of it")
    assert not page.exists()
    assert rcl("report", first, first, picture(tmp_path / "b.png", 40, 60), "-o", page).exit_code == 0
    assert rcl("report", tmp_path / "b.png", tmp_path, "-o", tmp_path / "other.html").exit_code == 2


def test_pictures_of_different_size_are_refused_but_for_whole_factors(tmp_path: Path, page: Path) -> None:
    first = picture(tmp_path / "in" / "a.png", 40, 60)
    for size in ((20, 30), (60, 40), (60, 90), (40, 80)):
        second = picture(tmp_path / "second.png", *size)
        said = refused(first, second, "-o", page)
        sizes = f"has {size[1]}×{size[0]} pixels, and a.png 60×40, so they cannot be laid over each other"
        assert said == f"Error: {second}: {sizes}; give a picture and what was made of it"
        assert not page.exists()
    assert rcl("report", first, picture(tmp_path / "large.png", 80, 120), "-o", page).exit_code == 0
    picture(tmp_path / "in" / "b.png", 40, 60)
    picture(tmp_path / "out" / "a.png", 40, 60)
    picture(tmp_path / "out" / "b.png", 40, 50)
    made = rcl("report", tmp_path / "in", tmp_path / "out", "-o", page)
    assert made.exit_code == 1
    assert "1 failed" in made.stderr
    assert page.read_text().count("Cannot be shown: has 50×40 pixels") == 1
