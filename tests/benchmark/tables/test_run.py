"""The tables end to end, on a few small pictures and with next to no training."""

from __future__ import annotations

import json
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from click.testing import CliRunner, Result

from rcl_benchmark.engine.jobs import Run
from rcl_benchmark.engine.records import FILE, Records
from rcl_benchmark.engine.row import Row
from rcl_benchmark.tables import measure, workshop
from rcl_benchmark.tables.data import find_data
from rcl_benchmark.tables.measure import cell_jobs, cell_key
from rcl_benchmark.tables.methods import METHODS
from rcl_benchmark.tables.presets import PRESETS, Preset
from rcl_benchmark.tables.table import Cell
from rcl_benchmark.tables.table1 import TABLE1
from rcl_benchmark.tables.workshop import Workshop
from rcl_cli.cli.main import cli
from rcl_cli.domain import Domain

SMOKE = PRESETS["smoke"]
SMALL = {"width": 4, "depth": 1}
TINY = replace(
    SMOKE,
    pretrain=replace(SMOKE.pretrain, steps=2, batch=3, crop=16, network_options=SMALL, encoder_steps=2),
    proxy=replace(SMOKE.proxy, labels=2, steps=3, batch=2, crop=16, pool=4),
    finetune=replace(SMOKE.finetune, steps=2, batch=2, crop=16),
    label_counts=(0, 2, 100),
    test_side=48,
    test_count=2,
)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    for part, count in (("train", 4), ("test", 3)):
        (tmp_path / part).mkdir()
        for i in range(count):
            smooth = cv2.resize(rng.uniform(20, 230, (6, 6, 3)), (56, 52), interpolation=cv2.INTER_LINEAR)
            cv2.imwrite(str(tmp_path / part / f"{part}{i}.png"), smooth.astype(np.uint8))
    return tmp_path


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PRESETS, "smoke", TINY)


def opened(data: Path, preset: Preset = TINY) -> Workshop:
    return Workshop(preset, find_data(data, 0, count=2), data / "work", torch.device("cpu"))


def planned(made: Workshop, wanted: list[Cell]) -> Run[Row]:
    return Run.plan(cell_jobs(made, wanted), Records(made.work / FILE), TABLE1.load)


def benchmark(data: Path, table: str, *more: str) -> Result:
    places = ("--data", data, "--work", data / "work", "--output", data / "out", "--device", "cpu")
    arguments = ["benchmark", table, "--preset", "smoke", *map(str, places), *more]
    return CliRunner().invoke(cli, arguments)


def rows(result: Result) -> list[dict[str, Any]]:
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


