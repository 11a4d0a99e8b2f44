"""A finetuning from labels to a stored head: what `rcl finetune` and `rcl_cli.finetune` do."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rcl_cli.disk.locks import locked
from rcl_cli.domain import Domain
from rcl_cli.errors import FileError, RclError
from rcl_cli.files import exists, real_path, try_folder
from rcl_cli.finetuning.in_use import compared, head_in_use
from rcl_cli.finetuning.run import HEAD, METRICS, STATE, refuse_run, run_folder, run_to_resume, save_run
from rcl_cli.finetuning.saved import SavedFinetuning, load_finetuning, noise_from, save_finetuning
from rcl_cli.finetuning.sources import Source, Wanted, clean_source, paired_source
from rcl_cli.finetuning.start import FRESH, Start, choose_domain, find_backbone, resumed_model, starting_model
from rcl_cli.folders import as_path
from rcl_cli.models.runs import given_back
from rcl_cli.models.store import Store, check_name
from rcl_cli.noise import NoiseSource, SensorNoise
from rcl_cli.plugins.options import plain_options
from rcl_cli.profiles.book import ProfileBook
from rcl_cli.task import Task, get_task
from rcl_cli.train.few_labels import FinetuneResult, FinetuneSettings, Record, train_head
from rcl_cli.train.interrupt import stop_on_interrupt
from rcl_cli.train.log import MetricsLog
from rcl_cli.train.state import saved_step
from rcl_cli.train.watch import NOBODY, Watch


@dataclass(frozen=True)
class Finetuned:
    """What a finetuning left."""

    model: Path | None
    """The head in the store, under the name that `rcl apply --model` takes; in the run's folder where the store could
    not be written; None where the run was stopped before it had learnt anything."""
    folder: Path
    """The run's."""
    result: FinetuneResult
    left_out: list[FileError]
    """Pictures that could not be used, and the store where it could not be written."""


