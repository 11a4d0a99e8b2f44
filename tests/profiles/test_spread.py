"""Several files are measured at a time, and come as if one had been measured after the other."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from rcl_cli.errors import FileError
from rcl_cli.profiles.images import ImageCalibration
from rcl_cli.profiles.journal import Journal
from rcl_cli.profiles.spread import measured


class Fake(Journal):
    """Fails for names that begin with "bad"; counts what is begun and not yet done."""

    def __init__(self, folder: Path, together: int = 1) -> None:
        super().__init__(folder)
        self.meeting = threading.Barrier(together, timeout=30)
        self.begun: list[Path] = []

    def measure(self, path: Path, *, linear: bool = False) -> ImageCalibration:
        self.begun.append(path)
        self.meeting.wait()
        if path.name.startswith("bad"):
            raise FileError(path, "is bad")
        return path  # type: ignore[return-value]


@pytest.fixture(autouse=True)
def cores(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two of them."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1}, raising=False)


def test_two_cores_measure_two_files_at_a_time_and_keep_their_order(tmp_path: Path) -> None:
    paths = [Path(name) for name in ("c", "bad a", "a", "b", "c", "bad b", "d", "e")]
    found = list(measured(paths, None, Fake(tmp_path, together=2)))
    assert [getattr(one, "path", one) for one in found] == paths
    assert [isinstance(one, FileError) for one in found] == [path.name.startswith("bad") for path in paths]


def test_who_goes_leaves_the_rest_undone(tmp_path: Path) -> None:
    journal = Fake(tmp_path)
    coming = measured([Path(str(number)) for number in range(1000)], None, journal)
    assert str(next(coming)) == "0"
    coming.close()  # type: ignore[attr-defined]
    assert len(journal.begun) <= 5


def test_nothing_is_measured_of_no_files(tmp_path: Path) -> None:
    assert list(measured([], None, Fake(tmp_path))) == []
