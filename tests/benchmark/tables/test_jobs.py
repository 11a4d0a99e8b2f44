from __future__ import annotations

from operator import add

import pytest

from rcl_benchmark.tables.jobs import Job, run_jobs


def _jobs() -> list[Job]:
    return [
        Job("last", add, (3, 3), frozenset({"first", "second"})),
        Job("first", add, (1, 1)),
        Job("second", add, (2, 2), frozenset({"first"})),
    ]


@pytest.mark.parametrize("workers", [1, 2])
def test_jobs_wait_for_what_they_need(workers: int) -> None:
    done = [(job.name, result) for job, result in run_jobs(_jobs(), workers)]
    assert done == [("first", 2), ("second", 4), ("last", 6)]


def test_results_are_given_out_one_by_one() -> None:
    called: list[int] = []
    results = run_jobs([Job(str(i), called.append, (i,)) for i in range(3)], 1)
    next(results)
    assert called == [0]
    assert len(list(results)) == 2


def test_an_error_ends_it() -> None:
    failing = [Job("a", add, (1, 1)), Job("b", add, ("x", 1)), Job("c", add, (1, 1))]
    done: list[str] = []
    with pytest.raises(TypeError):
        done.extend(job.name for job, _ in run_jobs(failing, 1))
    assert done == ["a"]
