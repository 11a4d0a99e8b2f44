"""The runner of `make gpu`: time limits, going on where it was, interruption, and the page that is always written."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

PROGRAM = """
import json, os, signal, subprocess, sys, time
from pathlib import Path

given = dict(zip(sys.argv[2::2], sys.argv[3::2]))
work, part = Path(given["--work"]), sys.argv[1]
with (work / "calls").open("a") as file:
    file.write(part + "\\n")
Path(given["--result"]).write_text(json.dumps({"rows": [], "command": "rcl " + given["--device"]}))
if part == "slow":
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    (work / "child").write_text(str(child.pid))
    time.sleep(600)
if part == "interrupted":
    os.kill(os.getppid(), signal.SIGINT)
    time.sleep(600)
if part == "failed" or (work / "fail").exists():
    sys.exit("no such device")
"""


@pytest.fixture
def gpu(root: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script as a module, for which the code never changes and any time is enough."""
    monkeypatch.syspath_prepend(str(root / "docs" / "benchmarks"))
    module = import_module("gpu")
    monkeypatch.setattr(module, "SOURCES", ())
    monkeypatch.setattr(module, "LEAST", 0.0)
    return module


@pytest.fixture
def runner(gpu: ModuleType, tmp_path: Path) -> Callable[..., Any]:
    """Runs made-up parts, "NAME" or "NAME:LIMIT"; `calls` in the work folder names those that were started."""
    program, work = tmp_path / "program.py", tmp_path / "work"
    program.write_text(PROGRAM)
    work.mkdir()

    def make(*parts: str, output: str = "out", **changes: Any) -> Any:
        made = [part.partition(":") for part in parts]
        listed = tuple(gpu.Part(name, f"The {name} one", float(limit or 60)) for name, _, limit in made)
        settings = {"device": "cpu", "parts": listed, "program": program, **changes}
        return gpu.Runner(output=tmp_path / output, work=work, **settings)

    return make


def calls(runner: Any) -> list[str]:
    file = runner.work / "calls"
    return file.read_text().split() if file.is_file() else []


def states(runner: Any) -> dict[str, str]:
    return {name: result["status"] for name, result in runner.results().items()}


@pytest.mark.slow
def test_a_part_that_takes_too_long_ends_with_all_it_started_and_keeps_what_it_has(runner: Callable[..., Any]) -> None:
    made = runner("slow:1.5", "next")
    assert not made.run(60)
    assert states(made) == {"slow": "out of time", "next": "done"}
    assert made.results()["slow"]["result"]["command"] == "rcl cpu"
    assert made.results()["slow"]["seconds"] < 10
    child = int((made.work / "child").read_text())
    deadline = time.monotonic() + 5  # the signal is on its way
    while running(child) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not running(child)


def running(pid: int) -> bool:
    """Whether a process does something; one that is dead and waits to be heard of does not."""
    stat = Path(f"/proc/{pid}/stat")
    return stat.is_file() and stat.read_text().rpartition(")")[2].split()[0] != "Z"


@pytest.mark.slow
def test_what_is_left_when_the_time_is_over_is_not_started(runner: Callable[..., Any], gpu: ModuleType) -> None:
    made = runner("slow", "next")
    assert not made.run(1.0)
    assert states(made) == {"slow": "out of time", "next": "not started"}
    page = (made.output / "gpu.md").read_text()
    assert "| The slow one | out of time |" in page
    assert "the time was over before it" in page


def test_a_second_call_does_what_is_not_done(runner: Callable[..., Any], gpu: ModuleType) -> None:
    first = runner("first", "failed", "last")
    assert not first.run(60)
    assert states(first) == {"first": "done", "failed": "failed", "last": "done"}
    assert "no such device" in first.results()["failed"]["reason"]
    first.run(60)
    assert calls(first) == ["first", "failed", "last", "failed"]
    assert runner("first", "last").run(60)
    assert len(calls(first)) == 4


