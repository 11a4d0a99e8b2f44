"""A finetuning from its labels to a stored head, in a folder of its own."""

from __future__ import annotations

import shlex
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path

from rcl_cli.data.clean_pairs import CleanPairs
from rcl_cli.disk.locks import locked
from rcl_cli.disk.write import try_folder
from rcl_cli.domain import Domain
from rcl_cli.errors import FileError, RclError
from rcl_cli.files import exists
from rcl_cli.finetuning.in_use import InUse, compared, head_in_use
from rcl_cli.finetuning.label_noise import label_noise
from rcl_cli.finetuning.run import HEAD, METRICS, STATE, refuse_run, save_run
from rcl_cli.finetuning.saved import NOTE, SavedFinetuning, save_finetuning
from rcl_cli.finetuning.sources import Source, Wanted, clean_source, paired_source
from rcl_cli.finetuning.start import Start
from rcl_cli.folders import as_path
from rcl_cli.models.runs import given_back
from rcl_cli.models.store import Store
from rcl_cli.noise import NoiseSource, SensorNoise
from rcl_cli.profiles.book import ProfileBook
from rcl_cli.task import Task
from rcl_cli.train.few_label_run import Record
from rcl_cli.train.few_labels import FinetuneResult, train_head
from rcl_cli.train.interrupt import stop_on_interrupt
from rcl_cli.train.log import MetricsLog
from rcl_cli.train.processes import Processes
from rcl_cli.train.state import saved_step
from rcl_cli.train.watch import NOBODY, Watch

