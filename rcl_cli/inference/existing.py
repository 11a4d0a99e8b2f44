"""A file that stands where a result is to go: the same result, one made another way, or something else."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from rcl_cli.domain import Domain
from rcl_cli.errors import RclError
from rcl_cli.inference.model import DECIDED_BY_THE_PICTURE, chroma_words, levels_digest
from rcl_cli.inference.pipeline import Pipeline
from rcl_cli.raw.guarded import read_record, read_records
from rcl_cli.raw.record import Record, source_digest
from rcl_cli.raw.whole import is_cut

EXISTS = "exists already"
_ADVICE = "use --overwrite to replace it, or another --output"


def why_kept(source: Path, target: Path, pipeline: Pipeline) -> str:
    """Why what stands at `target` is kept; "" where nothing does, or a result that a crash has left without its end.

    Reads no pixels.
    """
    return next(iter(whys_kept([(source, target)], pipeline)))


def whys_kept(pairs: Sequence[tuple[Path, Path]], pipeline: Pipeline) -> Iterator[str]:
    """`why_kept` of each source and target, much faster where there are many."""
    there = [os.path.lexists(target) for _, target in pairs]
    records = read_records(target for (_, target), exists in zip(pairs, there, strict=True) if exists)
    for (source, target), exists in zip(pairs, there, strict=True):
        record = next(records) if exists else None
        yield "" if not exists or _is_ruined(target, record) else _why_skipped(source, target, pipeline, record)


def is_ruined(target: Path) -> bool:
    """Whether `target` is what a crash leaves of a result: nothing, or one without its end."""
    return is_cut(target) and _is_ruined(target, read_record(target))


def _is_ruined(target: Path, record: Record | None) -> bool:
    return is_cut(target) and (record is not None or not _says_anything(target))


def _says_anything(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return bool(file.read(4096).strip(b"\0"))
    except OSError:
        return True


def _why_skipped(source: Path, target: Path, pipeline: Pipeline, old: Record | None) -> str:
    """Why an existing `target` is kept: it is the result that would be made of `source`, or what it is instead."""
    if old is None:
        cut = ", but is cut short" if is_cut(target) else ""
        return f"{EXISTS}{cut}, and is not a result of rcl; {_ADVICE}"
    try:
        differences = old.differences(replace(made_now(old, pipeline), source=source_digest(source)))
    except (RclError, ValueError):
        return EXISTS  # which model would be taken cannot be told from the record
    return f"{EXISTS}, made with other settings ({', '.join(differences)}); {_ADVICE}" if differences else EXISTS


def made_now(old: Record, pipeline: Pipeline) -> Record:
    """How the input of a result would be treated now. Raises RclError where there is no model for it."""
    task = pipeline.models.task
    model = pipeline.models.get(Domain(old.domain), old.camera)
    strength = pipeline.strength if isinstance(pipeline.strength, str) else f"{pipeline.strength:g}"
    new = replace(
        old, task=task.name, model=model.name, weights=model.weights, strength=strength, ensemble=pipeline.ensemble
    )
    new = replace(new, chroma=chroma_words(pipeline.strength, pipeline.chroma_strength), iso=old.iso or pipeline.iso)
    if not task.noise_aware:
        return replace(new, noise="", levels="")
    known = pipeline.noise.known(old.camera, new.iso, old.black_level, old.white_level)
    if known is not None:
        return replace(new, noise=known.source, levels=levels_digest(known))
    # Else the file decides: its own tag, or its pixels.
    return new if old.noise in DECIDED_BY_THE_PICTURE else replace(new, noise="blind", levels="")
