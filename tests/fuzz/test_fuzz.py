"""The fuzzer finds what it is for, and a short run of it finds nothing. `python -m tests.fuzz` is the long one."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from rcl_cli.errors import FileError
from rcl_cli.raw.read import read_frame

from . import worker
from .hunt import hunt
from .mutate import mutant
from .parsers import PARSERS
from .seeds import write_seeds

PICTURES = (".dng", ".tif", ".png", ".jpg", ".exr", ".webp")
OTHERS = (".json", ".plugin", ".toml")


def test_seeds_are_small_and_sound(tmp_path: Path) -> None:
    seeds = write_seeds(tmp_path / "seeds", (*PICTURES, *OTHERS))
    assert {path.suffix for path in seeds} == {*PICTURES, *OTHERS}
    for path in seeds:
        assert path.stat().st_size < 60_000
        assert worker.examine(path) == ("read", "")


def test_the_same_seed_makes_the_same_mutants(tmp_path: Path) -> None:
    for path in write_seeds(tmp_path, (*PICTURES, *OTHERS)):
        data = path.read_bytes()
        made = [mutant(data, path.suffix, random.Random(f"7 {number}")) for number in range(30)]
        assert made == [mutant(data, path.suffix, random.Random(f"7 {number}")) for number in range(30)]
        assert sum(one != data for one in made) > 20
        assert len(set(made)) > 15


@pytest.mark.parametrize(
    "error", [ZeroDivisionError("x"), SystemExit(0), KeyboardInterrupt(), RecursionError(), OSError(5, "x")]
)
def test_whatever_is_no_sentence_is_a_fault(error: BaseException, tmp_path: Path, monkeypatch) -> None:
    path = tmp_path / "a.dng"
    path.touch()

    def fail(path: Path) -> str:
        raise error

    monkeypatch.setattr(worker, "_frame", fail)
    status, words = worker.examine(path)
    assert (status, type(error).__name__ in words) == ("fault", True)
    for reason, expected in (
        ("is empty", "refused"),
        ("two\nlines", "fault"),
        ("unexpected x", "fault"),
        ("x" * 2000, "fault"),
    ):
        error = FileError(path, reason)
        assert worker.examine(path)[0] == expected


@pytest.mark.slow
def test_a_worker_that_hangs_is_ended_and_replaced() -> None:
    tally = hunt(mutants=3, limit_s=0.0, verbs_every=0, only=[".json"])
    assert tally.mutants == 3
    assert any("hang" in fault.words for fault in tally.faults)


@pytest.mark.slow
@pytest.mark.parametrize("only", [PICTURES, OTHERS])
def test_a_short_run_finds_nothing(only: tuple[str, ...], tmp_path: Path) -> None:
    tally = hunt(seed=0, mutants=1000, minutes=0.08, verbs_every=0, only=only, keep=tmp_path / "faults")
    assert [(fault.seed, fault.number, fault.words) for fault in tally.faults] == []
    assert tally.mutants > 5


def test_a_file_of_a_kind_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.webp").write_bytes(b"RIFF\xff\xff\xff\xffWEBPVP8 ")
    with pytest.raises(FileError):
        read_frame(tmp_path / "x.webp")


@pytest.mark.parametrize("name", PARSERS)
def test_a_parser_raises_nothing_else(name: str, tmp_path: Path) -> None:
    for path in write_seeds(tmp_path, (*PICTURES, *OTHERS)):
        data = path.read_bytes()
        PARSERS[name].accepts(data)
        for number in range(10):
            PARSERS[name].accepts(mutant(data, path.suffix, random.Random(f"{name} {number}")))
