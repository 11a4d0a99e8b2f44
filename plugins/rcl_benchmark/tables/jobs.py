"""Work in pieces of which some need others, done here or by several processes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

from rcl_benchmark.processes import processes


@dataclass(frozen=True)
class Job:
    """One piece: a call that other processes can make too."""

    name: str
    call: Callable[..., Any]
    arguments: tuple[Any, ...]
    needs: frozenset[str] = frozenset()
    """Names of jobs that must be done before."""


def run_jobs(jobs: Sequence[Job], workers: int) -> Iterator[tuple[Job, Any]]:
    """Each job with its result as it ends. The first that can start does, in the order given; the first error ends all.

    One worker: in this process, with as many threads as it has.
    """
    waiting, done = list(jobs), set[str]()
    running: dict[Future[Any], Job] = {}
    with _executor(workers) as pool:
        try:
            while waiting or running:
                while len(running) < workers and (job := _next(waiting, done)):
                    waiting.remove(job)
                    running[pool.submit(job.call, *job.arguments)] = job
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    job = running.pop(future)
                    done.add(job.name)
                    yield job, future.result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _next(waiting: Sequence[Job], done: set[str]) -> Job | None:
    return next((job for job in waiting if job.needs <= done), None)


def _executor(workers: int) -> AbstractContextManager[Executor]:
    return processes(workers) if workers > 1 else nullcontext(_Here())


class _Here(Executor):
    """Does what is submitted at once, in this process."""

    def submit(self, call: Callable[..., Any], /, *arguments: Any, **named: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_result(call(*arguments, **named))
        return future
