"""A batch on the workers of a dask cluster, which see the same folders."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache, partial
from pathlib import Path

import numpy as np

from rcl_cli.cluster import Refused, connected
from rcl_cli.domain import Domain
from rcl_cli.errors import RclError
from rcl_cli.inference.apply import Batch, Settings, open_pipeline
from rcl_cli.inference.batch import Outcome, run_batch, unfit
from rcl_cli.inference.outputs import Job
from rcl_cli.inference.pipeline import Pipeline
from rcl_cli.models.store import Store
from rcl_cli.raw.picture import Picture
from rcl_cli.task import get_task

Told = tuple[Outcome, tuple[str, ...]]
"""What became of a file, and what the worker had to say until then."""


def spread(batch: Batch, address: str, announce: Callable[[str], None] = lambda sentence: None) -> Iterator[Outcome]:
    """As `Batch.run`, by the workers of the cluster whose scheduler has this address; in no order.

    Raises RclError where there is no such cluster, where the workers do not see the store, or the settings do not fit
    the task.
    """
    yield from (unfit(path, batch.task, Domain.RGB) for path in batch.unfit)
    by_place = {_absolute(job.source): job for job in batch.jobs}
    jobs = [replace(job, source=place, target=_absolute(job.target)) for place, job in by_place.items()]
    said: set[str] = set()
    with connected(address) as cluster:
        settings = _everywhere(batch.settings)
        sees = settings.store is not None and settings.store.is_dir()
        work = partial(do_jobs, batch.task.name, settings, sees)
        for placed, told in cluster.results(work, jobs):
            job = by_place[placed.source]
            if isinstance(told, Refused):
                yield Outcome(job.source, job.target, "failed", told.reason)
                continue
            outcome, sentences = told
            for sentence in sentences:
                if sentence not in said:
                    announce(sentence)
                    said.add(sentence)
            yield replace(outcome, path=job.source, output=job.target if outcome.output else None)


def do_jobs(task: str, settings: Settings, has_store: bool, jobs: Sequence[Job]) -> list[Told]:
    """What a worker does: one result for each of the jobs. Raises RclError as `open_pipeline`.

    `has_store`: there is a store where the command was given.
    """
    if has_store and settings.store is not None and not settings.store.is_dir():
        raise RclError(f"a worker does not see the store {settings.store}; give one that all machines see, --store")
    pipeline, sentences = _pipeline(task, settings)
    found: dict[Path, Told] = {}
    for outcome in run_batch(pipeline, jobs, linear=settings.linear, overwrite=settings.overwrite):
        found[outcome.path] = _light(outcome), tuple(sentences)
    return [found[job.source] for job in jobs]


@lru_cache(maxsize=1)
def _pipeline(task: str, settings: Settings) -> tuple[Pipeline, list[str]]:
    """Kept from batch to batch, with its models; and what it says, as it says it."""
    sentences: list[str] = []
    return open_pipeline(get_task(task), settings, sentences.append), sentences


def _everywhere(settings: Settings) -> Settings:
    """With paths that mean the same in another process; which jobs there are is decided already."""
    model = settings.model
    if model is not None and Path(model).exists():
        model = str(_absolute(Path(model)))
    return replace(
        settings,
        model=model,
        profile=None if settings.profile is None else _absolute(settings.profile),
        store=_absolute(Store.open(settings.store).root),
        select=(),
        shard=None,
    )


def _light(outcome: Outcome) -> Outcome:
    """With what is told of a result, without the rest of the picture."""
    made = outcome.result
    if made is None:
        return outcome
    told = Picture(np.empty((0, 0, 3), np.float32), record=made.picture.record)
    return replace(outcome, result=replace(made, picture=told))


def _absolute(path: Path) -> Path:
    # Links stay: a name may say what is in a file.
    return path.absolute()
