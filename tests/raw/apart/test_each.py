"""Many files in one go: each has its own answer, whatever others do to the reader."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest

from rcl_cli.errors import FileError
from rcl_cli.raw.apart import each
from rcl_cli.raw.apart.each import apart_each
from rcl_cli.raw.apart.pool import apart, close_readers
from rcl_cli.raw.apart.reader import NotStarted
from rcl_cli.raw.guarded import read_record, read_records, sniff, sniff_each

FAKES = Path(__file__).parent


@pytest.fixture(scope="module", autouse=True)
def fakes() -> Iterator[None]:
    sys.path.append(str(FAKES))
    yield
    sys.path.remove(str(FAKES))
    close_readers()


def told(*names: str) -> list[str]:
    """The answer, or the reason, for files of these names."""
    found = apart_each("read_named", map(Path, names), module="fakes")
    return [one.reason if isinstance(one, FileError) else one for one in found]


def test_answers_come_in_the_order_of_many_questions() -> None:
    names = [f"{number}.dng" for number in range(500)]
    assert told(*names) == names


def test_names_longer_than_what_may_be_on_its_way() -> None:
    names = ["/".join(["a" * 200] * count) + "/x.dng" for count in (1, 24, 30, 2, 30)]
    assert told(*names) == ["x.dng"] * 5


def test_nothing_asked_is_nothing_answered() -> None:
    assert told() == []


def test_errors_are_those_of_their_files() -> None:
    answers = told("a.dng", "damaged.dng", "b.dng", "no permission.dng", "c.dng")
    assert answers == ["a.dng", "is damaged", "b.dng", "cannot be read (Permission denied)", "c.dng"]


@pytest.mark.slow
def test_a_crash_costs_its_file_alone() -> None:
    names = [f"{number}.dng" for number in range(60)]
    crash = "makes the library that reads it crash"
    for places in ([0], [59], [20, 21, 40]):
        asked = ["crash.dng" if number in places else name for number, name in enumerate(names)]
        for number, (name, answer) in enumerate(zip(asked, told(*asked), strict=True)):
            assert answer.startswith(crash) if number in places else answer == name


def test_who_stops_early_leaves_no_answers_to_others() -> None:
    found = apart_each("read_named", (Path(f"{number}.dng") for number in range(50)), module="fakes")
    assert list(islice(found, 3)) == ["0.dng", "1.dng", "2.dng"]
    found.close()  # type: ignore[attr-defined]
    assert apart("read_named", Path("other.dng"), module="fakes") == "other.dng"


def test_others_may_ask_meanwhile() -> None:
    for number, name in enumerate(apart_each("read_named", map(Path, ["a.dng", "b.dng"]), module="fakes")):
        assert name == "ab"[number] + ".dng"
        assert apart("read_named", Path("other.dng"), module="fakes") == "other.dng"


def test_where_no_process_can_be_started_it_is_done_here(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise NotStarted

    monkeypatch.setattr(each, "take", fail)
    assert told("a.dng", "damaged.dng", "b.dng") == ["a.dng", "is damaged", "b.dng"]


def test_the_same_answers_as_one_by_one(tmp_path: Path) -> None:
    (tmp_path / "empty.dng").touch()
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    paths = [tmp_path / name for name in ("empty.dng", "a.png", "missing.jpg")]
    assert list(read_records(paths)) == [read_record(path) for path in paths] == [None] * 3
    assert list(sniff_each(paths)) == [sniff(paths[0]), sniff(paths[1]), None]
