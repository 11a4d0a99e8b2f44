"""Which files are read, written and left alone."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rcl_calibration.profile import NoiseProfile
from rcl_cli.domain import Domain
from rcl_cli.inference import batch
from rcl_cli.profiles.book import save_profiles
from rcl_cli.raw.frame import Frame
from rcl_cli.raw.read import read_frame

Call = Callable[..., Any]


@pytest.mark.slow
def test_what_exists_is_skipped_before_it_is_decoded(
    apply: Call, raws: Path, heads: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = ("--task", "denoise", raws, "-o", tmp_path / "out", "--json")
    assert apply(*arguments).exit_code == 0
    before = (tmp_path / "out" / "a.dng").read_bytes()
    decoded: list[Path] = []

    def read(path: Path, *, linear: bool) -> Frame:
        decoded.append(path)
        return read_frame(path)

    monkeypatch.setattr(batch, "read_frame", read)
    again = apply(*arguments)
    assert again.exit_code == 0
    assert [line["status"] for line in again.lines] == ["skipped", "skipped"]
    assert not decoded
    replaced = apply(*arguments, "--overwrite", "--strength", 0.3)
    assert [line["status"] for line in replaced.lines] == ["done", "done"]
    assert len(decoded) == 2
    assert (tmp_path / "out" / "a.dng").read_bytes() != before


@pytest.mark.slow
def test_the_current_folder_is_the_default_and_results_inside_it_are_no_inputs(
    apply: Call, raws: Path, heads: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(raws)
    inputs = {path: path.read_bytes() for path in raws.rglob("*.dng")}
    for _ in range(2):
        result = apply("--task", "denoise", "-o", "results", "--json")
        assert result.exit_code == 0, result.stderr
        assert sorted(line["path"] for line in result.lines) == ["a.dng", "day/b.dng"]
    assert {path: path.read_bytes() for path in inputs} == inputs
    assert not (raws / "results" / "results").exists()


def test_the_input_folder_is_refused_as_output_folder(apply: Call, raws: Path, heads: Path) -> None:
    result = apply("--task", "denoise", raws, "-o", raws)
    assert result.exit_code == 2
    assert "also the input folder" in result.stderr


@pytest.mark.slow
def test_results_go_to_a_folder_named_after_the_task(
    apply: Call, raws: Path, heads: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(raws)
    assert apply("--task", "demosaic").exit_code == 0
    assert sorted(path.relative_to(raws).as_posix() for path in (raws / "demosaic").rglob("*.dng")) == [
        "demosaic/a.dng",
        "demosaic/day/b.dng",
    ]
    assert apply("--task", "denoise", raws / "day" / "b.dng").exit_code == 0
    assert (raws / "day" / "denoise" / "b.dng").is_file()
    monkeypatch.chdir(tmp_path)
    told = apply("--task", "sr", "raws")
    assert told.exit_code == 0
    assert f"Results are in {Path('raws') / 'sr'}" in " ".join(told.stderr.split())
    assert (raws / "sr" / "a.dng").is_file()


@pytest.mark.slow
def test_results_are_never_inputs_wherever_they_lie(apply: Call, raws: Path, heads: Path, tmp_path: Path) -> None:
    first = apply("--task", "denoise", raws, "-o", raws / "elsewhere", "--json")
    assert [line["status"] for line in first.lines] == ["done", "done"]
    second = apply("--task", "demosaic", raws, "-o", tmp_path / "out", "--json")
    assert sorted(Path(line["path"]).name for line in second.lines) == ["a.dng", "b.dng"]
    assert "2 results of rcl are left out" in second.stderr
    # Whoever names the file means it.
    named = apply("--task", "demosaic", raws / "elsewhere" / "a.dng", "-o", tmp_path / "named")
    assert named.exit_code == 0
    alone = apply("--task", "demosaic", raws / "elsewhere", "-o", tmp_path / "alone")
    assert alone.exit_code == 2
    assert "results of rcl alone" in " ".join(alone.stderr.split())


@pytest.mark.slow
@pytest.mark.parametrize(
    ("other", "difference"),
    [
        (("--strength", 0.5), "strength 1, not 0.5"),
        (("--ensemble",), "ensemble False, not True"),
        (("--model", "OTHER"), "model denoise-bayer, not another"),
        (("--profile", "PROFILE"), "noise profile blind, not given"),
    ],
)
def test_a_result_made_otherwise_is_named_with_what_differs(
    apply: Call, raws: Path, heads: Path, add_head: Call, tmp_path: Path, other: tuple[Any, ...], difference: str
) -> None:
    profile = tmp_path / "profile.json"
    save_profiles(profile, [NoiseProfile.uniform(0.001, 1e-5)])
    model = tmp_path / "another.safetensors"
    shutil.move(add_head("denoise", Domain.BAYER, "another"), model)
    arguments = ("--task", "denoise", raws / "a.dng", "-o", tmp_path / "out", "--json")
    assert apply(*arguments).exit_code == 0
    same = apply(*arguments)
    assert [(line["status"], line["reason"]) for line in same.lines] == [("skipped", "exists already")]
    given = [{"OTHER": model, "PROFILE": profile}.get(word, word) for word in other]
    (line,) = apply(*arguments, *given).lines
    assert line["status"] == "skipped"
    assert difference in line["reason"]
    assert "--overwrite" in line["reason"]
    told = apply(*arguments[:-1], *given)
    assert difference in " ".join(told.stderr.split())


def test_another_tasks_result_and_a_strangers_file_are_told_apart(
    apply: Call, raws: Path, heads: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    assert apply("--task", "sr", raws / "a.dng", "-o", out).exit_code == 0
    (line,) = apply("--task", "demosaic", raws / "a.dng", "-o", out, "--json").lines
    assert "task sr, not demosaic" in line["reason"]
    shutil.copy(raws / "a.dng", out / "a.dng")
    (line,) = apply("--task", "demosaic", raws / "a.dng", "-o", out, "--json").lines
    assert "is not a result of rcl" in line["reason"]


def test_the_result_of_another_picture_is_not_taken_for_that_of_this_one(
    apply: Call, raws: Path, heads: Path, tmp_path: Path
) -> None:
    """Cameras name their files alike, card after card."""
    cards = [tmp_path / name for name in ("card1", "card2")]
    for card, source in zip(cards, (raws / "a.dng", raws / "day" / "b.dng"), strict=True):
        card.mkdir()
        shutil.copy(source, card / "IMG_1.dng")
    told = ["--task", "denoise", "-o", tmp_path / "out", "--json"]
    assert apply(*told, cards[0]).exit_code == 0
    (line,) = apply(*told, cards[0]).lines
    assert line["reason"] == "exists already"
    (line,) = apply(*told, cards[1]).lines
    assert "another picture" in line["reason"]


def test_numbers_say_beside_them_what_made_them(apply: Call, raws: Path, heads: Path, tmp_path: Path) -> None:
    told = ["--task", "denoise", raws / "a.dng", "-o", tmp_path / "out", "--format", "npy", "--json"]
    assert apply(*told).exit_code == 0
    assert apply(*told).lines[0]["reason"] == "exists already"
    assert "strength 1, not 0.5" in apply(*told, "--strength", 0.5).lines[0]["reason"]


def test_an_empty_path_is_not_the_current_folder(
    apply: Call, raws: Path, heads: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(raws)
    result = apply("--task", "denoise", "")
    assert result.exit_code == 2
    assert "empty path" in result.stderr
    assert not (raws / "denoise").exists()


@pytest.mark.slow
def test_shards_divide_the_files_and_skip_what_exists(
    apply: Call, raws: Path, raw: Call, heads: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(4):
        raw(raws / "more" / f"c{number}.dng", shape=(24, 26))
    out = tmp_path / "out"
    arguments = ("--task", "denoise", raws, "-o", out, "--json")
    first = apply(*arguments, "--shard", "1/2")
    monkeypatch.setenv("RANK", "1")
    monkeypatch.setenv("WORLD_SIZE", "2")
    second = apply(*arguments)
    assert "Shard 2/2" in second.stderr
    assert "RANK" in second.stderr
    done = [line["path"] for run in (first, second) for line in run.lines]
    assert len(done) == len(set(done)) == 6
    assert len([path for path in out.rglob("*.dng") if path.is_file()]) == 6
    assert [run.exit_code for run in (first, second)] == [0, 0]
    all_of_them = apply(*arguments, "--shard", "1/1")
    assert [line["status"] for line in all_of_them.lines] == ["skipped"] * 6
    assert apply(*arguments, "--shard", "3/2").exit_code == 2


@pytest.mark.slow
def test_a_shard_without_files_is_no_failure(apply: Call, raws: Path, heads: Path, tmp_path: Path) -> None:
    codes = [
        apply("--task", "denoise", raws / "a.dng", "-o", tmp_path, "--shard", f"{i}/9").exit_code for i in range(1, 10)
    ]
    assert codes == [0] * 9
    assert (tmp_path / "a.dng").is_file()
