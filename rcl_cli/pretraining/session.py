"""A pretraining from paths to stored models: what `rcl pretrain` and `rcl_cli.pretraining` do."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from rcl_cli.data.cache import RegionCache
from rcl_cli.domain import Domain
from rcl_cli.errors import FileError, RclError
from rcl_cli.files import real_path
from rcl_cli.folders import as_path
from rcl_cli.models.runs import given_back, name_after, new_run, newest_run
from rcl_cli.models.store import Store, check_name
from rcl_cli.nn.encoder import Encoder
from rcl_cli.pretraining.noise_level import levels_known
from rcl_cli.pretraining.parts import Parts
from rcl_cli.pretraining.pictures import Pictures, collect_pictures
from rcl_cli.pretraining.run import STATE, Result, make_encoder, train
from rcl_cli.pretraining.settings import PRESETS, PretrainSettings, SavedRun, load_run, save_run, with_changes
from rcl_cli.raw.folder import search
from rcl_cli.train.device import choose_device
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
    """Pictures that could not be used."""


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
        if output is not None and (output / STATE).exists():
            raise FileError(output, "holds a run already; use --resume to continue it, or another folder")
        folder = new_run(store, name_after(paths)) if output is None else output.resolve()
        saved = SavedRun(settings, [str(real_path(path)) for path in paths], name=name)
        return cls(saved, folder, resume=False, store=store)

    @classmethod
    def resumed(cls, store: Store, output: Path | None = None, steps: int | None = None, name: str = "") -> Session:
        """The run in `output`, else the newest in the store, to go on until `steps`.

        Raises FileError or RclError where there is no such run.
        """
        folder = newest_run(store, STATE) if output is None else output.resolve()
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
        device: str = "auto",
        workers: int = 2,
        cache: Path | None = None,
        watch: Watch = NOBODY,
        should_stop: Stop = lambda: False,
    ) -> Pretrained:
        """Train, and put what comes out into the store.

        `paths`: where the pictures of a resumed run lie now, if they have moved. `cache`: folder of decoded pictures.
        Raises RclError where pictures, settings and plugins do not fit each other.
        """
        settings = self.saved.settings
        with given_back(self.folder, self.store):
            chosen = choose_device(device)
            parts = Parts.load(settings)
            found = list(paths) or list(map(Path, self.saved.paths))
            pictures = _collect(found, parts, cache, workers, self.store, watch)
            pictures.require_two()
        if self.resume and self.saved.data != pictures.data:
            raise RclError(
                f"these are not the pictures that the run began with ({self.saved.data}, now {pictures.data});"
                " give the same ones, or start a new run"
            )
        saved = replace(self.saved, data=pictures.data)
        save_run(self.folder, saved)
        _describe(self.folder, settings, pictures, chosen, watch)
        encoder = _encoder(parts, pictures, self.folder, chosen, self.resume, watch)
        result = self._train(parts, pictures, encoder, chosen, watch, should_stop)
        if not result.finished:
            again = f"rcl pretrain --resume -o {shlex.quote(str(self.folder))}"
            watch.say(f"Saved at step {result.step}. Continue with: {again}")
            names: dict[str, str] = {}
        else:
            names = self._store(result, denoises=parts.main.denoises, watch=watch)
            save_run(self.folder, replace(saved, names=names))
        return Pretrained(
            self.folder, result.backbone, result.step, result.finished, names, result.denoiser, pictures.left_out
        )

    def _train(
        self,
        parts: Parts,
        pictures: Pictures,
        encoder: Encoder | None,
        device: torch.device,
        watch: Watch,
        should_stop: Stop,
    ) -> Result:
        done = saved_step(self.folder / STATE) if self.resume else 0
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
    settings and plugins do not fit each other.
    """
    given = [Path(paths)] if isinstance(paths, str | Path) else [Path(path) for path in paths]
    folder, opened = as_path(output), Store.open(as_path(store))
    if resume:
        if set(changes) - {"steps"}:
            raise RclError(f"a resumed run keeps its settings, so leave out {min(set(changes) - {'steps'})}")
        session = Session.resumed(opened, folder, changes.get("steps"), name)
    else:
        if preset not in PRESETS:
            raise RclError(f"there is no preset {preset!r}; there are {', '.join(PRESETS)}")
        session = Session.new(given, with_changes(PRESETS[preset], changes), opened, folder, name)
    return session.run(paths=given, device=device, workers=workers, cache=as_path(cache), watch=watch)


def _collect(
    paths: Sequence[Path], parts: Parts, cache: Path | None, workers: int, store: Store, watch: Watch
) -> Pictures:
    found = search(paths)
    if found.results:
        watch.say(f"{len(found.results)} results of rcl are left out of the inputs, such as {found.results[0]}")
    files, settings, regions = [file.path for file in found.files], parts.settings, RegionCache(cache)
    plan = parts.region_plan(max(1, len(files)), store.root)
    walked = {file.path for file in found.files if not file.named}
    domain = None if settings.domain == "auto" else Domain(settings.domain)
    with watch.stage(len(files), "Decoding", "files") as stage:
        pictures = collect_pictures(
            files, domain, plan, regions, workers=workers, on_picture=stage.advance, walked=walked
        )
    if pictures.others:
        kind = pictures.domain.value
        watch.say(f"{len(pictures.others)} pictures that are not {kind} are left out, such as {pictures.others[0]}")
    pictures.left_out.extend(found.errors)
    regions.shrink(settings.cache_size, pictures.used)
    watch.failed(pictures.left_out)
    return pictures


def _describe(folder: Path, settings: PretrainSettings, pictures: Pictures, device: torch.device, watch: Watch) -> None:
    count = len(pictures.used)
    watch.say(
        f"Pretraining on {count} {pictures.domain.value} pictures for {settings.steps} steps on {device.type}, "
        f"run folder {folder}"
    )
    if noise := _noise_words(pictures):
        few = "" if levels_known(pictures.source) else " (not used, because fewer than half are known)"
        watch.say(f"Noise levels: {noise}{few}")
    if count < settings.batch:
        watch.say(f"Batch size reduced from {settings.batch} to {count}, the number of pictures")


def _noise_words(pictures: Pictures) -> str:
    """How the noise of the pictures is known, counted; "" where it is not asked for."""
    known = [picture.noise for picture in pictures.used if picture.noise is not None]
    counts = Counter(f"{profile.method}{', weak' if profile.quality == 'weak' else ''}" for profile in known)
    return "; ".join(f"{count} {words}" for words, count in counts.most_common())


def _encoder(
    parts: Parts, pictures: Pictures, folder: Path, device: torch.device, resume: bool, watch: Watch
) -> Encoder | None:
    if resume or parts.encoder(levels_known(pictures.source)) != "self":
        return make_encoder(parts, pictures.source, folder, device, resume=resume)
    with watch.stage(parts.settings.encoder_steps, "Training the encoder", "steps") as stage:
        return make_encoder(parts, pictures.source, folder, device, on_step=lambda loss: stage.advance())
