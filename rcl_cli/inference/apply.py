"""Applying a task to files and folders: what `rcl apply` and `rcl_cli.apply` do."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rcl_cli.disk.names import is_plain
from rcl_cli.domain import Domain
from rcl_cli.errors import FileError, RclError
from rcl_cli.folders import as_path
from rcl_cli.inference.batch import Outcome, run_batch, unfit
from rcl_cli.inference.model import AUTO
from rcl_cli.inference.models import ENGINES, ONNX, PRECISIONS, TORCH, Models
from rcl_cli.inference.noise import NoiseOfFiles
from rcl_cli.inference.outputs import Job, fitting, leave_out_results, plan_outputs
from rcl_cli.inference.pipeline import Pipeline
from rcl_cli.inference.restore import Restoration
from rcl_cli.inference.shard import Shard
from rcl_cli.models.choose import SHIPPED, given_model
from rcl_cli.models.exported import EXPORTED, need_onnx, read_exported
from rcl_cli.models.facts import Work
from rcl_cli.models.store import Store
from rcl_cli.models.twins import exported_task, given_exported
from rcl_cli.raw.folder import search
from rcl_cli.raw.select import Selection, selected, selected_words


@dataclass(frozen=True)
class Settings:
    """How results are made and written."""

    model: str | None = None
    """NAME or PATH; None: the newest head of the store, else the one that comes with the task."""
    profile: Path | None = None
    """A file of noise profiles, or a picture that tells its own; None: calibrated, the file's own, or blind."""
    strength: float | str = 1.0
    """0…1, or "auto"."""
    ensemble: bool = False
    format: str = "auto"
    overwrite: bool = False
    device: str = "auto"
    tile: int | None = None
    """Largest side of a tile, in elements."""
    linear: bool = False
    """Keep the values of RGB files as they are."""
    store: Path | None = None
    shard: str | None = None
    """I/N: only the I-th of N parts, counted from 1, by the names of the files; None: all."""
    select: tuple[Selection, ...] = ()
    """Only files that one of these fits; none: all."""
    engine: str = "auto"
    """One of `ENGINES`."""
    suffix: str = ""
    """What ends the names of results, such as _dn; they go beside the inputs then, if no folder is given."""
    chroma_strength: float | None = None
    """0…1: the strength for colour, where it is not that for brightness."""
    precision: str = "auto"
    """One of `PRECISIONS`."""
    iso: float | None = None
    """Of files that do not say theirs; a high one says that there is noise."""


@dataclass(frozen=True)
class Batch:
    """The inputs of a run, and where their results go."""

    task: Work
    jobs: list[Job]
    failures: list[FileError]
    """Paths that cannot be used."""
    results: list[Path]
    """Results of earlier runs in walked folders, which are left out."""
    unfit: list[Path]
    """RGB pictures in walked folders, where the task is for raws."""
    settings: Settings
    selected: str = ""
    """How many files were chosen by `Settings.select`, as a sentence."""
    files: int = 0
    """Found in all, those of other shards among them."""

    def run(
        self,
        *,
        announce: Callable[[str], None] = lambda sentence: None,
        report: Callable[[Job, float], None] = lambda job, done: None,
        debug: bool = False,
    ) -> Iterator[Outcome]:
        """Do the jobs; one outcome each. Raises RclError at once where the settings do not fit the task."""
        settings, pipeline = self.settings, open_pipeline(self.task, self.settings, announce)
        yield from (unfit(path, self.task, Domain.RGB) for path in self.unfit)
        yield from run_batch(
            pipeline,
            self.jobs,
            linear=settings.linear,
            overwrite=settings.overwrite,
            debug=debug,
            report=report,
        )


def chosen_engine(settings: Settings) -> str:
    """TORCH or ONNX. Raises RclError where the model that is named is for the other, or there is no such engine."""
    if settings.engine not in ENGINES:
        raise RclError(f"there is no engine {settings.engine!r}; there are {', '.join(ENGINES)}")
    exported = settings.model is not None and Path(settings.model).suffix == EXPORTED
    if settings.engine == TORCH and exported:
        raise RclError(f"{settings.model} is an exported head, which torch cannot run; leave --engine out")
    return ONNX if settings.engine == ONNX or exported else TORCH


