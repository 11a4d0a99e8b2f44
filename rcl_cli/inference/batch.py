"""Many files: what exists is skipped, one failure never stops the rest, and files are read and written meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from itertools import repeat
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from rcl_cli.disk.temporary import sweep
from rcl_cli.disk.write import ExistsError
from rcl_cli.domain import Domain
from rcl_cli.errors import FileError, RclError, UnforeseenError, is_out_of_memory
from rcl_cli.inference.claims import Claims
from rcl_cli.inference.existing import is_ruined, why_kept, whys_kept
from rcl_cli.inference.models import misfit
from rcl_cli.inference.outputs import Job
from rcl_cli.inference.overlap import ahead, behind
from rcl_cli.inference.pipeline import Pipeline, Prepared
from rcl_cli.inference.result import Result
from rcl_cli.inference.room import Room, UndoneError
from rcl_cli.models.facts import Work
from rcl_cli.plugins.faults import PluginFault
from rcl_cli.raw.guarded import read_frame
from rcl_cli.raw.tags.exiftool import close_exiftool, start_exiftool
from rcl_cli.raw.write import write_picture

_MOST_BESIDE = 1 << 28
"""Bytes of a result that may be written while the network is busy with the next: both take memory."""


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
    full: Path | None = None
    """Of one that was left undone: the folder in which there is no room left."""

    def to_dict(self, task: str) -> dict[str, Any]:
        """The line of `rcl apply --json`."""
        made = self.result
        left = made.unchanged if made else None
        record = made.picture.record if made else None
        profile = made.profile if made else None
        return {
            "kind": "picture",
            "path": self.path,
            "status": self.status,
            "reason": self.reason or str(left or ""),
            "output": self.output if self.status != "failed" else None,
            "task": task,
            "model": made.model if made else None,
            "unchanged": left is not None if made else None,
            "profile": record.noise or None if record else None,
            "quality": profile.quality if profile else None,
            "shot": profile.shot if profile else None,
            "read": profile.read if profile else None,
            "strength": made.strength if made else None,
            "chroma_strength": made.chroma_strength if made else None,
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

    Several runs over the same jobs divide them; what is left to another comes last, as skipped. So does, as failed,
    what is left undone once the disk of its result is full. What is being written when KeyboardInterrupt comes is
    finished and told, before that is passed on.

    linear: keep the values of RGB files as they are; debug: pass on an error that nobody foresaw, instead of making it
    the reason of a failure. `report` hears which fraction of a job is done.
    """

    def kept(job: Job) -> str:
        return "" if overwrite else why_kept(job.source, job.target, pipeline)

    waiting = []
    targets = [(job.source, job.target) for job in jobs]
    for job, reason in zip(jobs, repeat("") if overwrite else whys_kept(targets, pipeline), strict=False):
        if reason:
            sweep(job.target.parent)
            yield Outcome(job.source, job.target, "skipped", reason)
        else:
            waiting.append(job)
    if waiting:
        start_exiftool()  # it is ready when the first result is
    room = Room()
    claims = Claims(kept, room, overwrite=overwrite)
    untold: dict[Path, Outcome] = {}

    def prepare(work: _Work) -> Prepared | Domain:
        """Or the domain of a file of a walked folder that is none for the task."""
        with work.timed():
            frame = read_frame(work.job.source, linear=linear)
            work.megapixels = frame.megapixels
            if not work.job.named and frame.domain not in pipeline.models.task.domains:
                return frame.domain
            return pipeline.prepare(frame)

    def restore(work: _Work, prepared: Callable[[], Prepared | Domain]) -> Result | Domain:
        def reported(done: float) -> None:
            room.require(work.job)  # the result before, which is written meanwhile, may have filled the disk
            report(work.job, done)

        ready = prepared()
        room.require(work.job)
        with work.timed():
            return ready if isinstance(ready, Domain) else pipeline.restore(ready, reported)

    def write(work: _Work, made: Result | Domain) -> Result | Domain:
        if isinstance(made, Domain):
            return made
        with work.timed(), room.watched(work.job):
            replaced = overwrite or is_ruined(work.job.target)
            write_picture(work.job.target, made.picture, overwrite=replaced)
        result = _without_pixels(made)
        untold[work.job.target] = _done(work, result)
        return result

    prepared = ahead(prepare, map(_Work, claims.divided(waiting)))
    restored = ((work, partial(restore, work, ready)) for work, ready in prepared)
    written = behind(write, restored, _is_large)
    try:
        for work, finish in written:
            outcome = _outcome(work, finish, pipeline.models.task, debug)
            claims.release(work.job)
            untold.pop(work.job.target, None)
            yield outcome
        for job, why in claims.left:
            yield _left(job, why)
    except KeyboardInterrupt:
        written.close()  # which finishes what is being written
        yield from untold.values()
        raise
    finally:
        claims.close()
        close_exiftool()


def _is_large(made: Result | Domain) -> bool:
    return isinstance(made, Result) and made.pixels.nbytes > _MOST_BESIDE


@dataclass
class _Work:
    """A job, how long it has been worked on, and the size of its picture."""

    job: Job
    seconds: float = 0.0
    megapixels: float = 0.0

    @contextmanager
    def timed(self) -> Iterator[None]:
        start = perf_counter()
        try:
            yield
        finally:
            self.seconds += perf_counter() - start


def _outcome(work: _Work, finish: Callable[[], Result | Domain], task: Work, debug: bool) -> Outcome:
    job = work.job
    try:
        made = finish()
    except ExistsError:
        return Outcome(job.source, job.target, "skipped", "was made by another run meanwhile")
    except UndoneError as error:
        return _left(job, error)
    except Exception as error:  # whatever one file or a plugin brings about, the others are still to be done
        if debug and not _foreseen(error):
            raise
        reason = _reason(error, job.source)
        return Outcome(job.source, job.target, "failed", reason, work.seconds, work.megapixels)
    if isinstance(made, Domain):
        return unfit(job.source, task, made)
    return _done(work, made)


def _done(work: _Work, made: Result) -> Outcome:
    return Outcome(work.job.source, work.job.target, "done", "", work.seconds, work.megapixels, made)


def _left(job: Job, why: str | FileError) -> Outcome:
    if not isinstance(why, FileError):
        return Outcome(job.source, job.target, "skipped", why)
    full = why.folder if isinstance(why, UndoneError) else None
    return Outcome(job.source, job.target, "failed", _reason(why, job.source), full=full)


def unfit(path: Path, task: Work, domain: Domain) -> Outcome:
    """That a file of a walked folder is none for the task."""
    return Outcome(path, None, "skipped", misfit(task, domain), fits=False)


def _without_pixels(result: Result) -> Result:
    # Outcomes of thousands of files are kept for the summary.
    return replace(result, picture=replace(result.picture, pixels=np.empty((0,) * result.pixels.ndim, np.float32)))


def _foreseen(error: Exception) -> bool:
    return isinstance(error, RclError | OSError) and not isinstance(error, UnforeseenError | PluginFault)


def _reason(error: Exception, source: Path) -> str:
    match error:
        case FileError() if error.path == source:
            return error.reason
        case RclError():
            return str(error)
        case _ if is_out_of_memory(error):
            return "needs more memory than there is; use a smaller --tile"
        case OSError(strerror=str(words)):
            return f"{error.filename}: {words}" if error.filename not in (None, str(source)) else words
        case _:
            return f"unexpected {type(error).__name__}: {' '.join(str(error).split())}"
