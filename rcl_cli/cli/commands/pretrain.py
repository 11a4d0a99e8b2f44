"""`rcl pretrain`: learn from one's own noisy pictures, without labels."""

from __future__ import annotations

import shlex
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rcl_cli.cli.console import console, exit_code, print_failures, print_json_line, progress
from rcl_cli.cli.option_values import byte_count
from rcl_cli.cli.plugin_options import PluginCommand, PluginFlag, load_network, take_plugin_options
from rcl_cli.cli.pretrain_options import pretrain_options
from rcl_cli.errors import RclError
from rcl_cli.pretrain.settings import PRESETS
from rcl_cli.train.interrupt import stop_on_interrupt

if TYPE_CHECKING:
    import torch

    from rcl_cli.data.cache import RegionCache
    from rcl_cli.models.store import Store
    from rcl_cli.nn.encoder import Encoder
    from rcl_cli.pretrain.parts import Parts
    from rcl_cli.pretrain.pictures import Pictures
    from rcl_cli.pretrain.run import Result
    from rcl_cli.pretrain.settings import PretrainSettings

_INTERRUPTED = 130


def _pretext(name: str) -> type[Any]:
    from rcl_cli.pretext import get_pretext

    return get_pretext(name)


class _Command(PluginCommand):
    plugin_flags = (
        PluginFlag("pretext", _pretext, PRESETS["default"].pretext),
        PluginFlag("network", load_network, PRESETS["default"].network),
    )


@click.command(cls=_Command)
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "-o", "--output", required=True, type=click.Path(path_type=Path, file_okay=False), help="The run's folder."
)
@click.option(
    "--preset",
    default="default",
    type=click.Choice(list(PRESETS)),
    show_default=True,
    help="Settings: what measured well, the paper's, or a minute's run to see that it works.",
)
@pretrain_options
@click.option("--device", default="auto", show_default=True, help="auto, cuda, mps or cpu.")
@click.option("--workers", type=click.IntRange(1), default=2, show_default=True, help="Pictures decoded at once.")
@click.option("--seed", type=int, help="Of everything random.  [default: 0]")
@click.option("--cache", type=click.Path(path_type=Path, file_okay=False), help="Folder for decoded pictures.")
@click.option("--cache-size", callback=byte_count, help="What it may hold, for example 500M.  [default: 4G]")
@click.option("--resume", is_flag=True, help="Go on with the run in the output folder; only --steps may change.")
@click.option("--name", help="The model's name in the store.  [default: the output folder's]")
@click.option("--store", type=click.Path(path_type=Path, file_okay=False), help="Model store.  [default: $RCL_STORE]")
@click.option("--json", "as_json", is_flag=True, help="Print each step's metrics and the result as JSON lines.")
@click.pass_context
def command(
    ctx: click.Context,
    /,
    paths: tuple[Path, ...],
    output: Path,
    preset: str,
    device: str,
    workers: int,
    cache: Path | None,
    resume: bool,
    name: str | None,
    store: Path | None,
    as_json: bool,
    **given: Any,
) -> None:
    """Pretrain a backbone on noisy pictures, without labels.

    PATHS are raws or pictures, or folders of them. By default the network learns to tell pictures apart by the noise
    that it finds in them (residual contrastive learning). Where the noise levels of most pictures are known, it learns
    to denoise as well, and leaves a head for rcl apply --model in the run's folder. Ctrl-C saves the run; --resume
    goes on with it.
    """
    from rcl_cli.data.cache import RegionCache
    from rcl_cli.models.store import Store
    from rcl_cli.pretrain.parts import Parts
    from rcl_cli.pretrain.settings import save_run
    from rcl_cli.train.device import choose_device

    output = output.resolve()
    settings, paths, data = _settings(ctx, paths, output, preset, resume, given)
    chosen_device = choose_device(device)
    parts = Parts.load(settings)
    pictures = _collect(paths, parts, RegionCache(cache), workers, store)
    _check_pictures(pictures, data)
    save_run(output, settings, [str(path.resolve()) for path in paths], pictures.data)
    _describe(settings, pictures, chosen_device)
    encoder = _encoder(parts, pictures, output, chosen_device, resume)
    result = _train(parts, pictures, encoder, output, chosen_device, resume, as_json)
    if not result.finished:
        again = f"rcl pretrain --resume -o {shlex.quote(str(output))}"
        console.print(f"Saved at step {result.step}. Go on with: {again}", markup=False, soft_wrap=True)
        sys.exit(_INTERRUPTED)
    added = _add_models(result, Store.open(store), name or output.name, denoises=parts.main.denoises)
    if result.lacks_skip:
        console.print("There is no head for denoise, which a network with --no-skip cannot be")
    if as_json:
        print_json_line({**added, "step": result.step})
    sys.exit(exit_code(len(pictures.used), len(pictures.left_out)))


