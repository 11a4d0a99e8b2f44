"""Profiles are checked where they come in; what is damaged in a store is named, left out and never lost."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rcl_calibration.entering import LARGEST
from rcl_calibration.exchange import read_content, read_profiles, runs_text
from rcl_calibration.profile import SIGMA_X, NoiseProfile
from rcl_calibration.runs import Run
from rcl_cli.cli.main import cli
from rcl_cli.errors import FileError
from rcl_cli.profiles.book import load_profiles, profile_for, save_profiles
from rcl_cli.raw.cfa import CFA
from rcl_cli.raw.frame import Metadata, RawFrame

GOOD: dict[str, Any] = {
    **NoiseProfile.uniform(1e-3, 1e-6, camera="A", iso=100.0).to_dict(),
    "black_level": [64, 64, 64, 64],
    "white_level": 1023,
}
HUGE = 10**400
NAN, INF = float("nan"), float("inf")
PER_FIELD: dict[str, list[Any]] = {
    "shot": [
        None, 1e-3, "abcd", [], [1e-3], [1e-3] * 3, [1e-3] * 5, ["1e-3"] * 4, [True] * 4, [None] * 4, [[1e-3]] * 4,
        [NAN] * 4, [INF] * 4, [-1e-9, 0, 0, 0], [1e300] * 4, [HUGE] * 4, [LARGEST * 1.01] * 4, {"0": 1},
    ],
    "read": [None, 1e-6, [1e-6] * 3, ["1"] * 4, [True] * 4, [NAN] * 4, [-1e-9] * 4, [1e300] * 4, [HUGE] * 4],
    "iso": ["x", "100", True, [], {}, NAN, INF, -1, 1e300, HUGE],
    "black_level": [
        64, "64", [], [64], [64] * 3, [64] * 5, ["64"] * 4, [None] * 4, [True] * 4, [NAN] * 4, [1e300] * 4, {},
        [64, 64, 64, -INF],
    ],
    "white_level": ["x", True, [], NAN, INF, 1e300, 64, 0, -5],
    "camera": [7, None, [], {}, True, "x" * 100_000],
    "method": [7, None, [], {}, True],
    "reason": [7, None, [], {}, True],
    "quality": [7, None, [], {}, True, "splendid"],
    "images": ["1", -1, 1.5, True, None, HUGE, NAN],
    "shot_ci": [0, "x", [], [[0, 1]] * 3, [[0, 1, 2]] * 4, [[1, 0]] * 4, [["0", "1"]] * 4, [[NAN, 1]] * 4],
    "read_ci": [0, "x", [], [[0, 1]] * 3, [[0, 1, 2]] * 4, [[1, 0]] * 4, [["0", "1"]] * 4, [[NAN, 1]] * 4],
    "x_range": [1, "ab", [0], [0, 1, 2], [1, 0], [NAN, 1], [True, True], ["0", "1"]],
    "sigma_ci": [
        1, [], [[0, 1]] * 4, [[[0, 1]]] * 4, [[[0, 1]] * len(SIGMA_X)] * 3, [[[0, 1]] * (len(SIGMA_X) - 1)] * 4,
        [[[1, 0]] * len(SIGMA_X)] * 4, [[["a", "b"]] * len(SIGMA_X)] * 4,
    ],
    "covariance": [1, "x", [], [[]], [[[1]]], [[[["a"]]]], [[[[1e300]]]], [[[[0.0, 0.0]]]], {}],
    "sources": ["abc", 7, [1], {"a": 1}, None],
    "runs": [[{}], [7], [[]], [{"shot": 1}]],
}  # fmt: skip
WRONG = [(name, value) for name, values in PER_FIELD.items() for value in values]


def run(*arguments: object) -> Result:
    result = CliRunner().invoke(cli, list(map(str, arguments)))
    assert "Traceback" not in result.output
    assert "unexpected" not in result.output
    return result


def frame(iso: float = 100.0) -> RawFrame:
    mosaic = np.random.default_rng(0).integers(60, 1023, (72, 84)).astype(np.uint16)
    return RawFrame(mosaic, CFA.bayer("RGGB"), (64.0,) * 4, 1023.0, Metadata(model="A", iso=iso))


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_a_wrong_profile_is_refused_where_it_comes_in(name: str, value: Any, tmp_path: Path, store: Path) -> None:
    path = tmp_path / "in.json"
    path.write_text(json.dumps({"profiles": [{**GOOD, name: value}]}))
    with pytest.raises(ValueError, match="profile 1 in it is damaged: ") as found:
        read_profiles(path)
    assert len(str(found.value)) < 250
    with pytest.raises(FileError):
        load_profiles(path)


@pytest.mark.parametrize(("name", "value"), WRONG[::7])
def test_merge_leaves_the_store_as_it_was(name: str, value: Any, tmp_path: Path, store: Path) -> None:
    save_profiles(store / "profiles.json", [NoiseProfile.from_dict(GOOD)])
    before = (store / "profiles.json").read_bytes()
    (tmp_path / "bad.json").write_text(json.dumps([GOOD, {**GOOD, name: value}]))
    result = run("profiles", "merge", tmp_path / "bad.json")
    assert (result.exit_code, (store / "profiles.json").read_bytes()) == (2, before)
    assert "profile 2 in it is" in " ".join(result.stderr.split())


def test_merge_takes_the_good_files_beside_bad_ones(tmp_path: Path, store: Path) -> None:
    for name, content in {"a": GOOD, "b": {**GOOD, "iso": "x"}, "c": {**GOOD, "iso": 400}}.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(content))
    assert run("profiles", "merge", *(tmp_path / f"{name}.json" for name in "abc")).exit_code == 1
    assert [profile.iso for profile in load_profiles(store / "profiles.json")] == [100.0, 400.0]


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"null",
        b"7",
        b'"x"',
        b"9" * 10_000,
        b'{"profiles": {}}',
    ],
)
def test_what_is_no_file_of_profiles_at_all(text: bytes, tmp_path: Path, store: Path) -> None:
    path = tmp_path / "in.json"
    path.write_bytes(text)
    with pytest.raises(FileError, match="cannot be read as noise profiles"):
        load_profiles(path)
    assert run("profiles", "merge", path).exit_code == 2
    assert run("profiles", "show", path).exit_code == 2
    assert run("simulate", tmp_path, "-o", tmp_path / "out", "--profile", path).exit_code == 2


def damaged_store(store: Path) -> Path:
    path = store / "profiles.json"
    bad = [{**GOOD, name: value} for name, value in WRONG if name != "runs"]
    mixed = {**GOOD, "iso": 800, "runs": [{**GOOD, "iso": 800}, {**GOOD, "iso": "x"}]}
    path.write_text(json.dumps({"format": "rcl-noise-profiles", "profiles": [*bad, GOOD, 7, None, [], "x", mixed]}))
    return path


def test_what_is_damaged_in_the_store_is_named_and_the_rest_is_used(
    store: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = damaged_store(store)
    with caplog.at_level(logging.WARNING):
        assert profile_for(frame(), store=store).source == "calibrated"
        assert profile_for(frame(800.0), store=store).source == "calibrated"
    named = [record.getMessage() for record in caplog.records]
    assert all(str(path) in message and "damaged: " in message for message in named)
    result = run("profiles", "show", "--json")
    assert [json.loads(line)["iso"] for line in result.stdout.splitlines()] == [100.0, 800.0]


def test_what_is_damaged_in_the_store_is_still_there_after_the_next_profile(store: Path) -> None:
    path = damaged_store(store)
    before = read_content(path)
    save_profiles(path, [NoiseProfile.uniform(1e-3, 1e-6, camera="B", iso=200.0)])
    after = read_content(path)
    assert [refused.text for refused in after.refused] == [refused.text for refused in before.refused]
    assert len(after.runs) == len(before.runs) + 1
    save_profiles(path, [NoiseProfile.uniform(1e-3, 1e-6, camera="C", iso=200.0)])
    assert len(read_content(path).refused) == len(before.refused)


@pytest.mark.parametrize("text", [b"", b"{", b"\0" * 300, b"[" * 100_000])
def test_a_store_that_is_lost_as_a_whole_is_put_aside(text: bytes, store: Path) -> None:
    path = store / "profiles.json"
    for round in ("profiles-damaged.json", "profiles-damaged-2.json"):
        path.write_bytes(text)
        assert profile_for(frame(), store=store).source == "blind"
        assert run("profiles", "show").exit_code == 2
        save_profiles(path, [NoiseProfile.from_dict(GOOD)])
        assert (store / round).read_bytes() == text
        assert profile_for(frame(), store=store).source == "calibrated"


def test_another_file_is_never_put_aside(tmp_path: Path) -> None:
    (tmp_path / "IMG_1.dng").write_bytes(b"a picture")
    with pytest.raises(FileError, match="cannot be read as noise profiles"):
        save_profiles(tmp_path / "IMG_1.dng", [NoiseProfile.from_dict(GOOD)])
    assert [path.name for path in tmp_path.iterdir() if path.name[0] != "."] == ["IMG_1.dng"]


def test_a_profile_that_could_not_be_read_again_is_not_kept(store: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = store / "profiles.json"
    save_profiles(path, [NoiseProfile.uniform(1e5, 1e-6, camera="B"), NoiseProfile.from_dict(GOOD)])
    assert [profile.camera for profile in load_profiles(path)] == ["A"]
    assert "The profile of B is not kept: shot must be" in caplog.text


def test_a_tag_that_no_noise_has_is_none() -> None:
    for numbers in ([1e300, 0], [0, 101.0], [float("nan"), 0], [float("inf"), 0], [-1e-9, 0], [1e-3] * 4, [1e-3]):
        with pytest.raises(ValueError, match=r"noise"):
            NoiseProfile.from_dng(numbers)


_lambdas = st.tuples(*[st.floats(0, LARGEST)] * 4)
_ends = st.tuples(st.floats(0, 10), st.floats(0, 10)).map(lambda ends: (min(ends), max(ends)))
_profiles = st.builds(
    NoiseProfile,
    shot=_lambdas,
    read=_lambdas,
    shot_ci=st.none() | st.tuples(*[_ends] * 4),
    read_ci=st.none() | st.tuples(*[_ends] * 4),
    camera=st.text(max_size=20),
    iso=st.none() | st.floats(0, 1e6),
    black_level=st.none() | st.tuples(*[st.floats(-100, 4096)] * 4),
    white_level=st.none() | st.floats(4097, 65535),
    images=st.integers(0, 1000),
    quality=st.sampled_from(["ok", "weak", "unidentifiable"]),
    reason=st.text(max_size=20),
    x_range=st.none() | _ends,
    sigma_ci=st.none() | st.tuples(*[st.tuples(*[_ends] * len(SIGMA_X))] * 4),
)


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(profile=_profiles, sources=st.frozensets(st.text(max_size=8), max_size=3))
def test_any_profile_comes_back_as_it_was(profile: NoiseProfile, sources: frozenset[str], tmp_path: Path) -> None:
    path = tmp_path / "p.json"
    path.write_text(runs_text([[Run(profile, sources)]]), encoding="utf-8", errors="surrogatepass")
    assert read_content(path).runs == [(Run(profile, sources),)]
