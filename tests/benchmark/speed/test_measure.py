"""Turns, ratios, memory and differences of sides whose times and sizes are known."""

from __future__ import annotations

import sys
import time
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from rcl_benchmark.speed.measure import measure
from rcl_benchmark.speed.memory import watched
from rcl_benchmark.speed.record import Compared, Measured, lines, load
from rcl_benchmark.speed.side import Case, Side, Work
from rcl_cli.errors import RclError

MIB = 1 << 20
order: list[str] = []


def named(name: str, seconds: float, found: float = 0.0, megabytes: int = 0) -> Work:
    def work() -> object:
        order.append(name)
        taken = np.ones(megabytes * MIB, np.uint8)
        time.sleep(seconds)
        del taken
        return np.full((2, 2), found)

    return work


def case(*sides: Side, warm: bool = False) -> Case:
    return Case("part", "case", "file", sides, sides[0].name, warm=warm)


def test_sides_take_turns_and_ratios_are_for_the_same_amount_of_work() -> None:
    order.clear()
    first = Side("a", prepare=named, arguments=("a", 0.02))
    second = Side("b", prepare=named, arguments=("b", 0.08, 0.25), amount=2.0)
    (result,) = measure(case(first, second), 3, memory=False)
    assert order == ["a", "b", "b", "a", "a", "b"]
    a, b = lines([result])
    assert a.ratio == a.ratio_least == a.ratio_most == 1
    assert min(result.sides[0].seconds) >= 0.02
    assert min(result.sides[1].seconds) >= 0.08
    turns = [y / 2 / x for x, y in zip(*(side.seconds for side in result.sides), strict=True)]
    assert (b.ratio_least, b.ratio, b.ratio_most) == pytest.approx(tuple(sorted(turns)))
    assert (a.off, b.off) == (0.0, 0.25)
    assert b.each_s == b.median_s / 2


def test_a_warm_case_works_once_before() -> None:
    order.clear()
    measure(case(Side("a", prepare=named, arguments=("a", 0.0)), warm=True), 2, memory=False)
    assert len(order) == 3


def test_results_come_back_from_json() -> None:
    made = Compared("part", "case", "a", "file", (Measured("a", 1.0, (1.0, 2.0), 3.0, None, 4.0),))
    values = asdict(made)
    values["sides"] = [{**side, "seconds": list(side["seconds"])} for side in values["sides"]]
    assert load(values) == made


def test_a_program_that_fails_is_an_error() -> None:
    wrong = Side("wrong", (sys.executable, "-c", "import sys; sys.exit('no such thing')"))
    with pytest.raises(RclError, match="wrong ended with status 1: no such thing"):
        measure(case(wrong), 1, memory=False)


def test_folders_that_a_program_fills_are_empty_each_time(tmp_path: Path) -> None:
    folder = tmp_path / "made"
    program = f"import pathlib; pathlib.Path({str(folder)!r}).mkdir()"
    measure(case(Side("makes", (sys.executable, "-c", program), fresh=(str(folder),))), 3, memory=False)
    assert folder.is_dir()


@pytest.mark.skipif(sys.platform != "linux", reason="memory is measured on Linux")
@pytest.mark.slow
def test_memory_is_that_of_the_side_alone_with_the_processes_that_it_starts() -> None:
    below = "import subprocess, sys; x = bytearray(b'1') * (80 << 20); subprocess.run([sys.executable, '-c', {!r}])"
    child = "x = bytearray(b'1') * (60 << 20); import time; time.sleep(0.2)"
    none = Side("none", (sys.executable, "-c", "import time; time.sleep(0.2)"))
    both = Side("both", (sys.executable, "-c", below.format(child)))
    (result,) = measure(case(none, both), 1, memory=True)
    small, large = (side.peak_mib or 0.0 for side in result.sides)
    assert 2 < small < 40
    # A child that is seen before it has become another program counts as large as its parent.
    assert 140 < large < 2 * (80 + 2 * small)


@pytest.mark.skipif(sys.platform != "linux", reason="memory is measured on Linux")
@pytest.mark.slow
def test_memory_of_work_is_measured_in_a_process_of_its_own() -> None:
    sides = (Side(str(size), prepare=named, arguments=(str(size), 0.1, 0.0, size)) for size in (1, 301))
    (result,) = measure(case(*sides), 1, memory=True)
    little, much = (side.peak_mib or 0.0 for side in result.sides)
    assert much - little == pytest.approx(300, abs=20)


def test_a_process_that_has_ended_has_no_memory() -> None:
    assert watched(2**22 + 1, lambda: False) is None