def _settings(
    ctx: click.Context, paths: tuple[Path, ...], output: Path, preset: str, resume: bool, given: dict[str, Any]
) -> tuple[PretrainSettings, tuple[Path, ...], str | None]:
    """The run's settings, its PATHS, and of a resumed run the fingerprint of its pictures."""
    from rcl_cli.pretrain.run import STATE
    from rcl_cli.pretrain.settings import load_run, with_changes

    if resume:
        changed = [key for key, value in given.items() if value not in (None, {}) and key != "steps"]
        if changed:
            flags = {parameter.name: parameter.opts[0] for parameter in ctx.command.get_params(ctx)}
            raise click.UsageError(f"a resumed run keeps its settings, so leave out {flags[changed[0]]}")
        settings, saved, data = load_run(output)
        return with_changes(settings, {"steps": given["steps"]}), paths or tuple(map(Path, saved)), data
    given["options"] = given.pop("extra") | take_plugin_options(given, "pretext")
    given["network_options"] = given.pop("network_extra") | take_plugin_options(given, "network")
    if not paths:
        raise click.UsageError("give pictures to learn from, or --resume")
    if (output / STATE).exists():
        raise click.UsageError(f"{output} holds a run already; use --resume to go on with it, or another folder")
    if given["profile"] is not None:
        given["profile"] = str(given["profile"].resolve())
    return with_changes(PRESETS[preset], given), paths, None


def _collect(
    paths: tuple[Path, ...],
    parts: Parts,
    cache: RegionCache,
    workers: int,
    store: Path | None,
) -> Pictures:
    from rcl_cli.domain import Domain
    from rcl_cli.pretrain.pictures import collect_pictures
    from rcl_cli.raw.folder import find_files

    found, unusable = find_files(paths)
    files = [file.path for file in found]
    settings = parts.settings
    plan = parts.region_plan(max(1, len(files)), store)
    domain = None if settings.domain == "auto" else Domain(settings.domain)
    with progress(len(files), "decode", "files") as bar:
        pictures = collect_pictures(files, domain, plan, cache, workers=workers, on_picture=bar.advance)
    pictures.left_out.extend(unusable)
    cache.shrink(settings.cache_size, pictures.used)
    print_failures(pictures.left_out)
    return pictures


def _check_pictures(pictures: Pictures, data: str | None) -> None:
    pictures.require_two()
    if data is not None and data != pictures.data:
        raise RclError(
            f"these are not the pictures that the run began with ({data}, now {pictures.data});"
            " give the same ones, or start a new run"
        )


def _describe(settings: PretrainSettings, pictures: Pictures, device: torch.device) -> None:
    from rcl_cli.pretrain.noise_level import levels_known

    count = len(pictures.used)
    console.print(f"{count} {pictures.domain.value} pictures, {settings.steps} steps on {device.type}", markup=False)
    if noise := _noise_words(pictures):
        few = "" if levels_known(pictures.source) else "; fewer than half, so that they are not used"
        console.print(f"Noise levels: {noise}{few}", markup=False, soft_wrap=True)
    if count < settings.batch:
        console.print(f"Batch reduced from {settings.batch} to {count}: a batch holds each picture once", markup=False)


def _noise_words(pictures: Pictures) -> str:
    """How the noise of the pictures is known, counted; "" where it is not asked for."""
    known = [picture.noise for picture in pictures.used if picture.noise is not None]
    counts = Counter(f"{profile.method}{', weak' if profile.quality == 'weak' else ''}" for profile in known)
    return "; ".join(f"{count} {words}" for words, count in counts.most_common())


def _encoder(parts: Parts, pictures: Pictures, output: Path, device: torch.device, resume: bool) -> Encoder | None:
    from rcl_cli.pretrain.noise_level import levels_known
    from rcl_cli.pretrain.run import make_encoder

    if resume or parts.encoder(levels_known(pictures.source)) != "self":
        return make_encoder(parts, pictures.source, output, device, resume=resume)
    with progress(parts.settings.encoder_steps, "encoder", "steps") as bar:
        return make_encoder(parts, pictures.source, output, device, on_step=lambda loss: bar.advance())


def _train(
    parts: Parts,
    pictures: Pictures,
    encoder: Encoder | None,
    output: Path,
    device: torch.device,
    resume: bool,
    as_json: bool,
) -> Result:
    from rcl_cli.pretrain.run import STATE, pretrain
    from rcl_cli.train.state import saved_step

    done = saved_step(output / STATE) if resume else 0
    with stop_on_interrupt() as stopped, progress(parts.settings.steps, "pretrain", "steps", done=done) as bar:

        def on_step(metrics: dict[str, Any]) -> None:
            bar.advance()
            bar.describe(f"pretrain, loss {metrics['total']:.4g}")
            if as_json:
                print_json_line(metrics)

        return pretrain(parts, pictures, encoder, output, device, resume=resume, on_step=on_step, should_stop=stopped)


def _add_models(result: Result, store: Store, name: str, *, denoises: bool) -> dict[str, object]:
    """Put what a finished run left into the store and say so.

    `denoises`: a denoiser is what was asked for. One that comes along stays in the run's folder, since `rcl apply`
    takes the newest head of the store by itself.
    """
    added = store.add_model(result.backbone, name)
    console.print(f"Backbone {added.stem}: {result.backbone}", markup=False, soft_wrap=True)
    found: dict[str, object] = {"backbone": result.backbone, "name": added.stem}
    if result.denoiser is not None and not denoises:
        console.print(f"Denoiser, for rcl apply --model: {result.denoiser}", markup=False, soft_wrap=True)
        found |= {"head": result.denoiser}
    elif result.denoiser is not None:
        head = store.add_model(result.denoiser, f"{name}-denoise")
        console.print(f"Head for denoise {head.stem}: {result.denoiser}", markup=False, soft_wrap=True)
        found |= {"head": result.denoiser, "head_name": head.stem}
    return found