@dataclass(frozen=True)
class Session:
    """A run that is about to start or to go on."""

    saved: SavedFinetuning
    folder: Path
    store: Store
    task: Task
    noise: NoiseSource | None
    """Of clean pictures."""
    start: Start
    resume: bool

    @property
    def wanted(self) -> Wanted:
        """What is asked of the pairs."""
        saved, model = self.saved, self.start.model
        coded, seed = model.network.coded, saved.settings.seed
        domain = Domain(saved.domain)
        return Wanted(self.task, domain, model.multiple, saved.crop, saved.labels, seed, saved.linear, coded)

    def run(self, watch: Watch = NOBODY) -> Finetuned:
        """Train, and put the head into the store. Raises RclError as `finetune`."""
        with given_back(self.folder, self.store), locked(self.folder / ".lock", self.folder):
            if not self.resume:
                refuse_run(self.folder)
            self._try_folders(watch)
            save_finetuning(self.folder, self.saved)
            source = self._source(watch)
            if self.saved.data not in ("", source.files):
                raise RclError(
                    f"these are not the pictures that the run began with ({self.saved.data}, now {source.files});"
                    " give the same ones, or start a new run"
                )
            saved = replace(self.saved, data=source.files)
            save_finetuning(self.folder, saved)
            result = self._train(source, watch)
            return self._finish(saved, source, result, watch)

    def _try_folders(self, watch: Watch) -> None:
        # In the run's folder: the old and the new state, each of the weights, Adam's two means and the best weights.
        size = sum(p.numel() * p.element_size() for p in self.start.model.parameters())
        try_folder(self.folder, room=10 * size)
        try:
            try_folder(self.store.models, room=size)
        except FileError as error:
            watch.say(f"The head will stay in {self.folder}, because the store is of no use: {error}")

    def _source(self, watch: Watch) -> Source:
        saved = self.saved
        with watch.stage(None, "Decoding", "pictures") as stage:
            hearing = replace(self.wanted, done=stage.advance)
            if saved.pairs is None:
                source = clean_source(list(map(Path, saved.clean)), hearing, self.noise or SensorNoise(), saved.reduce)
            else:
                book = ProfileBook(as_path(saved.profile), self.store.root)
                source = paired_source(Path(saved.pairs), hearing, lambda frame: book.for_frame(frame).profile)
        watch.failed(source.failures)
        about = source.pairs.describe()
        watch.say(
            f"Finetuning {self.task.name} on {saved.domain} pictures: {about['labels']} for training, "
            f"{about['validation']} held out for validation, backbone {self.start.parent}"
        )
        return source

    def _train(self, source: Source, watch: Watch) -> FinetuneResult:
        settings, state = self.saved.settings, self.folder / STATE
        resume = self.resume and exists(state)
        done = saved_step(state) if resume else 0
        with (
            MetricsLog(self.folder / METRICS, done if resume else None) as log,
            watch.stage(settings.steps, "Finetuning", "steps", done=done) as stage,
            stop_on_interrupt() as stopped,
        ):

            def on_validation(record: Record) -> None:
                log.write(record)
                watch.record("validation", record)

            def on_step(words: str) -> None:
                stage.advance()
                stage.describe(words)

            return train_head(
                self.task,
                self.start.model,
                source.pairs,
                settings,
                log=on_validation,
                advance=on_step,
                state=state,
                resume=resume,
                should_stop=stopped,
            )

    def _finish(self, saved: SavedFinetuning, source: Source, result: FinetuneResult, watch: Watch) -> Finetuned:
        watch.say(_ended(result))
        if result.best_step:
            save_run(self.folder / HEAD, self.wanted, self.start, source, saved.settings, result, saved.camera)
        model, left_out = None, list(source.failures)
        if result.learnt:
            in_use = head_in_use(
                self.task, Domain(saved.domain), saved.camera, self.store, source.pairs, saved.settings.device
            )
            model, failures = self._add(saved, watch)
            left_out += failures
            if in_use is not None:
                watch.say(compared(result.figures, in_use, model.stem))
        elif not result.interrupted:
            raise RclError(f"{_why_not(result)}; no head was put into the store. Run folder: {self.folder}")
        watch.say(f"Run folder: {self.folder}")
        if result.interrupted:
            watch.say(f"Continue with: rcl finetune --resume -o {shlex.quote(str(self.folder))}")
        return Finetuned(model, self.folder, result, left_out)

    def _add(self, saved: SavedFinetuning, watch: Watch) -> tuple[Path, list[FileError]]:
        """Where the head is now, and why that is not the store."""
        head = self.folder / HEAD
        try:
            added = self.store.put_model(head, saved.head) if saved.head else self.store.add_model(head, saved.name)
        except FileError as error:
            watch.failed([error])
            watch.say(f"The head is not in the store, but in {head}. Use it with rcl apply --model {head}")
            return head, [error]
        save_finetuning(self.folder, replace(saved, head=added.stem))
        watch.say(f"Head in the store: {added.stem} ({added})")
        return added, []


