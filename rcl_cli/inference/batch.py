"""Many files: what exists is skipped, one failure never stops the rest, and the next file is decoded meanwhile."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from rcl_cli.domain import Domain
from rcl_cli.errors import FileError, RclError, UnforeseenError
from rcl_cli.inference.existing import why_skipped
from rcl_cli.inference.models import misfit
from rcl_cli.inference.outputs import Job
from rcl_cli.inference.pipeline import Pipeline
from rcl_cli.inference.prefetch import ahead
from rcl_cli.inference.result import Result
from rcl_cli.inference.tiling import is_out_of_memory
from rcl_cli.raw.frame import Frame
from rcl_cli.raw.guarded import read_frame
from rcl_cli.raw.tags.exiftool import close_exiftool
from rcl_cli.task import Task


@dataclass(frozen=True)
class Outcome:
    """What became of one input."""

    path: Path
    output: Path | None
    status: str
    """ "done", "skipped" or "failed"."""
    reason: str = ""
    seconds: float = 0.0
    megapixels: float = 0.0
    result: Result | None = None
    """Of one that is done, without its pixels."""
    fits: bool = True
    """False for one of many in a walked folder that was skipped because the task is not for such files."""

    def to_dict(self, task: str) -> dict[str, Any]:
        """The line of `rcl apply --json`."""
        made = self.result
        record = made.picture.record if made else None
        profile = made.profile if made else None
        return {
            "kind": "picture",
            "path": self.path,
            "status": self.status,
            "reason": self.reason,
            "output": self.output if self.status != "failed" else None,
            "task": task,
            "model": made.model if made else None,
            "profile": record.noise or None if record else None,
            "shot": profile.shot if profile else None,
            "read": profile.read if profile else None,
            "strength": made.strength if made else None,
            "seconds": round(self.seconds, 3),
            "megapixels": round(self.megapixels, 3),
        }


def run_batch(
    pipeline: Pipeline,
    jobs: Sequence[Job],
    *,
    linear: bool = False,
    overwrite: bool = False,
    debug: bool = False,
    report: Callable[[Job, float], None] = lambda job, done: None,
) -> Iterator[Outcome]:
    """Do the jobs and say what became of each; those whose target exists come first, no pixel of them being read.

    linear: keep the values of RGB files as they are; debug: pass on an error that nobody foresaw, instead of making it
    the reason of a failure. `report` hears which fraction of a job is done.
    """
    waiting = []
    for job in jobs:
        if os.path.lexists(job.target) and not overwrite:
            yield Outcome(job.source, job.target, "skipped", why_skipped(job.source, job.target, pipeline))
        else:
            waiting.append(job)

    def decode(job: Job) -> Frame:
        return read_frame(job.source, linear=linear)

    try:
        for job, decoded in ahead(decode, waiting):
            yield _do(pipeline, job, decoded, overwrite, debug, partial(report, job))
    finally:
        close_exiftool()


def _do(
    pipeline: Pipeline,
    job: Job,
    decoded: Callable[[], Frame],
    overwrite: bool,
    debug: bool,
    report: Callable[[float], None],
) -> Outcome:
    start = perf_counter()
    size = 0.0
    try:
        frame = decoded()
        size = frame.megapixels
        if not job.named and frame.domain not in pipeline.models.task.domains:
            return unfit(job.source, pipeline.models.task, frame.domain)
        result = pipeline.apply(frame, job.target, overwrite=overwrite, report=report)
    except Exception as error:  # whatever one file or a plugin brings about, the others are still to be done
        if debug and not _foreseen(error):
            raise
        return Outcome(job.source, job.target, "failed", _reason(error, job.source), perf_counter() - start, size)
    return Outcome(job.source, job.target, "done", "", perf_counter() - start, size, _without_pixels(result))


def unfit(path: Path, task: Task, domain: Domain) -> Outcome:
    """That a file of a walked folder is none for the task."""
    return Outcome(path, None, "skipped", misfit(task, domain), fits=False)


def _without_pixels(result: Result) -> Result:
    # Outcomes of thousands of files are kept for the summary.
    return replace(result, picture=replace(result.picture, pixels=np.empty((0,) * result.pixels.ndim, np.float32)))


def _foreseen(error: Exception) -> bool:
    return isinstance(error, RclError | OSError) and not isinstance(error, UnforeseenError)


def _reason(error: Exception, source: Path) -> str:
    match error:
        case FileError() if error.path == source:
            return error.reason
        case RclError():
            return str(error)
        case _ if is_out_of_memory(error):
            return "needs more memory than there is; use a smaller --tile"
        case OSError(strerror=str(words)):
            return words
        case _:
            return f"unexpected {type(error).__name__}: {' '.join(str(error).split())}"
