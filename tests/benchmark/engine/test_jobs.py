"""Jobs are done once, after what they need, in this process or in others."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from rcl_benchmark.engine.jobs import Job, Run, do
from rcl_benchmark.engine.records import Records


@dataclass(frozen=True)
class Square:
    of: int
    value: int


def load(values: dict[str, Any]) -> Square:
    return Square(**values)


def squares(*numbers: int) -> list[Square]:
    return [Square(number, number**2) for number in numbers]


def fail() -> None:
    raise ArithmeticError


def chain() -> list[Job]:
    first = Job("first", pow, (1, 1))
    second = Job("second", pow, (2, 1), needs=(first,))
    return [Job("last", pow, (3, 1), needs=(first, second)), first, second]


@pytest.mark.parametrize("workers", [1, 2])
def test_jobs_wait_for_what_they_need(workers: int) -> None:
    assert [(job.name, made) for job, made in do(chain(), workers)] == [("first", 1), ("second", 2), ("last", 3)]


def test_results_are_given_out_one_by_one_and_an_error_ends_it() -> None:
    called: list[int] = []
    results = do([Job("a", called.append, (1,)), Job("b", fail), Job("c", called.append, (2,))], 1)
    assert next(results)[0].name == "a"
    with pytest.raises(ArithmeticError):
        next(results)
    assert called == [1]


@pytest.fixture
def store(tmp_path: Path) -> Records:
    return Records(tmp_path / "records.jsonl")


def test_only_missing_parts_are_made(store: Records) -> None:
    jobs = [Job("small", squares, parts={"1": 1, "2": 2}), Job("large", squares, parts={"9": 9})]
    running = Run.plan(jobs, store, load).results()
    assert [next(running), next(running)] == squares(1, 2)
    running.close()
    again = Run.plan([*jobs, Job("more", squares, parts={"2": 2, "3": 3})], store, load)
    assert list(again.known.values()) == squares(1, 2)
    assert [(job.name, list(job.parts)) for job in again.left] == [("large", ["9"]), ("more", ["3"])]
    done: list[str] = []
    assert list(again.results(on_job=done.append)) == squares(1, 2, 9, 3)
    assert done == ["large", "more"]
    assert Run.plan(jobs, store, load).left == []


def test_what_is_needed_is_done_only_for_what_is_missing(store: Records) -> None:
    need = Job("need", int)
    jobs = [Job("a", squares, parts={"1": 1}, needs=(need,)), Job("b", squares, parts={"2": 2}, needs=(need,))]
    assert [job.name for job in Run.plan(jobs, store, load).left] == ["need", "a", "b"]
    store.append({"1": {"of": 1, "value": 1}, "2": {"of": 2, "value": 4}})
    assert Run.plan(jobs, store, load).left == []


def test_a_needed_job_whose_parts_are_known_is_not_done_again(store: Records) -> None:
    store.append({"1": {"of": 1, "value": 1}})
    first = Job("first", squares, parts={"1": 1})
    (left,) = Run.plan([Job("second", squares, parts={"2": 2}, needs=(first,))], store, load).left
    assert left.name == "second"


def test_results_of_another_form_are_made_again(store: Records) -> None:
    store.append({"1": {"of": 1, "root": 1}})
    assert [job.name for job in Run.plan([Job("a", squares, parts={"1": 1})], store, load).left] == ["a"]
