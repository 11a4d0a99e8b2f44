"""A finetuning from labels to a stored head: what `rcl finetune` and `rcl_cli.finetuning` do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rcl_cli.domain import Domain
from rcl_cli.errors import FileError, RclError
from rcl_cli.finetuning.in_use import compared, head_in_use
from rcl_cli.finetuning.run import HEAD, METRICS, run_folder, save_run
from rcl_cli.finetuning.sources import Source, Wanted, clean_source, paired_source
from rcl_cli.finetuning.start import FRESH, Start, choose_domain, find_backbone, starting_model
from rcl_cli.folders import as_path
from rcl_cli.models.runs import given_back
from rcl_cli.models.store import Store, check_name
from rcl_cli.noise import NoiseSource, SensorNoise
from rcl_cli.profiles.book import ProfileBook
from rcl_cli.task import Task, get_task
from rcl_cli.train.few_labels import FinetuneResult, FinetuneSettings, Record, train_head
from rcl_cli.train.log import MetricsLog
from rcl_cli.train.watch import NOBODY, Watch


@dataclass(frozen=True)
class Finetuned:
    """What a finetuning left."""

    model: Path
    """The head in the store, under the name that `rcl apply --model` takes."""
    folder: Path
    """The run's."""
    result: FinetuneResult
    left_out: list[FileError]
    """Pictures that could not be used."""


def finetune(
    task: str | Task,
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

    A tenth of the pictures is held out; the weights that do best on it are kept. Raises RclError where labels, task,
    network and settings do not fit each other, or `output` holds a run already.
    """
    made, opened = get_task(task) if isinstance(task, str) else task, Store.open(as_path(store))
    given = [clean] if isinstance(clean, str | Path) else list(clean)
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
    folder = run_folder(as_path(output), opened, called)
    wanted = Wanted(made, chosen, start.model.multiple, crop, labels, training.seed, linear, start.model.network.coded)
    with given_back(folder, opened):
        source = _source(
            list(map(Path, given)),
            folder_of_pairs,
            wanted,
            noise,
            as_path(profile),
            reduce,
            opened,
            watch,
        )
    about = source.pairs.describe()
    watch.say(
        f"Finetuning {made.name} on {chosen.value} pictures: {about['labels']} for training, "
        f"{about['validation']} held out for validation, backbone {start.parent}"
    )
    result = _train(made, start, source, training, folder / METRICS, watch)
    save_run(folder / HEAD, wanted, start, source, training, result, camera)
    in_use = head_in_use(made, chosen, camera, opened, source.pairs, training.device)
    added = opened.add_model(folder / HEAD, called)
    watch.say(_ended(result))
    if in_use is not None:
        watch.say(compared(result.figures, in_use, added.stem))
    watch.say(f"Head in the store: {added.stem} ({added})")
    watch.say(f"Run folder: {folder}")
    return Finetuned(added, folder, result, source.failures)


def _source(
    clean: Sequence[Path],
    pairs: Path | None,
    wanted: Wanted,
    noise: NoiseSource | None,
    profile: Path | None,
    reduce: int | None,
    store: Store,
    watch: Watch,
) -> Source:
    with watch.stage(None, "Decoding", "pictures") as stage:
        hearing = replace(wanted, done=stage.advance)
        if pairs is None:
            source = clean_source(clean, hearing, noise or SensorNoise(), reduce)
        else:
            book = ProfileBook(profile, store.root)
            source = paired_source(pairs, hearing, lambda frame: book.for_frame(frame).profile)
    if source.note:
        watch.say(source.note)
    watch.failed(source.failures)
    return source


def _train(
    task: Task, start: Start, source: Source, settings: FinetuneSettings, metrics: Path, watch: Watch
) -> FinetuneResult:
    with MetricsLog(metrics) as log, watch.stage(settings.steps, "Finetuning", "steps") as stage:

        def on_validation(record: Record) -> None:
            log.write(record)
            watch.record("validation", record)

        def on_step(words: str) -> None:
            stage.advance()
            stage.describe(words)

        return train_head(task, start.model, source.pairs, settings, log=on_validation, advance=on_step)


def _ended(result: FinetuneResult) -> str:
    known = [name for name in ("psnr_db", "ssim", "loss") if name in result.figures]
    changes = ", ".join(f"{name} {result.start[name]:.4g} → {result.figures[name]:.4g}" for name in known)
    ended = "Interrupted" if result.interrupted else "Finished"
    return f"{ended} after {result.steps} steps. Best validation at step {result.best_step}: {changes}"
