"""What comes before the first step of a pretraining: the pictures, a few words, and the encoder."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import torch

from rcl_cli.data.cache import RegionCache
from rcl_cli.data.regions import CacheTooSmall, SmallPicture
from rcl_cli.domain import Domain
from rcl_cli.models.store import Store
from rcl_cli.nn.encoder import Encoder
from rcl_cli.pretraining.noise_level import levels_known
from rcl_cli.pretraining.parts import Parts
from rcl_cli.pretraining.pictures import Pictures, collect_pictures
from rcl_cli.pretraining.run import make_encoder
from rcl_cli.pretraining.settings import PretrainSettings
from rcl_cli.pretraining.sizes import advised, all_too_small, too_small_to_plan
from rcl_cli.raw.folder import search
from rcl_cli.train.processes import ALONE, Processes
from rcl_cli.train.watch import Stop, Watch


def collect(
    paths: Sequence[Path],
    parts: Parts,
    cache: Path | None,
    workers: int,
    store: Store,
    watch: Watch,
    team: Processes = ALONE,
) -> Pictures:
    """The pictures of a run, decoded into the cache; `watch` hears which cannot be used.

    Of a `team` one process on each machine decodes. Raises RclError, too where the processes see different pictures.
    """
    early = _collect(paths, parts, cache, workers, store, watch) if team.leads else None
    team.wait()
    pictures = early or _collect(paths, parts, cache, workers, store, watch)
    team.require_same((pictures.domain, pictures.data))
    return pictures


def _collect(
    paths: Sequence[Path], parts: Parts, cache: Path | None, workers: int, store: Store, watch: Watch
) -> Pictures:
    found = search(paths)
    if found.results:
        watch.say(f"{len(found.results)} results of rcl are left out of the inputs, such as {found.results[0]}")
    files, settings, regions = [file.path for file in found.files], parts.settings, RegionCache(cache)
    try:
        plan = parts.region_plan(max(1, len(files)), store.root)
    except CacheTooSmall as error:
        raise (too_small_to_plan(parts, files) or error) from None
    walked = {file.path for file in found.files if not file.named}
    domain = None if settings.domain == "auto" else Domain(settings.domain)
    with watch.stage(len(files), "Decoding", "files") as stage:
        pictures = collect_pictures(
            files, domain, plan, regions, workers=workers, on_picture=stage.advance, walked=walked
        )
    if pictures.others:
        kind = pictures.domain.value
        watch.say(f"{len(pictures.others)} pictures that are not {kind} are left out, such as {pictures.others[0]}")
    small = [error for error in pictures.left_out if isinstance(error, SmallPicture)]
    if small and (why := all_too_small(parts, small, len(pictures.used))) is not None:
        raise why
    pictures.left_out[:] = [*(advised(parts, error) for error in pictures.left_out), *found.errors]
    regions.shrink(settings.cache_size, pictures.used)
    watch.failed(pictures.left_out)
    return pictures


def describe(folder: Path, settings: PretrainSettings, pictures: Pictures, device: torch.device, watch: Watch) -> None:
    """Say what is about to begin."""
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


def encoder(
    parts: Parts,
    pictures: Pictures,
    folder: Path,
    device: torch.device,
    resume: bool,
    watch: Watch,
    should_stop: Stop,
    team: Processes = ALONE,
) -> Encoder | None:
    """`make_encoder`, watched while it is trained; by the first of a `team`, for all."""

    def make() -> Encoder | None:
        made = _encoder(parts, pictures, folder, device, resume, watch, should_stop)
        return None if made is None else made.to("cpu")

    made = team.given(make)
    return None if made is None else made.to(device)


def _encoder(
    parts: Parts,
    pictures: Pictures,
    folder: Path,
    device: torch.device,
    resume: bool,
    watch: Watch,
    should_stop: Stop,
) -> Encoder | None:
    if parts.encoder(levels_known(pictures.source)) != "self":
        return make_encoder(parts, pictures.source, folder, device, resume=resume)
    with watch.stage(parts.settings.encoder_steps, "Training the encoder", "steps") as stage:
        return make_encoder(
            parts,
            pictures.source,
            folder,
            device,
            resume=resume,
            on_step=lambda loss: stage.advance(),
            should_stop=should_stop,
        )
