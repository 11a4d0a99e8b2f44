"""A pretraining from paths to stored models: what `rcl pretrain` and `rcl_cli.pretraining` do."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from rcl_cli.disk.locks import locked
from rcl_cli.disk.made import none_empty
from rcl_cli.disk.write import try_folder
from rcl_cli.errors import FileError, RclError
from rcl_cli.files import exists, real_path
from rcl_cli.folders import as_path
from rcl_cli.models.runs import given_back, name_after, new_run, newest_run
from rcl_cli.models.store import Store, check_name
from rcl_cli.nn.encoder import Encoder
from rcl_cli.pretraining.parts import Parts
from rcl_cli.pretraining.pictures import Pictures
from rcl_cli.pretraining.prepare import collect, describe, encoder
from rcl_cli.pretraining.run import STATE, Result, train
from rcl_cli.pretraining.settings import NOTE, PRESETS, PretrainSettings, SavedRun, load_run, save_run, with_changes
from rcl_cli.suggest import did_you_mean
from rcl_cli.train.device import choose_device
from rcl_cli.train.interrupt import stop_on_interrupt
from rcl_cli.train.processes import ALONE, Processes, processes
from rcl_cli.train.state import saved_step
from rcl_cli.train.watch import NOBODY, Stop, Watch


@dataclass(frozen=True)
class Pretrained:
    """What a pretraining left."""

    folder: Path
    """The run's."""
    backbone: Path
    step: int
    finished: bool
    """False where it was stopped before its last step."""
    names: dict[str, str]
    """The models' names in the store: of "backbone", and of "head" where a denoiser was asked for."""
    denoiser: Path | None
    """The same network as a head for `denoise`, where it has become one."""
    left_out: list[FileError]
    """Pictures that could not be used, and the store where it could not be written."""


