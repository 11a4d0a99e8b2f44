"""Several runs over one folder, results that a crash has ruined, and folders that cannot be written."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rcl_cli.disk.locks import LOCK, locked
from rcl_cli.inference.apply import Settings, open_batch
from rcl_cli.inference.claims import Claims
from rcl_cli.inference.outputs import Job
from rcl_cli.inference.room import Room
from rcl_cli.raw.read import read_frame

Call = Callable[..., Any]


def claim(target: Path) -> Path:
    return target.with_name(f"{LOCK}{hashlib.sha256(target.name.encode()).hexdigest()[:16]}")


def files(folder: Path) -> set[str]:
    return {path.name for path in folder.rglob("*") if path.is_file()}


@pytest.mark.slow
def test_two_runs_divide_the_work(raws: Path, heads: Path, tmp_path: Path) -> None:
    for number in range(6):
        (raws / f"more{number}.dng").write_bytes((raws / "a.dng").read_bytes())
    found: list[list[Any]] = [[], []]

    def work(number: int) -> None:
        batch = open_batch("denoise", [raws], tmp_path / "out", Settings(device="cpu"))
        found[number] = list(batch.run())

    threads = [threading.Thread(target=work, args=[number]) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    done = [[outcome.path.name for outcome in some if outcome.status == "done"] for some in found]
    assert sorted(done[0] + done[1]) == sorted(files(raws))
    assert not [outcome for some in found for outcome in some if outcome.status == "failed"]
    assert files(tmp_path / "out") == files(raws)


@pytest.mark.slow
def test_what_another_run_is_at_is_left_to_it(apply: Call, raws: Path, heads: Path, tmp_path: Path) -> None:
    target = tmp_path / "out" / "a.dng"
    with locked(claim(target), target):
        result = apply("--task", "denoise", raws, "-o", tmp_path / "out", "--json")
    assert result.exit_code == 0
    by_name = {Path(line["path"]).name: (line["status"], line["reason"]) for line in result.lines}
    assert by_name["b.dng"] == ("done", "")
    assert by_name["a.dng"][0] == "skipped"
    assert by_name["a.dng"][1].startswith("is being made by another run: process ")
    assert files(tmp_path / "out") == {"b.dng"}


def test_what_another_run_let_go_of_is_done_and_what_it_made_is_kept(tmp_path: Path) -> None:
    jobs = [Job(tmp_path / name, tmp_path / "out" / name) for name in ("free", "dropped", "made", "held", "there")]
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "there").write_text("")
    claims = Claims(lambda job: "exists already" if job.target.exists() else "", Room())
    others = {job.source.name: locked(claim(job.target), job.target) for job in jobs[1:4]}
    for other in others.values():
        other.__enter__()
    mine = claims.divided(jobs)
    assert next(mine).source.name == "free"
    others["dropped"].__exit__(None, None, None)
    (tmp_path / "out" / "made").write_text("")
    others["made"].__exit__(None, None, None)
    assert [job.source.name for job in mine] == ["dropped"]
    left = {job.source.name: str(reason) for job, reason in claims.left}
    assert left["there"] == left["made"] == "exists already"
    assert left["held"].startswith("is being made by another run: process ")
    claims.close()
    others["held"].__exit__(None, None, None)
    assert files(tmp_path / "out") == {"made", "there"}


@pytest.mark.slow
@pytest.mark.parametrize("ruin", ["empty", "zeros", "cut"])
@pytest.mark.parametrize("kind", ["dng", "tiff", "exr", "npy"])
def test_a_result_without_its_end_is_made_again(
    apply: Call, raws: Path, heads: Path, tmp_path: Path, ruin: str, kind: str
) -> None:
    told = ("--task", "denoise", raws / "a.dng", "-o", tmp_path / "out", "--format", kind, "--json")
    assert apply(*told).lines[0]["status"] == "done"
    (target,) = (path for path in (tmp_path / "out").iterdir() if path.suffix != ".xmp")
    whole = target.read_bytes()
    target.write_bytes({"empty": b"", "zeros": bytes(len(whole)), "cut": whole[: len(whole) * 3 // 4]}[ruin])
    assert apply(*told).lines[0]["status"] == "done"
    assert len(target.read_bytes()) == len(whole)
    assert apply(*told).lines[0]["reason"] == "exists already"


@pytest.mark.slow
def test_a_damaged_file_that_is_no_result_is_kept(apply: Call, raws: Path, heads: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    foreign = (raws / "a.dng").read_bytes()[:-1000]
    (tmp_path / "out" / "a.dng").write_bytes(foreign)
    line = apply("--task", "denoise", raws / "a.dng", "-o", tmp_path / "out", "--json").lines[0]
    assert line["status"] == "skipped"
    assert "is cut short, and is not a result of rcl; use --overwrite" in line["reason"]
    assert (tmp_path / "out" / "a.dng").read_bytes() == foreign


def test_a_folder_that_cannot_be_written_costs_no_decoding(
    apply: Call, raws: Path, heads: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setattr("rcl_cli.inference.batch.read_frame", lambda *_, **__: 1 / 0)
    result = apply("--task", "denoise", raws, "-o", tmp_path / "file" / "out", "--json")
    assert result.exit_code == 2
    for line in result.lines:
        assert (line["status"], "choose another folder" in line["reason"]) == ("failed", True)
        assert str(tmp_path / "file" / "out") in line["reason"]


@pytest.mark.slow
def test_a_file_that_changes_while_it_is_read_costs_itself_alone(
    apply: Call, raws: Path, heads: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = (raws / "a.dng").read_bytes()

    def shrinking(path: Path, **options: Any) -> Any:
        if path.name == "a.dng":
            path.write_bytes(whole[: len(whole) // 2])
        return read_frame(path, **options)

    monkeypatch.setattr("rcl_cli.inference.batch.read_frame", shrinking)
    result = apply("--task", "denoise", raws, "-o", tmp_path / "out", "--json")
    statuses = {Path(line["path"]).name: line["status"] for line in result.lines}
    assert (statuses["a.dng"], statuses["b.dng"]) == ("failed", "done")
    assert "unexpected" not in result.stdout


@pytest.mark.slow
def test_the_record_of_an_array_is_there_before_the_array(
    apply: Call, raws: Path, heads: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[set[str]] = []
    replace = np.save

    def saving(path: Any, values: Any) -> None:
        replace(path, values)
        seen.append(files(tmp_path / "out"))

    monkeypatch.setattr(np, "save", saving)
    apply("--task", "denoise", raws / "a.dng", "-o", tmp_path / "out", "--format", "npy")
    assert files(tmp_path / "out") == {"a.npy", "a.npy.xmp"}
    assert not any("a.npy" in some for some in seen)
