"""Beginning a finetuning, or going on with one: what `rcl finetune` and `rcl_cli.finetune` do."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

from rcl_cli.disk.made import none_empty
from rcl_cli.domain import Domain
from rcl_cli.errors import RclError
from rcl_cli.files import exists, real_path
from rcl_cli.finetuning.run import STATE, run_folder, run_to_resume
from rcl_cli.finetuning.saved import SavedFinetuning, load_finetuning, noise_from
from rcl_cli.finetuning.session import Finetuned, Session
from rcl_cli.finetuning.start import FRESH, choose_domain, find_backbone, resumed_model, starting_model
from rcl_cli.folders import as_path
from rcl_cli.models.store import Store, check_name
from rcl_cli.noise import NoiseSource, SensorNoise
from rcl_cli.plugins.options import plain_options
from rcl_cli.task import Task, get_task
from rcl_cli.train.few_labels import FinetuneSettings
from rcl_cli.train.processes import Processes, processes
from rcl_cli.train.watch import NOBODY, Watch


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
    team: Processes | None = None,
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

    A script that torchrun starts trains in all of its processes together; the first one puts the head into the store.
    `team`: these processes, where the caller has them already.

    Raises RclError where labels, task, network and settings do not fit each other, `output` holds a run already or
    another process works there, and where nothing was learnt: such a head does not enter the store.
    """
    opened = Store.open(as_path(store))
    given = [clean] if isinstance(clean, str | Path) else list(clean)
    places = [str(real_path(Path(path))) for path in given], None if pairs is None else str(real_path(Path(pairs)))
    if task is None and not resume:
        raise RclError("name the task to learn, or continue a run with --resume")
    if resume and (set(changes) - {"steps", "device"} or task is not None):
        raise RclError("a resumed run keeps its task and settings, so leave them out")
    made = get_task(task) if isinstance(task, str) else task
    folder_of_pairs, where = as_path(pairs), as_path(output)
    if not resume and bool(given) == (folder_of_pairs is not None):
        raise RclError("name clean pictures (--clean) or pairs (--pairs), one of the two")
    training = replace(settings or FinetuneSettings(), **({} if resume else changes))

    def session() -> Session:
        if made is None:
            return _resumed(opened, where, places, noise, name, changes)
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
        folder = run_folder(where, opened, called)
        return Session(saved, folder, opened, made, added, start, resume=False)

    device = changes.get("device") or (_device_of(where, opened) if resume else training.device)
    with processes(device) if team is None else nullcontext(team) as found, none_empty(opened.runs):
        return _shared(session, made, noise, opened, found).run(watch, found)


def _shared(
    make: Callable[[], Session], task: Task | None, noise: NoiseSource | None, store: Store, team: Processes
) -> Session:
    """What `make` returns in the first process; the others make theirs by its note, and have its weights."""
    made: list[Session] = []

    def note() -> tuple[SavedFinetuning, Path, bool]:
        made.append(make())
        return made[0].saved, made[0].folder, made[0].resume

    saved, folder, resume = team.given(note)
    if not made:
        own = task or get_task(saved.task, saved.options)
        added = None if saved.noise is None else noise or noise_from(saved.noise)
        # As of a run that has begun: the backbone need not be on every machine.
        made.append(Session(saved, folder, store, own, added, resumed_model(own, saved, begun=True), resume))
    model = made[0].start.model
    model.load_state_dict(team.given(model.state_dict))
    return made[0]


def _device_of(folder: Path | None, store: Store) -> str:
    return load_finetuning(run_to_resume(folder, store)).settings.device


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