@dataclass(frozen=True)
class Session:
    """A run that is about to start or to go on."""

    saved: SavedRun
    folder: Path
    resume: bool
    store: Store

    @classmethod
    def new(
        cls, paths: Sequence[Path], settings: PretrainSettings, store: Store, output: Path | None = None, name: str = ""
    ) -> Session:
        """A run in `output`, else in a new folder of the store named after the pictures' folder.

        Raises FileError where `output` holds a run already, RclError where there are no paths.
        """
        if not paths:
            raise RclError("name the pictures to train on, or continue a run with --resume")
        if name:
            check_name(name)
        if output is not None:
            _refuse_run(output)
        folder = new_run(store, name_after(paths)) if output is None else output.resolve()
        saved = SavedRun(settings, [str(real_path(path)) for path in paths], name=name)
        return cls(saved, folder, resume=False, store=store)

    @classmethod
    def resumed(cls, store: Store, output: Path | None = None, steps: int | None = None, name: str = "") -> Session:
        """The run in `output`, else the newest in the store, to go on until `steps`.

        Raises FileError or RclError where there is no such run.
        """
        folder = newest_run(store, NOTE) if output is None else output.resolve()
        if folder is None:
            raise RclError(f"there is no run to resume in {store.runs}; name its folder with -o")
        saved = load_run(folder)
        called = check_name(name) if name else saved.name
        names = {} if name else saved.names
        changed = replace(saved, settings=with_changes(saved.settings, {"steps": steps}), name=called, names=names)
        return cls(changed, folder, resume=True, store=store)

    def run(
        self,
        *,
        paths: Sequence[Path] = (),
        workers: int = 2,
        cache: Path | None = None,
        watch: Watch = NOBODY,
        should_stop: Stop = lambda: False,
        team: Processes = ALONE,
    ) -> Pretrained:
        """Train, and put what comes out into the store.

        `paths`: where the pictures of a resumed run lie now, if they have moved. `cache`: folder of decoded pictures.
        The processes of a `team` call this together, with the same session; the first one writes. Raises RclError where
        pictures, settings and plugins do not fit each other.
        """
        if not team.first:
            return self._run(paths, workers, cache, NOBODY, should_stop, team)
        with given_back(self.folder, self.store, NOTE), locked(self.folder / ".lock", self.folder):
            if not self.resume:
                _refuse_run(self.folder)
            self._try_folders(watch)
            return self._run(paths, workers, cache, watch, should_stop, team)

    def _run(
        self,
        paths: Sequence[Path],
        workers: int,
        cache: Path | None,
        watch: Watch,
        should_stop: Stop,
        team: Processes,
    ) -> Pretrained:
        settings = self.saved.settings
        chosen = choose_device(team.device)
        parts = Parts.load(settings)
        found = list(paths) or list(map(Path, self.saved.paths))
        pictures = collect(found, parts, cache, workers, self.store, watch, team)
        pictures.require_two()
        if self.resume and self.saved.data not in ("", pictures.data):
            raise RclError(
                f"these are not the pictures that the run began with ({self.saved.data}, now {pictures.data});"
                " give the same ones, or start a new run"
            )
        saved = replace(self.saved, data=pictures.data)
        if team.first:
            save_run(self.folder, saved)
        describe(self.folder, settings, pictures, chosen, watch)
        again = f"rcl pretrain --resume -o {shlex.quote(str(self.folder))}{team.option}"
        with stop_on_interrupt() as stopped:

            def stop() -> bool:
                return stopped() or should_stop()

            try:
                used = encoder(parts, pictures, self.folder, chosen, self.resume, watch, stop, team)
            except KeyboardInterrupt:
                watch.say(f"Saved before the first step. Continue with: {again}")
                raise
            result = self._train(parts, pictures, used, chosen, watch, stop, team)
        names: dict[str, str] = {}
        left_out = list(pictures.left_out)
        if not team.first:
            names = team.given(dict)
            return Pretrained(self.folder, result.backbone, result.step, result.finished, names, None, left_out)
        if not result.finished:
            watch.say(f"Saved at step {result.step}. Continue with: {again}")
        else:
            try:
                names = self._store(result, denoises=parts.main.denoises, watch=watch)
                save_run(self.folder, replace(saved, names=names))
            except FileError as error:
                watch.failed([error])
                watch.say(f"What was learnt is not in the store, but in {self.folder}, which rcl finetune takes too")
                left_out.append(error)
        team.given(lambda: names)
        return Pretrained(self.folder, result.backbone, result.step, result.finished, names, result.denoiser, left_out)

    def _try_folders(self, watch: Watch) -> None:
        try_folder(self.folder)
        try:
            try_folder(self.store.models)
        except FileError as error:
            watch.say(f"The models will stay in {self.folder}, because the store is of no use: {error}")

    def _train(
        self,
        parts: Parts,
        pictures: Pictures,
        encoder: Encoder | None,
        device: torch.device,
        watch: Watch,
        should_stop: Stop,
        team: Processes,
    ) -> Result:
        done = saved_step(self.folder / STATE) if self.resume and exists(self.folder / STATE) else 0
        if done >= parts.settings.steps:
            watch.say(f"The run is already at step {done}; to go on, give more --steps than that")
        with watch.stage(parts.settings.steps, "Pretraining", "steps", done=done) as stage:

            def on_step(metrics: Mapping[str, Any]) -> None:
                stage.advance()
                stage.describe(f"Pretraining, loss {metrics['total']:.4g}")
                watch.record("step", metrics)

            return train(
                parts,
                pictures,
                encoder,
                self.folder,
                device,
                resume=self.resume,
                on_step=on_step,
                should_stop=should_stop,
                team=team,
            )

    def _store(self, result: Result, *, denoises: bool, watch: Watch) -> dict[str, str]:
        """Put what a finished run left into the store, a resumed run under the names that it had.

        `denoises`: a denoiser is what was asked for. One that comes along stays in the run's folder, since `rcl apply`
        takes the newest head of the store by itself.
        """
        before, name = self.saved.names, self.saved.name or self.folder.name
        names = {"backbone": self._add(result.backbone, before.get("backbone"), name)}
        watch.say(f"Backbone in the store: {names['backbone']} ({result.backbone})")
        if result.denoiser is not None and denoises:
            names["head"] = self._add(result.denoiser, before.get("head"), f"{name}-denoise")
            watch.say(f"Head for denoise in the store: {names['head']} ({result.denoiser})")
        elif result.denoiser is not None:
            watch.say(f"Head for denoise, to use with rcl apply --model: {result.denoiser}")
        if result.lacks_skip:
            watch.say("There is no head for denoise, because the network was trained with --no-skip")
        return names

    def _add(self, model: Path, before: str | None, name: str) -> str:
        if before is not None:
            return self.store.put_model(model, before).stem
        return self.store.add_model(model, name).stem


def pretrain(
    paths: Sequence[Path | str] | Path | str = (),
    *,
    output: Path | str | None = None,
    preset: str = "default",
    resume: bool = False,
    name: str = "",
    store: Path | str | None = None,
    device: str = "auto",
    workers: int = 2,
    cache: Path | str | None = None,
    watch: Watch = NOBODY,
    **changes: Any,
) -> Pretrained:
    """Pretrain a backbone on noisy pictures, without labels.

    `paths`: files or folders. `output`: the run's folder; by default a new one in the store. `changes`: fields of
    `PretrainSettings` that differ from the preset's; of a resumed run only `steps`. Raises RclError where pictures,
    settings and plugins do not fit each other. A script that torchrun starts trains in all of its processes together.
    """
    given = [Path(paths)] if isinstance(paths, str | Path) else [Path(path) for path in paths]
    folder, opened = as_path(output), Store.open(as_path(store))

    def session() -> Session:
        if resume:
            if set(changes) - {"steps"}:
                raise RclError(f"a resumed run keeps its settings, so leave out {min(set(changes) - {'steps'})}")
            return Session.resumed(opened, folder, changes.get("steps"), name)
        if preset not in PRESETS:
            meant = did_you_mean(preset, PRESETS)
            raise RclError(f"there is no preset {preset!r}{meant}; there are {', '.join(PRESETS)}")
        return Session.new(given, with_changes(PRESETS[preset], changes), opened, folder, name)

    with processes(device) as team, none_empty(opened.runs):
        return team.given(session).run(paths=given, workers=workers, cache=as_path(cache), watch=watch, team=team)


def _refuse_run(folder: Path) -> None:
    if exists(folder / STATE):
        raise FileError(folder, "holds a run already; use --resume to continue it, or another folder")