_TO_STORE = ".to-store.safetensors"
"""The head with what it has to say of the one before it; only while it is put into the store."""


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
    """Pictures that could not be used, and the store where it could not be written; in the first process alone."""


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

    def run(self, watch: Watch, team: Processes) -> Finetuned:
        """Train on the device of the process, and put the head into the store. Raises RclError as `finetune`.

        The processes of a `team` call this together, with sessions that are the same; the first one writes.
        """
        if not team.first:
            return self._run(NOBODY, team)
        with given_back(self.folder, self.store, NOTE), locked(self.folder / ".lock", self.folder):
            if not self.resume:
                refuse_run(self.folder)
            self._try_folders(watch)
            save_finetuning(self.folder, self.saved)
            return self._run(watch, team)

    def _run(self, watch: Watch, team: Processes) -> Finetuned:
        source = self._source(watch, team)
        if self.saved.data not in ("", source.files):
            raise RclError(
                f"these are not the pictures that the run began with ({self.saved.data}, now {source.files});"
                " give the same ones, or start a new run"
            )
        saved = replace(self.saved, data=source.files)
        if team.first:
            save_finetuning(self.folder, saved)
        result = self._train(source, watch, team)
        done = Finetuned(None, self.folder, result, [])
        if team.first:
            done = self._finish(saved, source, result, watch, team)
        return replace(done, model=team.given(lambda: done.model))

    def _try_folders(self, watch: Watch) -> None:
        # In the run's folder: the old and the new state, each of the weights, Adam's two means and the best weights.
        size = sum(p.numel() * p.element_size() for p in self.start.model.parameters())
        try_folder(self.folder, room=10 * size)
        try:
            try_folder(self.store.models, room=size)
        except FileError as error:
            watch.say(f"The head will stay in {self.folder}, because the store is of no use: {error}")

    def _source(self, watch: Watch, team: Processes) -> Source:
        saved = self.saved
        with watch.stage(None, "Decoding", "pictures") as stage:
            hearing = replace(self.wanted, done=stage.advance)
            if saved.pairs is None:
                source = clean_source(list(map(Path, saved.clean)), hearing, self.noise or SensorNoise(), saved.reduce)
            else:
                book = ProfileBook(as_path(saved.profile), self.store.root)
                source = paired_source(Path(saved.pairs), hearing, lambda frame: book.for_frame(frame).profile)
        if source.note:
            watch.say(source.note)
        watch.failed(source.failures)
        about, batch = source.pairs.describe(), saved.settings.batch
        team.require_same((source.files, about))
        watch.say(
            f"Finetuning {self.task.name} on {saved.domain} pictures: {about['labels']} for training, "
            f"{about['validation']} held out for validation, backbone {self.start.parent}"
        )
        if batch < team.count:
            watch.say(f"Only {batch} of the {team.count} processes have work, one crop of the batch each (--batch)")
        if isinstance(source.pairs, CleanPairs) and not self.resume and team.first:
            noise = label_noise([*source.pairs.train, *source.pairs.held_out])
            for sentence in noise.sentences if noise else ():
                watch.say(sentence)
        return source

    def _train(self, source: Source, watch: Watch, team: Processes) -> FinetuneResult:
        settings, state = replace(self.saved.settings, device=team.device), self.folder / STATE
        resume = team.given(lambda: self.resume and exists(state))
        train = partial(
            train_head, self.task, self.start.model, source.pairs, settings, state=state, resume=resume, team=team
        )
        if not team.first:
            with stop_on_interrupt() as stopped:
                return train(should_stop=stopped)
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

            return train(log=on_validation, advance=on_step, should_stop=stopped)

    def _finish(
        self, saved: SavedFinetuning, source: Source, result: FinetuneResult, watch: Watch, team: Processes
    ) -> Finetuned:
        watch.say(_ended(result))
        about = (self.wanted, self.start, source, saved.settings, result, saved.camera)
        if result.best_step:
            save_run(self.folder / HEAD, *about)
        model, left_out = None, list(source.failures)
        if result.learnt:
            domain = Domain(saved.domain)
            if saved.rival is None:
                found = head_in_use(self.task, domain, saved.camera, self.store, source.pairs, team.device)
                saved = replace(saved, rival=asdict(found) if found else {})
                save_finetuning(self.folder, saved)
            in_use = InUse(**saved.rival) if saved.rival else None
            if in_use is not None:
                # The run's own head is the same, whatever is in the store.
                save_run(self.folder / _TO_STORE, *about, in_use)
            model, failures = self._add(saved, watch)
            left_out += failures
            if in_use is not None:
                watch.say(compared(result.figures, in_use, model.stem))
        elif not result.interrupted:
            raise RclError(f"{_why_not(result)}; no head was put into the store. Run folder: {self.folder}")
        watch.say(f"Run folder: {self.folder}")
        if result.interrupted:
            watch.say(f"Continue with: rcl finetune --resume -o {shlex.quote(str(self.folder))}{team.option}")
        return Finetuned(model, self.folder, result, left_out)

    def _add(self, saved: SavedFinetuning, watch: Watch) -> tuple[Path, list[FileError]]:
        """Where the head is now, and why that is not the store."""
        head, told = self.folder / HEAD, self.folder / _TO_STORE
        taken = told if exists(told) else head
        try:
            added = self.store.put_model(taken, saved.head) if saved.head else self.store.add_model(taken, saved.name)
        except FileError as error:
            watch.failed([error])
            watch.say(f"The head is not in the store, but in {head}. Use it with rcl apply --model {head}")
            return head, [error]
        finally:
            told.unlink(missing_ok=True)
        save_finetuning(self.folder, replace(saved, head=added.stem))
        watch.say(f"Head in the store: {added.stem} ({added})")
        return added, []


def _why_not(result: FinetuneResult) -> str:
    if result.diverged:
        return "the training went astray again and again; start again with a smaller --lr"
    return "no validation was better than the start; train for more --steps, with more labels or with a smaller --lr"


def _ended(result: FinetuneResult) -> str:
    known = [name for name in ("psnr_db", "ssim", "loss") if name in result.figures]
    changes = ", ".join(f"{name} {result.start[name]:.4g} → {result.figures[name]:.4g}" for name in known)
    ended = "Interrupted" if result.interrupted else "Finished"
    return f"{ended} after {result.steps} steps. Best validation at step {result.best_step}: {changes}"
