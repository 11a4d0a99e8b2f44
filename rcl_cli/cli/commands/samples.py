"""`rcl samples`: raw files of procedural scenes, with the truth about their noise."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import click

from rcl_cli.cli.console import exit_code, json_head, print_failures, print_json_line, progress, say
from rcl_cli.cli.options.numbers import Whole, shown
from rcl_cli.cli.options.shared import OVERWRITE, SEED, json_option
from rcl_cli.cli.options.words import Word
from rcl_cli.errors import FileError
from rcl_cli.raw.cfa import BAYER_PHASES, CFA
from rcl_cli.suggest import did_you_mean

CFA_NAMES = (*BAYER_PHASES, "xtrans")


def _size(ctx: click.Context, param: click.Parameter, value: str) -> tuple[int, int]:
    match = re.fullmatch(r"(\d{1,6})(?:[x×](\d{1,6}))?", value)
    height, width = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
    if min(height, width) < 16 or max(height, width) > 16384:
        raise click.BadParameter(f"{shown(value)!r} is no size; give height x width, such as 512x768, each 16 to 16384")
    return height, width


def _isos(ctx: click.Context, param: click.Parameter, value: str) -> tuple[float, ...]:
    from rcl_cli.samples.camera import HIGHEST_ISO, LOWEST_ISO

    try:
        isos = tuple(float(part) for part in value.split(","))
    except ValueError:
        isos = (0.0,)
    if not all(LOWEST_ISO <= iso <= HIGHEST_ISO for iso in isos):
        raise click.BadParameter(
            f"{shown(value)!r}: give ISO {LOWEST_ISO:.0f} to {HIGHEST_ISO:.0f}, such as 100,800,3200"
        )
    return isos


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@click.option("--count", type=Whole(1, 99999), default=9, show_default=True, metavar="N", help="Number of raws.")
@click.option(
    "--size",
    callback=_size,
    default="512x768",
    metavar="HxW",
    show_default=True,
    help="Height and width in pixels, or one number for both.",
)
@click.option(
    "--iso",
    "isos",
    callback=_isos,
    metavar="ISO,…",
    default="100,800,3200",
    show_default=True,
    help="ISO settings, taken in turn.",
)
@click.option(
    "--cfa",
    type=Word(CFA_NAMES),
    default="RGGB",
    show_default=True,
    help="Colour filter pattern, from the top left pixel.",
)
@click.option(
    "--kind",
    default=None,
    metavar="KIND",
    help="Kind of scene: leaves, mixed, facade, text, zoneplate, …  [default: any]",
)
@click.option(
    "--clean",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for the clean pictures, as linear DNG files.  [default: none are written]",
)
@SEED
@OVERWRITE
@json_option("each raw")
@click.pass_context
def command(
    ctx: click.Context,
    folder: Path,
    count: int,
    size: tuple[int, int],
    isos: tuple[float, ...],
    cfa: str,
    kind: str | None,
    clean: Path | None,
    seed: int,
    overwrite: bool,
    as_json: bool,
) -> None:
    """Write synthetic raws with known noise, as DNG files.

    A simulated camera photographs procedural scenes: walls, leaves, hair, cloth, text, test patterns and soft light.
    The raws go to DIR. The true λ_shot and λ_read of each are in its NoiseProfile tag and in DIR/truth.json.

    `rcl samples pairs/noisy --clean pairs/clean` makes pairs for `rcl finetune --pairs pairs`.
    """
    from rcl_cli.samples.files import Shot, write_shot
    from rcl_cli.samples.scenes import KINDS
    from rcl_cli.samples.truth import TRUTH_NAME, update_truth

    if kind is not None and kind not in KINDS:
        raise click.BadParameter(
            f"{shown(kind)!r} is none of {', '.join(KINDS)}{did_you_mean(kind, KINDS)}", ctx, param_hint="--kind"
        )
    if clean is not None and clean.resolve() == folder.resolve():
        raise click.BadParameter(
            "must be another folder than DIR, as the names are the same", ctx, param_hint="--clean"
        )
    shots = [Shot(i + 1, isos[i % len(isos)], CFA.named(cfa), *size, seed, kind) for i in range(count)]
    truth: dict[str, dict[str, Any]] = {}
    failures: list[FileError] = []
    try:
        with progress(count, "Rendering", "raws") as bar:
            for shot in shots:
                status, reason = "skipped", "exists already"
                try:
                    if overwrite or not (folder / shot.name).exists():
                        write_shot(shot, folder, clean=clean, overwrite=overwrite)
                        truth[shot.name] = shot.truth()
                        status, reason = "done", ""
                except FileError as error:
                    failures.append(error)
                    status, reason = "failed", error.reason
                if as_json:
                    print_json_line({**json_head("sample", folder / shot.name, status, reason), **shot.truth()})
                bar.advance()
    finally:
        if truth:
            update_truth(folder, truth)
    print_failures(failures)
    skipped = count - len(truth) - len(failures)
    kept = f" {skipped} existing files were kept; --overwrite replaces them." if skipped else ""
    say(f"Wrote {len(truth)} raws and {TRUTH_NAME} to {folder}.{kept}")
    ctx.exit(exit_code(len(truth) + skipped, len(failures)))