def test_results_of_other_code_devices_and_data_do_not_count(
    runner: Callable[..., Any], gpu: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    data = tmp_path / "pictures"
    data.mkdir()
    made = runner("first", data=data)
    made.run(60)
    assert made.known(made.parts[0])
    for other in (runner("first", data=data, device="cuda"), runner("first")):
        assert other.known(other.parts[0]) is None
    (data / "new.png").touch()
    assert made.known(made.parts[0]) is None
    (data / "new.png").unlink()
    assert made.known(made.parts[0])
    monkeypatch.setattr(gpu, "SOURCES", ("docs/benchmarks/gpu_page.py",))
    assert made.known(made.parts[0]) is None


def test_results_of_an_earlier_call_are_taken_over_by_a_new_folder(runner: Callable[..., Any]) -> None:
    first = runner("first")
    first.run(60)
    second = runner("first", output="new", earlier=first.output)
    assert second.run(60)
    assert (calls(second), states(second)) == (["first"], {"first": "done"})


def test_an_interruption_leaves_a_page_and_a_way_to_go_on(runner: Callable[..., Any]) -> None:
    made = runner("first", "interrupted", "last")
    with pytest.raises(KeyboardInterrupt):
        made.run(60)
    assert states(made) == {"first": "done", "interrupted": "interrupted"}
    page = (made.output / "gpu.md").read_text()
    assert "| The interrupted one | interrupted |" in page
    assert "| The last one | not started |" in page


def test_without_the_device_nothing_else_is_tried(runner: Callable[..., Any]) -> None:
    made = runner("environment", "next")
    (made.work / "fail").touch()
    assert not made.run(60)
    assert states(made) == {"environment": "failed", "next": "not started"}
    assert calls(made) == ["environment"]


@pytest.mark.slow
def test_the_checkout_and_its_plugins_are_found_without_being_installed(
    gpu: ModuleType, root: Path, tmp_path: Path
) -> None:
    program = (
        "from importlib.metadata import distribution, entry_points\n"
        "from rcl_cli.plugins.entries import PRETEXTS, entries\n"
        "print(distribution('rcl-cli').locate_file(''))\n"
        "print(*(point.load().__file__ for point in entry_points(group='rcl.tasks') if point.name == 'sr'))\n"
        "print(len(entries(PRETEXTS)))"
    )
    variables = gpu.environment(tmp_path, "cpu")
    finished = subprocess.run(
        [sys.executable, "-c", program], env=variables, cwd=tmp_path, capture_output=True, text=True, check=True
    )
    place, module, pretexts = finished.stdout.splitlines()
    assert Path(place) == tmp_path / "site"
    assert Path(module) == root / "plugins" / "rcl_tasks" / "sr.py"
    assert int(pretexts) >= 11


def test_the_page_shows_what_each_part_has_found(gpu: ModuleType) -> None:
    times = {"median_s": 0.002, "least_s": 0.001, "most_s": 0.0045, "repeats": 3}
    loss: dict[str, Any] = dict.fromkeys(("step", "resident", "network", "views"), times)
    loss |= {"step / network": 1.0, "step / resident": 1.02, "EMD / step": 0.25}
    raw = dict.fromkeys(import_module("gpu_page").APPLY, times)
    row = {"method": "oracle", "labels": 9, "psnr_db": 31.5, "psnr_std": 0.25, "ssim": 0.9}
    found: dict[str, Any] = {
        "environment": {"device": "Abacus 9", "commit": ""},
        "tests": {"passed": 2, "failed": {"a[cuda]": "1 == 2"}, "skipped": {}, "notes": {"resumed": "bit for bit"}},
        "step": {
            **{"settings": {"batch": 4, "crop": 8, "network": {"width": 2}}, "emd": times},
            **{"published": {**loss, "memory_gib": 1.5}},
        },
        "apply": {"size": [4, 6], "denoise": {**raw, "memory_gib": 0.5}},
        "together": {"batch": 8, "losses": {"ours": {"apart": {"total": 2.5e-7}, "one_s": 0.25, "two_s": 0.5}}},
        "table1": {"command": "rcl benchmark table1 --steps 7", "rows": [row]},
    }
    results = {name: {"status": "done", "seconds": 3.0, "result": one} for name, one in found.items()}
    page = import_module("gpu_page").page({part.name: part.title for part in gpu.PARTS}, results, "cuda")
    for words in (
        "| pretrain, finetune and apply | not started | 0 |",
        "| device | Abacus 9 |",
        "| commit | not known |",
        "2 passed, 1 failed",
        "`a[cuda]`: 1 == 2",
        "| step | 2 (1 – 4.5) |",
        "| step / resident | 1.020 |",
        "| EMD / step | 0.250 |",
        "4 × 6",
        "| total | 2.5e-07 |",
        "| step, two, ms | 500 |",
        "| oracle | 9 | 31.50 ± 0.25 | 0.9000 |",
        "--steps 7",
    ):
        assert words in page
    assert "rehearsal" not in page


def test_each_part_is_there(gpu: ModuleType, root: Path) -> None:
    parts = [import_module(name) for name in ("gpu_parts", "gpu_times", "gpu_together")]
    sections = import_module("gpu_page").SECTIONS
    for part in gpu.PARTS:
        assert any(callable(getattr(module, part.name, None)) for module in parts)
        assert part.name in sections


def test_steps_fit_the_time_and_stay_the_same_in_the_next_call(gpu: ModuleType, tmp_path: Path) -> None:
    from argparse import Namespace

    steps_within = import_module("gpu_parts").steps_within
    (tmp_path / "step.json").write_text(json.dumps({"ours": {"step": {"median_s": 0.05}}}))
    given = Namespace(device="cuda", work=tmp_path, seconds=400.0)
    assert steps_within(given) == 1000
    assert steps_within(Namespace(device="cuda", work=tmp_path, seconds=4.0)) == 1000
    (tmp_path / "table1" / "steps-cuda.json").unlink()
    assert steps_within(Namespace(device="cuda", work=tmp_path, seconds=4.0)) == 100
