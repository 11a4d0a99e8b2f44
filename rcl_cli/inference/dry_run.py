"""What a run would do: which files, by which head, with which noise levels, and where to. Nothing is written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from rcl_cli.domain import Domain
from rcl_cli.errors import RclError
from rcl_cli.inference.apply import Batch, open_pipeline
from rcl_cli.inference.existing import why_kept
from rcl_cli.inference.models import misfit
from rcl_cli.inference.outputs import Job
from rcl_cli.inference.pipeline import Pipeline
from rcl_cli.raw.metadata import read_metadata
from rcl_cli.raw.read import read_frame

WOULD_BE_DONE = "dry run"
"""The reason of what was left undone for no other reason."""


@dataclass(frozen=True)
class Planned:
    """What would become of one input."""

    path: Path
    output: Path | None
    status: str
    """ "skipped" or "failed": nothing is done."""
    reason: str = WOULD_BE_DONE
    model: Path | None = None
    noise: str = ""
    """Where the noise level would come from; "" for tasks that ask for none."""


@dataclass(frozen=True)
class _Kind:
    """What files of one camera and ISO have in common."""

    domain: Domain
    camera: str
    noise: str


def plan(batch: Batch, announce: Callable[[str], None] = lambda sentence: None) -> Iterator[Planned]:
    """One for each input. Raises RclError at once where the settings do not fit the task.

    Of files of the same camera and ISO only the first is decoded, so that a damaged one may not show.
    """
    pipeline = open_pipeline(batch.task, batch.settings, announce)
    kinds: dict[tuple[str, str, float | None], _Kind] = {}
    for path in batch.unfit:
        yield Planned(path, None, "skipped", misfit(batch.task, Domain.RGB))
    for job in batch.jobs:
        try:
            yield _planned(batch, pipeline, job, kinds)
        except RclError as error:
            yield Planned(job.source, None, "failed", getattr(error, "reason", str(error)))


def _planned(batch: Batch, pipeline: Pipeline, job: Job, kinds: dict[tuple[str, str, float | None], _Kind]) -> Planned:
    kept = "" if batch.settings.overwrite else why_kept(job.source, job.target, pipeline)
    if kept:
        return Planned(job.source, job.target, "skipped", kept)
    shot = read_metadata(job.source)
    key = (job.source.suffix.lower(), shot.camera, shot.iso)
    if not shot.camera or key not in kinds:
        kinds[key] = _kind(batch, pipeline, job.source)
    kind = kinds[key]
    if not job.named and kind.domain not in batch.task.domains:
        return Planned(job.source, None, "skipped", misfit(batch.task, kind.domain))
    model = pipeline.models.choose(kind.domain, kind.camera).path
    return Planned(job.source, job.target, "skipped", model=model, noise=kind.noise)


def _kind(batch: Batch, pipeline: Pipeline, path: Path) -> _Kind:
    frame = read_frame(path, linear=batch.settings.linear)
    noise = ""
    if batch.task.noise_aware:
        found = pipeline.noise.of_file(frame)
        noise = "blind" if found is None else found.source
    return _Kind(frame.domain, frame.metadata.camera, noise)