def finetune(
    task: str | Task | None = None,
    *,
    clean: Sequence[Path | str] | Path | str = (),
    pairs: Path | str | None = None,
    labels: int | None = None,
    backbone: str | Path | None = None,
    domain: Domain | str | None = None,
    network: str | None = None,
    network_options: Mapping[str, Any] | None = None,
    noise: NoiseSource | None = None,
    profile: Path | str | None = None,
    settings: FinetuneSettings | None = None,
    crop: int = 128,
    reduce: int | None = None,
    linear: bool = False,
    camera: str = "",
    output: Path | str | None = None,
    resume: bool = False,
    name: str = "",
    store: Path | str | None = None,
    watch: Watch = NOBODY,
    **changes: Any,
) -> Finetuned:
    """Train a head for a task, with few labels, and put it into the store.

    From clean pictures, files or folders, to which `noise` is added (default: that of sensors at any ISO), or from
    `pairs`, a folder of noisy and clean files, whose noise levels are those of `profile`, calibrated, their own or
    blind. `labels`: how many clean pictures to learn from; None: all. `backbone`: a name in the store, a file, the
    folder of a pretraining, "shipped" or "none"; None: the newest in the store for the domain, else the head that
    comes with the task. `network` and its options are those of a fresh one. `crop`: side of a crop in pixels of the
    result. `reduce`: clean pictures are shrunk by this first. `camera`: the head is for its files alone. `changes`:
    fields of `FinetuneSettings`, such as `steps`.

    A tenth of the pictures is held out; the weights that do best on it are kept. The run is saved once a minute, and
    when it is stopped. `resume`: go on with the run in `output`, else the newest in the store, with its own settings
    but for `steps`, `device` and `name`; `clean` or `pairs`: where its pictures lie now, if they have moved.

    Raises RclError where labels, task, network and settings do not fit each other, `output` holds a run already or
    another process works there, and where nothing was learnt: such a head does not enter the store.
    """
    opened = Store.open(as_path(store))
    given = [clean] if isinstance(clean, str | Path) else list(clean)
    places = [str(real_path(Path(path))) for path in given], None if pairs is None else str(real_path(Path(pairs)))
    if resume:
        if set(changes) - {"steps", "device"} or task is not None:
            raise RclError("a resumed run keeps its task and settings, so leave them out")
        return _resumed(opened, as_path(output), places, noise, name, changes).run(watch)
    if task is None:
        raise RclError("name the task to learn, or continue a run with --resume")
    made = get_task(task) if isinstance(task, str) else task
    folder_of_pairs = as_path(pairs)
    if bool(given) == (folder_of_pairs is not None):
        raise RclError("name clean pictures (--clean) or pairs (--pairs), one of the two")
    training = replace(settings or FinetuneSettings(), **changes)
    origin = None if backbone is None else str(backbone)
    chosen = choose_domain(made, None if domain is None else Domain(domain).value, origin, folder_of_pairs, opened)
    fresh = bool(network or network_options)
    if fresh and origin not in (None, FRESH):
        raise RclError("the network is the backbone's; --network and its options go with --backbone none")
    pretrained = None if fresh else find_backbone(origin, made, chosen, opened)
    start = starting_model(
        made, chosen, pretrained, network=network, network_options=network_options, seed=training.seed
    )
    called = check_name(name) if name else f"{made.name}-{chosen.value}"
    added = None if folder_of_pairs is not None else noise or SensorNoise()
    saved = SavedFinetuning(
        made.name,
        plain_options(made.options),
        chosen.value,
        *places,
        labels,
        None if added is None else added.describe(),
        None if profile is None else str(real_path(Path(profile))),
        None if pretrained is None else str(real_path(pretrained)),
        start.model.network.name,
        plain_options(start.model.network.options),
        start.parent,
        training,
        crop,
        reduce,
        linear,
        camera,
        called,
    )
    folder = run_folder(as_path(output), opened, called)
    return Session(saved, folder, opened, made, added, start, resume=False).run(watch)


def _resumed(
    store: Store,
    output: Path | None,
    places: tuple[list[str], str | None],
    noise: NoiseSource | None,
    name: str,
    changes: Mapping[str, Any],
) -> Session:
    folder = run_to_resume(output, store)
    saved = load_finetuning(folder)
    saved = replace(saved, settings=replace(saved.settings, **changes))
    if places[0] and saved.pairs is None:
        saved = replace(saved, clean=places[0])
    if places[1] and saved.pairs is not None:
        saved = replace(saved, pairs=places[1])
    if name:
        saved = replace(saved, name=check_name(name), head="")
    task = get_task(saved.task, saved.options)
    added = None if saved.noise is None else noise or noise_from(saved.noise)
    start = resumed_model(task, saved, begun=exists(folder / STATE))
    return Session(saved, folder, store, task, added, start, resume=True)


def _why_not(result: FinetuneResult) -> str:
    if result.diverged:
        return "the training went astray again and again; start again with a smaller --lr"
    return "no validation was better than the start; train for more --steps, with more labels or with a smaller --lr"


def _ended(result: FinetuneResult) -> str:
    known = [name for name in ("psnr_db", "ssim", "loss") if name in result.figures]
    changes = ", ".join(f"{name} {result.start[name]:.4g} → {result.figures[name]:.4g}" for name in known)
    ended = "Interrupted" if result.interrupted else "Finished"
    return f"{ended} after {result.steps} steps. Best validation at step {result.best_step}: {changes}"
