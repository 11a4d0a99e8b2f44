"""A whole run: resumable, the same for the same seed, and a page of it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from rcl_benchmark.commands import calibrate as command
from rcl_benchmark.draws import REGIMES
from rcl_benchmark.estimators import BLIND, METHODS, PAIR, POOL, Estimate, from_profile
from rcl_benchmark.group import measure_group
from rcl_benchmark.pictures import Scenes
from rcl_benchmark.processing import PROCESSES, process
from rcl_benchmark.records import Key, Log, Record
from rcl_benchmark.run import groups
from rcl_benchmark.score import rms_error
from rcl_benchmark.timing import time_blind
from rcl_calibration.model import Noise
from rcl_calibration.profile import NoiseProfile
from rcl_cli.cli.main import cli
from rcl_cli.raw.cfa import CFA
from rcl_cli.raw.frame import RawFrame

BLIND_AND_POOL = [METHODS[BLIND], METHODS[POOL]]


@pytest.fixture(scope="module")
def records() -> list[Record]:
    (group,) = groups(Scenes(96, 0), 4, ["sensor"], BLIND_AND_POOL, seed=0)
    return measure_group(group)


def test_a_group_holds_each_draw_its_processed_twin_and_one_pool(records: list[Record]) -> None:
    kinds = list(PROCESSES)
    expected = [
        *(Key(i, "sensor", BLIND, "") for i in range(4)),
        Key(0, "sensor", POOL, ""),
        *(Key(i, "sensor", BLIND, kinds[i]) for i in range(4)),
    ]
    assert [record.key for record in records] == expected
    assert len({record.truth for record in records if not record.key.process}) == 5


def test_planes_that_differ_are_kept_apart() -> None:
    shot, read = (2.1e-3, 2e-3, 2e-3, 1.9e-3), (1e-5, 2e-5, 2e-5, 1e-5)
    found = from_profile(NoiseProfile(shot=shot, read=read))
    assert [(noise.shot, noise.read) for noise in found.planes] == list(zip(shot, read, strict=True))
    assert found.noise == Noise(pytest.approx(2e-3), pytest.approx(1.5e-5))  # type: ignore[arg-type]
    assert from_profile(NoiseProfile.uniform(2e-3, 1e-5)).planes == (Noise(2e-3, 1e-5),)


def test_a_pair_is_two_frames_of_one_scene() -> None:
    (group,) = groups(Scenes(96, 0), 1, ["sensor"], [METHODS[PAIR]], seed=0)
    (record,) = measure_group(group)
    assert record.key == Key(0, "sensor", PAIR, "")
    assert rms_error(record) < 0.06


@pytest.mark.slow
def test_the_same_seed_gives_the_same_results(records: list[Record]) -> None:
    (group,) = groups(Scenes(96, 0), 4, ["sensor"], BLIND_AND_POOL, seed=0)
    again = measure_group(group)
    assert [record.estimate for record in again] == [record.estimate for record in records]


def test_what_is_done_is_not_done_again(records: list[Record]) -> None:
    assert groups(Scenes(96, 0), 4, ["sensor"], BLIND_AND_POOL, 0, done=records) == []
    (rest,) = groups(Scenes(96, 0), 4, ["sensor"], BLIND_AND_POOL, 0, done=records[1:])
    assert rest.missing() == [records[0].key]
    assert len(groups(Scenes(96, 0), 9, ["sensor"], BLIND_AND_POOL, 0, done=records)) == 2


def test_the_log_gives_back_what_was_written(tmp_path: Path, records: list[Record]) -> None:
    log = Log(tmp_path / "work" / "log.jsonl")
    failed = Record(Key(9, "paper", BLIND, ""), "old", Noise(1e-3, 1e-6), Estimate(()), (0.1, 0.2), 0.1, 1.0)
    log.append(records)
    log.append([failed])
    with log.path.open("a", encoding="utf-8") as file:
        file.write('{"key": [0, "sens')
    versions = {method.name: method.version for method in BLIND_AND_POOL}
    assert log.read(versions) == records
    assert log.read({BLIND: "old"}) == [failed]


@pytest.mark.parametrize("kind", list(PROCESSES))
def test_processing_takes_noise_away_and_keeps_the_brightness(kind: str) -> None:
    rng = np.random.default_rng(0)
    dn = np.rint(1024 + 2000 + 60 * rng.standard_normal((129, 200))).astype(np.uint16)
    frame = RawFrame(dn, CFA.bayer("GBRG"), (1024.0,) * 4, 16383.0)
    after = process(kind, frame, 60.0, rng)
    assert after.cfa == frame.cfa
    assert after.mosaic.mean() == pytest.approx(dn.mean(), rel=0.01)
    # Neighbours within a plane: averaging makes them alike, whatever else it does.
    steps = [np.diff(f.mosaic[0::2, 0::2].astype(float), axis=1).std() for f in (frame, after)]
    assert steps[1] < 0.9 * steps[0]


@pytest.mark.slow
def test_the_command_writes_a_page_and_json_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rcl_benchmark.run.SIZES", ((200, 300),))
    options = ["--draws", "3", "--side", "96", "--method", BLIND, "--method", "percentile", "--regime", "sensor"]
    arguments = ["benchmark", "calibrate", *options, "--output", str(tmp_path), "--json"]
    result = CliRunner().invoke(cli, arguments)
    assert result.exit_code == 0, result.stderr
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert [line["method"] for line in lines if "unflagged" not in line["method"]] == [BLIND, "percentile"]
    assert set(lines[0]) == {
        "regime", "method", "n", "sigma_rms_median", "sigma_rms_p90", "sigma_rms_p99", "in_range_median",
        "in_range_p90", "coverage", "seconds",
    }  # fmt: skip
    page = (tmp_path / "calibration.md").read_text()
    assert "rcl benchmark calibrate --draws 3 --seed 0 --side 96 --method rcl-blind --method percentile" in page
    assert "noise-free procedural scenes" in page
    assert all((tmp_path / name).stat().st_size > 1000 for name in _figures(page))
    log = next((tmp_path / "work").glob("*.jsonl"))
    size = log.stat().st_size
    assert CliRunner().invoke(cli, arguments).exit_code == 0
    assert log.stat().st_size == size


def test_the_command_offers_every_method_and_regime() -> None:
    assert tuple(METHODS) == command.METHODS
    assert tuple(REGIMES) == command.REGIMES


def test_large_raws_are_timed() -> None:
    timing = time_blind(Scenes(64, 0), 0, (130, 201))
    assert timing.megapixels == pytest.approx(130 * 201 / 1e6)
    assert timing.seconds > 0


def _figures(page: str) -> list[str]:
    return [line.split("](")[1].rstrip(")") for line in page.splitlines() if line.startswith("![")]
