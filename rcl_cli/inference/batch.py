"""Many files: what exists is skipped, one failure never stops the rest, and the next file is decoded meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any

from rcl_cli.errors import FileError, RclError
from rcl_cli.inference.outputs import Job
from rcl_cli.inference.pipeline import Pipeline
from rcl_cli.inference.prefetch import ahead
from rcl_cli.inference.tiling import is_out_of_memory
from rcl_cli.raw.frame import Frame
from rcl_cli.raw.read import read_frame


@dataclass(frozen=True)
class Outcome:
    """What became of one input."""

    source: Path
    target: Path | None
    status: str
    """ "done", "skipped" or "failed"."""
    reason: str = ""
    model: Path | None = None
    seconds: float = 0.0
    megapixels: float = 0.0

    def to_dict(self, task: str) -> dict[str, Any]:
        """The line of `rcl apply --json`."""
        return {
            "input": self.source,
            "output": self.target if self.status != "failed" else None,
            "task": task,
            "model": self.model,
            "status": self.status,
            "reason": self.reason,
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
    """Do the jobs and say what became of each; those whose target exists come first, nothing of them being read.

    linear: keep the values of RGB files as they are; debug: pass on an error that nobody foresaw, instead of making it
    the reason of a failure. `report` hears which fraction of a job is done.
    """
    waiting = []
    for job in jobs:
        if job.target.exists() and not overwrite:
            yield Outcome(job.source, job.target, "skipped", "exists already; use --overwrite to replace it")
        else:
            waiting.append(job)

    def decode(job: Job) -> Frame:
        return read_frame(job.source, linear=linear)

    for job, decoded in ahead(decode, waiting):
        yield _do(pipeline, job, decoded, overwrite, debug, partial(report, job))


def _do(
    pipeline: Pipeline,
    job: Job,
    decoded: Callable[[], Frame],
    overwrite: bool,
    debug: bool,
    report: Callable[[float], None],
) -> Outcome:
    start = perf_counter()
    model: Path | None = None
    size = 0.0
    try:
        frame = decoded()
        size = frame.megapixels
        model = pipeline.choose_model(frame)
        pipeline.apply(frame, job.target, overwrite=overwrite, report=report)
    except Exception as error:  # whatever one file or a plugin brings about, the others are still to be done
        if debug and not isinstance(error, RclError | OSError):
            raise
        reason = _reason(error, job.source)
        return Outcome(job.source, job.target, "failed", reason, model, perf_counter() - start, size)
    return Outcome(job.source, job.target, "done", "", model, perf_counter() - start, size)


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
