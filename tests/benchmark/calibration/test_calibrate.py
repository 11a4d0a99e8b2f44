"""A whole run: resumable, the same for the same seed, and a page of it."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from rcl_benchmark.calibration.estimators import METHODS, from_profile
from rcl_benchmark.calibration.group import Group, jobs, measure_group, time_blind
from rcl_benchmark.calibration.names import BLIND, PAIR, POOL
from rcl_benchmark.calibration.names import METHODS as NAMES
from rcl_benchmark.calibration.pictures import Scenes
from rcl_benchmark.calibration.processing import PROCESSES, process
from rcl_benchmark.calibration.record import Estimate, Key, Record
from rcl_benchmark.calibration.score import rms_error
from rcl_benchmark.calibration.table import CALIBRATION
from rcl_benchmark.engine.jobs import Run
from rcl_benchmark.engine.records import Records
from rcl_calibration.model import Noise
from rcl_calibration.profile import NoiseProfile
from rcl_cli.cli.main import cli
from rcl_cli.raw.cfa import CFA
from rcl_cli.raw.frame import RawFrame

GROUP = Group(Scenes(96, 0), (0, 1, 2, 3), seed=0)
KEYS = list(GROUP.keys(["sensor"], [BLIND, POOL]))


@pytest.fixture(scope="module")
def records() -> list[Record]:
    return measure_group(GROUP, *KEYS)


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
    group = Group(Scenes(96, 0), (0,), seed=0)
    (record,) = measure_group(group, *group.keys(["sensor"], [PAIR]))
    assert record.key == Key(0, "sensor", PAIR, "")
    assert rms_error(record) < 0.06


@pytest.mark.slow
def test_a_draw_is_the_same_whatever_else_is_measured(records: list[Record]) -> None:
    for number in (2, 4, 6):
        (again,) = measure_group(GROUP, KEYS[number])
        assert (again.truth, again.estimate) == (records[number].truth, records[number].estimate)


def test_what_is_done_is_not_done_again(records: list[Record], tmp_path: Path) -> None:
    store = Records(tmp_path / "records.jsonl")
    draws, *times = made = jobs(Scenes(96, 0), 4, ["sensor"], [BLIND, POOL], 0)
    assert list(draws.parts.values()) == KEYS
    assert all(job.needs == tuple(made[: made.index(job)]) for job in times)
    store.append({key: asdict(record) for key, record in zip(draws.parts, records[1:], strict=False)})
    run = Run.plan([draws], store, CALIBRATION.load)
    assert list(run.known.values()) == records[1:]
    assert list(run.left[0].parts.values()) == [KEYS[-1]]
    more = jobs(Scenes(96, 0), 9, ["sensor"], [BLIND, POOL], 0)[:-2]
    assert [len(job.parts) for job in Run.plan(more, store, CALIBRATION.load).left] == [1, 9, 2]
    other = jobs(Scenes(96, 1), 4, ["sensor"], [BLIND, POOL], 1)[:1]
    assert not Run.plan(other, store, CALIBRATION.load).known


def test_an_estimator_that_found_nothing_is_kept(tmp_path: Path) -> None:
    failed = Record(Key(9, "paper", BLIND, ""), Noise(1e-3, 1e-6), Estimate(()), (0.1, 0.2), 0.1, 1.0)
    store = Records(tmp_path / "records.jsonl")
    store.append({"a": asdict(failed)})
    assert CALIBRATION.load(store.read()["a"]) == failed


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
    monkeypatch.setattr("rcl_benchmark.calibration.group.SIZES", ((200, 300),))
    options = ["--draws", "3", "--side", "96", "--method", BLIND, "--method", "percentile", "--regime", "sensor"]
    arguments = ["benchmark", "calibrate", *options, "--output", str(tmp_path), "--json"]
    result = CliRunner().invoke(cli, arguments)
    assert result.exit_code == 0, result.stderr
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert [line["method"] for line in lines if "unflagged" not in line["method"]] == [BLIND, "percentile"]
    assert {(line["kind"], line["status"]) for line in lines} == {("row", "done")}
    assert {
        "regime", "method", "n", "sigma_rms_median", "sigma_rms_p90", "sigma_rms_p99", "in_range_median",
        "in_range_p90", "coverage", "seconds",
    } <= set(lines[0])  # fmt: skip
    page = (tmp_path / "calibration.md").read_text()
    assert "rcl benchmark calibrate --draws 3 --side 96 --method rcl-blind --method percentile" in page
    assert all((tmp_path / name).stat().st_size > 1000 for name in _figures(page))
    kept = tmp_path / "work" / "records.jsonl"
    size = kept.stat().st_size
    assert CliRunner().invoke(cli, arguments).stdout == result.stdout
    assert kept.stat().st_size == size


def test_every_method_that_is_named_can_be_run() -> None:
    assert tuple(METHODS) == NAMES


def test_large_raws_are_timed() -> None:
    (timing,) = time_blind(Scenes(64, 0), 0, (130, 201))
    assert timing.megapixels == pytest.approx(130 * 201 / 1e6)
    assert timing.seconds > 0


def _figures(page: str) -> list[str]:
    return [line.split("](")[1].rstrip(")") for line in page.splitlines() if line.startswith("![")]