def open_batch(task: str | Work, paths: Sequence[Path], output: Path | None, settings: Settings) -> Batch:
    """Find the inputs and plan their results; nothing is decoded.

    Without `output` results go to a folder named after the task, in the folder that was named or beside the file.
    Raises RclError where there is nothing to do, or for a task that there is not.
    """
    made = _task(task, settings) if isinstance(task, str) else task
    given = list(paths)
    if not given:
        raise RclError(f"name files or folders to {made.name}")
    if settings.suffix and not is_plain(f"a{settings.suffix}"):
        raise RclError(f"{settings.suffix!r} cannot end a name; give a few letters, such as _dn")
    found = search(given)
    files = found.files if output is None else leave_out_results(found.files, given, output)
    taken, left = fitting(files, made.domains)
    jobs = plan_outputs(taken, output, made.name, settings.format, settings.suffix)
    unfit = [item.path for item in left]
    said = ""
    if settings.select:
        # As with shards, results have their names before.
        chosen = selected([*(job.source for job in jobs), *unfit], settings.select)
        said = selected_words(len(chosen), len(jobs) + len(unfit), settings.select)
        jobs, left = [job for job in jobs if job.source in chosen], [item for item in left if item.path in chosen]
        unfit = [item.path for item in left]
        if not chosen and not found.errors:
            raise RclError(f"{said}; `rcl info` shows what files say")
    if settings.shard is not None:
        # All results have their names before, so that these are the same in every part.
        shard = Shard.named(settings.shard)
        jobs = [job for job in jobs if shard.has(job.relative)]
        unfit = [item.path for item in left if shard.has(item.relative)]
        if found.files:
            return Batch(made, jobs, found.errors, found.results, unfit, settings, said, len(found.files))
    if not jobs and not left and not found.errors:
        raise RclError(f"there is nothing to {made.name} in {', '.join(map(str, given))}")
    return Batch(made, jobs, found.errors, found.results, unfit, settings, said, len(found.files))


def _task(name: str, settings: Settings) -> Work:
    """The task of that name; of an exported head, what that says of it, and nothing is imported for it."""
    if chosen_engine(settings) == TORCH:
        from rcl_cli.task import get_task

        return get_task(name)
    need_onnx()
    store = Store.open(settings.store)
    if settings.model is not None and settings.model != SHIPPED:
        path = given_exported(store, settings.model)
        facts = read_exported(path).contract.facts
        if facts.name != name:
            raise RclError(f"{path}: is a head for {facts.name}; choose one for {name}")
        return facts
    return exported_task(name, store)


def open_pipeline(task: Work, settings: Settings, announce: Callable[[str], None]) -> Pipeline:
    """Models, noise levels and settings of a run.

    Raises RclError where the settings do not fit the task: once, before the first file.
    """
    store, engine = Store.open(settings.store), chosen_engine(settings)
    if settings.precision not in PRECISIONS:
        raise RclError(f"there is no precision {settings.precision!r}; there are {', '.join(PRECISIONS)}")
    if engine == TORCH:
        from rcl_cli.train.device import choose_device

        choose_device(settings.device)
        if settings.model is not None:
            given_model(task, store, settings.model)
    else:
        from rcl_cli.inference.onnx_engine import require_cpu

        require_cpu(settings.device)
    noise = NoiseOfFiles(settings.profile, store.root, announce=announce, linear=settings.linear)
    noise.check()
    for domain in task.domains:
        Restoration(
            task, domain, None if settings.strength == AUTO else float(settings.strength), settings.chroma_strength
        )
    for error in store.scan()[1]:
        announce(f"Model in the store left out: {error}")
    how = (settings.device, settings.model, settings.tile, engine, settings.precision)
    models = Models(task, store, *how, announce)
    return Pipeline(models, noise, settings.strength, settings.ensemble, settings.chroma_strength, settings.iso)


def apply(
    task: str, paths: Sequence[Path | str] | Path | str, *, output: Path | str | None = None, **settings: object
) -> list[Outcome]:
    """Do a task on files and folders; what became of each. One that fails never stops the others.

    `output`: a folder; by default one named after the task, beside or inside what is given. `settings`: the fields of
    `Settings`. Raises RclError where there is nothing to do, or the settings do not fit the task.
    """
    given = [Path(paths)] if isinstance(paths, str | Path) else [Path(path) for path in paths]
    for name in {"profile", "store"} & settings.keys():
        settings[name] = as_path(settings[name])  # type: ignore[arg-type]
    batch = open_batch(task, given, as_path(output), Settings(**settings))  # type: ignore[arg-type]
    failed = [Outcome(error.path, None, "failed", error.reason) for error in batch.failures]
    return [*failed, *batch.run()]