@pytest.mark.slow
@pytest.mark.usefixtures("tiny")
def test_table1_prints_a_row_per_method_and_finds_it_again(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    methods = [word for name in ("input", "rcl-emd", "densecl+", "oracle") for word in ("--method", name)]
    first = rows(benchmark(data, "table1", "--json", *methods))
    assert [row["method"] for row in first] == ["input", "densecl+", "rcl-emd", "oracle"]
    assert [(row["trials"], row["labels"]) for row in first] == [(1, None), (2, 2), (2, 2), (1, 4)]
    assert all({"task", "psnr_db", "psnr_std", "ssim", "ssim_std"} <= row.keys() for row in first)
    assert (data / "out" / "table1.md").is_file()
    assert len(list((data / "work" / "encoder").iterdir())) == 1

    monkeypatch.setattr(measure, "run_protocol", None)
    monkeypatch.setattr(workshop, "train", None)
    assert rows(benchmark(data, "table1", "--json", *methods)) == first


@pytest.mark.slow
@pytest.mark.usefixtures("tiny")
def test_the_page_keeps_what_earlier_runs_measured(data: Path) -> None:
    rows(benchmark(data, "table1", "--json", "--method", "input"))
    found = rows(benchmark(data, "table1", "--json", "--method", "noise2noise"))
    assert [row["method"] for row in found] == ["noise2noise"]
    page = (data / "out" / "table1.md").read_text(encoding="utf-8")
    assert "| noisy input |" in page
    assert "| N2N |" in page


@pytest.mark.slow
@pytest.mark.usefixtures("tiny")
def test_steps_are_those_of_each_pretraining(data: Path) -> None:
    rows(benchmark(data, "table1", "--json", "--method", "noise2noise", "--steps", "3"))
    (log,) = (data / "work" / "pretrain").rglob("metrics.jsonl")
    assert len(log.read_text(encoding="utf-8").splitlines()) == 3


@pytest.mark.slow
@pytest.mark.usefixtures("tiny")
def test_table2_and_table3(data: Path) -> None:
    second = rows(benchmark(data, "table2", "--json", "--method", "input", "--method", "noise2noise"))
    assert [(row["method"], row["task"]) for row in second] == [
        (method, task) for task in ("sr", "jdensr") for method in ("input", "noise2noise")
    ]
    third = rows(benchmark(data, "table3", "--json", "--method", "sl", "--method", "noise2noise+sl"))
    assert [(row["network"], row["method"], row["labels"], row["trials"]) for row in third] == [
        (network, *row)
        for network in ("plain", "skip")
        for row in (
            ("sl", 2, 2),
            ("sl", 4, 2),
            ("noise2noise+sl", 0, 1),
            ("noise2noise+sl", 2, 2),
            ("noise2noise+sl", 4, 2),
        )
    ]
    assert {row["data"] for row in third} == {"rgb"}


@pytest.mark.slow
@pytest.mark.usefixtures("tiny")
def test_fig2_prints_three_samples_of_each_network(data: Path) -> None:
    found = rows(benchmark(data, "fig2", "--json"))
    assert [row["sample"] for row in found] == ["untrained", "trained", "true noise"] * 2
    assert Path(found[0]["plot"]).is_file()


@pytest.mark.slow
@pytest.mark.usefixtures("tiny")
def test_sweep_of_both_domains_in_one_work_folder(data: Path) -> None:
    found = rows(benchmark(data, "sweep", "--json", "--of", "planes"))
    assert [(row["data"], row["method"]) for row in found] == [
        ("rgb", "input"),
        ("rgb", "defaults"),
        ("rgb", "planes separate"),
        ("bayer", "input"),
        ("bayer", "defaults"),
        ("bayer", "planes pooled"),
    ]
    by_itself = {"output_psnr_db", "correlation", "size"}
    assert [all(row[name] is not None for name in by_itself) for row in found] == [False, True, True] * 2
    assert rows(benchmark(data, "sweep", "--json", "--of", "planes", "--domain", "bayer")) == found[3:]
    assert not (data / "work" / "encoder").exists()
    page = (data / "out" / "sweeps.md").read_text(encoding="utf-8")
    assert (
        page.index("## RGB")
        < page.index("| planes separate |")
        < page.index("raws\n")
        < page.index("| planes pooled |")
    )


@pytest.mark.slow
@pytest.mark.usefixtures("tiny")
def test_all_settings_that_want_an_encoder_share_one(data: Path) -> None:
    assert len(rows(benchmark(data, "sweep", "--json", "--of", "layers", "--domain", "rgb"))) == 4
    assert len(list((data / "work" / "encoder").iterdir())) == 1


@pytest.mark.slow
def test_an_interrupted_table_measures_what_is_missing_alone(data: Path) -> None:
    made = opened(data)
    wanted = TABLE1.cells(TINY, 4, methods=["input", "noise2noise", "noise2self"])
    started = planned(made, wanted).results()
    done = [next(started), next(started)]
    assert isinstance(started, Generator)
    started.close()
    again = planned(made, wanted)
    assert [job.name for job in again.left] == [
        "pretrain noise2self, rgb, plain",
        "table1, noise2self, denoise, plain, 2 labels, rgb",
    ]
    assert list(again.results())[:2] == done


def test_what_decides_a_row_changes_its_key(data: Path) -> None:
    def key(preset: Preset, method: str = "rcl-emd", network: str = "plain") -> str:
        (cell,) = TABLE1.cells(preset, 4, methods=[method], networks=[network])
        return cell_key(opened(data, preset), cell)

    others = [
        key(TINY.seeded(1)),
        key(replace(TINY, proxy=replace(TINY.proxy, steps=4))),
        key(replace(TINY, pretrain=replace(TINY.pretrain, steps=3))),
        key(replace(TINY, test_side=24)),
        key(TINY, "rcl-bd"),
        key(TINY, network="skip"),
    ]
    assert len({key(TINY), *others}) == 7
    assert key(TINY) == key(replace(TINY))


def test_the_domain_changes_backbone_and_row(data: Path) -> None:
    (cell,) = TABLE1.cells(TINY, 4, methods=["rcl-emd"])
    rgb = opened(data)
    raw = replace(rgb, domain=Domain.BAYER)
    assert cell_key(rgb, cell) != cell_key(raw, cell)
    assert rgb.folder(cell.method, cell.network) != raw.folder(cell.method, cell.network)


def test_test_pictures_of_raws_have_noise_of_a_sensor(data: Path) -> None:
    made = replace(opened(data), domain=Domain.BAYER)
    for pair in measure.tests_of(made, measure.degradation_of(made, "denoise"), 2):
        assert pair.x.shape == pair.target.shape
        assert len(pair.x) == 4
        ratio = ((pair.x - pair.target) / pair.sigma).square().mean()
        assert ratio == pytest.approx(1, abs=0.2)  # of 2304 squares of standard normals: 1 ± 0.03, and σ is of noisy x


@pytest.mark.slow
def test_workers_measure_the_same(data: Path) -> None:
    # Sums of other numbers of threads differ in their last digits, which a few steps of Adam make larger.
    wanted = TABLE1.cells(TINY, 4, methods=["noise2noise", "oracle"])
    here = list(planned(opened(data), wanted).results())
    (data / "other").mkdir()
    apart = replace(opened(data), work=data / "other")
    parallel = sorted(planned(apart, wanted).results(workers=2), key=lambda row: row.method)
    for a, b in zip(here, parallel, strict=True):
        assert a.psnr_db == pytest.approx(b.psnr_db, abs=0.05)


def test_every_method_can_be_set_up(data: Path) -> None:
    made = opened(data)
    for method in METHODS.values():
        assert not method.pretrained or made.settings(method, "plain").linear
        assert method.pretrained == bool(method.changes)
