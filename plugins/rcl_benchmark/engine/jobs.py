"""Jobs: what is to be measured, done once and found again, here or by several processes."""

from __future__ import annotations

from collections.abc import Callable, Container, Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Generic, TypeVar

from rcl_benchmark.engine.records import Records
from rcl_benchmark.engine.workers import processes

Result = TypeVar("Result")


@dataclass(frozen=True)
class Job:
    """One piece of work, which other processes can do too."""

    name: str
    """Names it among all jobs."""
    make: Callable[..., Any]
    """Called with `arguments` and those of `parts` that are missing: a dataclass instance for each of these."""
    arguments: tuple[Any, ...] = ()
    parts: Mapping[str, Any] = field(default_factory=dict)
    """What is made, by a digest of everything that decides it; empty for jobs that leave files of their own."""
    needs: tuple[Job, ...] = ()
    """What must be done before."""

    def without(self, done: Container[str]) -> Job | None:
        """What is left of it where some digests are done; None where nothing is."""
        parts = {key: part for key, part in self.parts.items() if key not in done}
        return replace(self, parts=parts) if parts or not self.parts else None


@dataclass(frozen=True)
class Run(Generic[Result]):
    """Jobs, what the work folder has of them, and what is left to do."""

    store: Records
    known: Mapping[str, Result]
    """By digest, in the order of the jobs."""
    left: Sequence[Job]
    """Each behind what it needs."""

    @classmethod
    def plan(cls, jobs: Sequence[Job], store: Records, load: Callable[[dict[str, Any]], Result]) -> Run[Result]:
        """`load`: JSON values → result. What it refuses (ValueError, KeyError, TypeError) is made again."""
        kept, known = store.read(), {}
        for key in (key for job in jobs for key in job.parts if key in kept):
            try:
                known[key] = load(kept[key])
            except (ValueError, KeyError, TypeError):
                del kept[key]
        return cls(store, known, list({job.name: job for job in _left(jobs, kept)}.values()))

    def results(
        self, workers: int = 1, *, apart: bool = False, on_job: Callable[[str], None] = lambda name: None
    ) -> Generator[Result, None, None]:
        """Those known, then each as it is made and on disk. `on_job` hears of each job that is done.

        One worker works in this process, with as many threads as it has, unless `apart`. The first error ends all;
        what was made till then stays.
        """
        yield from self.known.values()
        for job, made in do(self.left, workers, apart=apart):
            if job.parts:
                found = dict(zip(job.parts, made, strict=True))
                self.store.append({key: asdict(result) for key, result in found.items()})
                yield from found.values()
            on_job(job.name)


def do(jobs: Sequence[Job], workers: int, *, apart: bool = False) -> Iterator[tuple[Job, Any]]:
    """Each job with what it made, as it ends; the first that can start does, in the order given."""
    waiting = {job.name: job for job in jobs}
    running: dict[Future[Any], Job] = {}
    with _executor(workers, apart) as pool:
        while waiting or running:
            while len(running) < workers and (job := _next(waiting, running.values())):
                del waiting[job.name]
                running[pool.submit(job.make, *job.arguments, *job.parts.values())] = job
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                yield running.pop(future), future.result()


def _left(jobs: Iterable[Job], done: Container[str]) -> Iterator[Job]:
    for job in jobs:
        if left := job.without(done):
            yield from _left(job.needs, done)
            yield left


def _next(waiting: Mapping[str, Job], running: Iterable[Job]) -> Job | None:
    open_jobs = {*waiting, *(job.name for job in running)}
    return next((job for job in waiting.values() if not any(need.name in open_jobs for need in job.needs)), None)


def _executor(workers: int, apart: bool) -> AbstractContextManager[Executor]:
    return processes(workers) if apart or workers > 1 else nullcontext(_Here())


class _Here(Executor):
    """Does what is submitted at once, in this process."""

    def submit(self, call: Callable[..., Any], /, *arguments: Any, **named: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_result(call(*arguments, **named))
        return future
