"""Profiles in files and in the DNG tag."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest

from rcl_calibration.exchange import find_profile, merge_runs, profiles_text, read_profiles, read_runs, runs_text
from rcl_calibration.profile import SIGMA_X, NoiseProfile
from rcl_calibration.runs import Run

LEVELS = (64.0, 64.0, 64.0, 64.0)


def _profile(iso: float, shot: float = 1e-3) -> NoiseProfile:
    ci = (((1e-4, 2e-3),) * len(SIGMA_X),) * 4
    return NoiseProfile.uniform(
        shot, 1e-6, camera="A B", iso=iso, black_level=LEVELS, white_level=1023.0, sigma_ci=ci, x_range=(0.01, 0.8)
    )


def test_files_round_trip(tmp_path: Path) -> None:
    profiles = [_profile(100), _profile(200, 2e-3)]
    path = tmp_path / "profiles.json"
    path.write_text(profiles_text(reversed(profiles)))
    assert read_profiles(path) == profiles


def test_a_file_of_one_object_is_one_profile(tmp_path: Path) -> None:
    path = tmp_path / "one.json"
    path.write_text(_profile(100).to_json())
    assert read_profiles(path) == [_profile(100)]


@pytest.mark.parametrize(
    "content", ["", "{", "[1]", '"text"', "{}", '{"profiles": 3}', '{"shot": 1, "read": 2}', '{"shot": [1,1,1,-1]}']
)
def test_other_files_are_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "bad.json"
    path.write_text(content)
    with pytest.raises(ValueError, match=r"JSON|profile|shot"):
        read_profiles(path)


def test_merging_keeps_the_runs_of_others() -> None:
    old = [(Run(_profile(100), frozenset("a")),), (Run(_profile(200), frozenset("b")),)]
    new = [Run(_profile(200, 5e-3), frozenset("c")), Run(_profile(400), frozenset("d"))]
    merged = merge_runs(old, new)
    assert [[run.profile.shot[0] for run in runs] for runs in merged] == [[1e-3], [1e-3, 5e-3], [1e-3]]
    assert merge_runs(merged, new) == merged


def test_a_run_on_more_of_the_same_pictures_replaces_the_smaller() -> None:
    runs = merge_runs([], [Run(_profile(100), frozenset("ab")), Run(_profile(100, 2e-3), frozenset("abc"))])
    assert [[run.profile.shot[0] for run in entry] for entry in runs] == [[2e-3]]


def test_runs_round_trip(tmp_path: Path) -> None:
    entries = [(Run(_profile(100), frozenset("ab")), Run(_profile(100, 2e-3), frozenset("c"))), (Run(_profile(200)),)]
    path = tmp_path / "profiles.json"
    path.write_text(runs_text(entries))
    assert read_runs(path) == entries
    pooled, _ = read_profiles(path)
    assert 1e-3 < pooled.shot[0] < 2e-3


def test_profiles_are_found_by_camera_iso_and_levels() -> None:
    profiles = [_profile(100), _profile(200)]
    assert find_profile(profiles, "A B", 200) == profiles[1]
    assert find_profile(profiles, "A B", 200, LEVELS, 1023) == profiles[1]
    assert find_profile(profiles, "A B", 200, LEVELS, 4095) is None
    assert find_profile(profiles, "A B", 400) is None
    assert find_profile(profiles, "A C", 100) is None


def test_dng_numbers_are_pairs_of_shot_and_read() -> None:
    assert NoiseProfile.from_dng([1e-4, 1e-7]).read == (1e-7,) * 4
    four = NoiseProfile.from_dng([1, 2, 3, 4, 5, 6, 7, 8])
    assert (four.shot, four.read) == ((1, 3, 5, 7), (2, 4, 6, 8))
    assert four.to_dng() == (1, 2, 4, 5, 7, 8)
    with pytest.raises(ValueError, match="pairs"):
        NoiseProfile.from_dng([1e-4])
    with pytest.raises(ValueError, match="negative"):
        NoiseProfile.from_dng([1e-4, -1e-7])


def test_json_is_plain() -> None:
    assert NoiseProfile.from_dict(json.loads(_profile(100).to_json())) == _profile(100)


def _of_runs(path: Path, *shots: float, **edited: object) -> Path:
    """A file of a camera with a run of each λ_shot, whose own numbers are then changed by hand."""
    runs = [Run(_profile(800, shot), frozenset({f"{shot}.dng"})) for shot in shots]
    content = json.loads(runs_text([runs]))
    content["profiles"][0].update(edited)
    path.write_text(json.dumps(content))
    return path


@pytest.mark.parametrize(
    ("shots", "edited"),
    [
        ([1e-3], {"shot": [2e-3] * 4}),
        ([1e-3, 1.2e-3], {"shot": [2e-3] * 4}),
        ([1e-3, 1.2e-3], {"shot": [1e-3, 1e-3, 1e-3, 0.9e-3]}),
        ([1e-3], {"read": [1e-5] * 4}),
        ([1e-3], {"read": "high"}),
    ],
)
def test_numbers_changed_beside_runs_are_named(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, shots: list[float], edited: dict[str, object]
) -> None:
    path = _of_runs(tmp_path / "edited.json", *shots, **edited)
    (read,) = read_profiles(path)
    assert read.shot[0] <= max(shots) * 1.001
    assert read_profiles(path) == [read]
    (warning,) = caplog.messages
    assert warning.startswith(f"{path}: shot and read of A B at ISO 800 are not those of its runs")


@pytest.mark.parametrize(
    ("shots", "edited"),
    [
        ([1e-3, 1.2e-3], {}),
        ([1.23456e-3], {"shot": [1.23e-3] * 4, "read": [1.0001e-6] * 4}),
        ([1e-3, 1.2e-3], {"shot": [1.02e-3] * 4}),  # as by other weights
        ([1e-3], {"shot": None}),
        ([1e-3], {"runs": [], "shot": [2e-3] * 4}),
        ([1e-3], {"reason": "seen by hand"}),
    ],
)
def test_what_runs_can_have_given_is_not(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, shots: list[float], edited: dict[str, object]
) -> None:
    with caplog.at_level(logging.DEBUG):
        read_profiles(_of_runs(tmp_path / "same.json", *shots, **edited))
    assert not caplog.messages
