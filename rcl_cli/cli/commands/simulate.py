"""`rcl simulate`: noisy/clean pairs from clean pictures and a noise profile."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rcl_cli.cli.console import (
    exit_code,
    json_head,
    print_failures,
    print_json_line,
    progress,
    say,
    say_left_out,
)
from rcl_cli.cli.options.file_lists import paths_argument
from rcl_cli.cli.options.noise import chosen_noise, noise_options
from rcl_cli.cli.options.numbers import Whole
from rcl_cli.cli.options.shared import LINEAR, OVERWRITE, SEED, json_option
from rcl_cli.cli.options.words import Word
from rcl_cli.domain import Domain
from rcl_cli.errors import FileError, RclError
from rcl_cli.raw.cfa import BAYER_PHASES, CFA

if TYPE_CHECKING:
    from rcl_cli.simulate.batch import Result


@click.command()
@paths_argument(required=True, metavar="CLEAN...")
@click.option(
    "-o",
    "--output",
    "folder",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for the pairs.",
)
@noise_options("0 20")
@click.option(
    "--domain",
    type=Word([d.value for d in Domain]),
    default="rgb",
    show_default=True,
    help="Layout of the pairs.",
)
@click.option(
    "--cfa",
    type=Word(BAYER_PHASES),
    default="RGGB",
    show_default=True,
    help="Bayer phase of the mosaics made from RGB pictures.",
)
@LINEAR
@click.option(
    "--scale",
    type=Whole(1, 8),
    default=1,
    show_default=True,
    metavar="N",
    help="Factor by which the noisy file is smaller than the clean one: 2 for sr and jdensr.",
)
@SEED
@OVERWRITE
@json_option("each picture")
@click.pass_context
def command(
    ctx: click.Context,
    paths: tuple[Path, ...],
    folder: Path,
    profile: Path | None,
    shot: float | None,
    read: float | None,
    sigma_range: tuple[float, float] | None,
    domain: str,
    cfa: str,
    linear: bool,
    scale: int,
    seed: int,
    overwrite: bool,
    as_json: bool,
) -> None:
    """Make noisy/clean pairs from clean pictures.

    CLEAN are pictures or folders of them. The pairs go to noisy/ and clean/ in the output folder, under matching names,
    as `rcl finetune --pairs` and `rcl evaluate --pairs` read them. truth.json holds the true λ_shot and λ_read of each.
    The files are linear and keep noise below black: floating-point TIFF for RGB, DNG for mosaics.
    """
    from rcl_cli.inference.outputs import leave_out_results
    from rcl_cli.noise import SigmaNoise
    from rcl_cli.raw.folder import search, twice
    from rcl_cli.samples.truth import update_truth
    from rcl_cli.simulate.batch import Result, Settings, simulate_files

    pattern = {"rgb": None, "bayer": CFA.named(cfa), "xtrans": CFA.xtrans()}[domain]
    noise = chosen_noise(profile, shot, read, sigma_range) or SigmaNoise()
    settings = Settings(folder, noise, pattern, linear, seed, scale, overwrite)
    searched = search(paths)
    say_left_out(searched.results)
    found, failures = searched.files, searched.errors
    raws, pictures = twice(found)
    unused = raws if pattern is None else pictures
    if unused:
        say(f"{len(unused)} files are left out of shots that are there as raw and picture, such as {min(unused)}")
    found = [file for file in found if file.path not in unused]
    searched_any = bool(found)
    for half in ("noisy", "clean"):
        found = leave_out_results(found, paths, folder / half)
    if searched_any and not found:
        said = f"all pictures lie in {folder / 'noisy'} and {folder / 'clean'}, where results go"
        raise RclError(f"{said}, so that they are taken for earlier ones; choose another --output")
    if as_json:
        for failure in failures:
            print_json_line(_line(Result(failure.path, None, "failed", failure.reason), folder))
    truth: dict[str, dict[str, Any]] = {}
    skipped = 0
    try:
        with progress(len(found), "Simulating", "pictures") as bar:
            for result in simulate_files(found, settings):
                if result.truth is not None:
                    truth[result.truth["file"]] = result.truth
                elif result.status == "failed":
                    failures.append(FileError(result.source, result.reason))
                skipped += result.status == "skipped"
                if as_json:
                    print_json_line(_line(result, folder))
                bar.advance()
    finally:
        if truth:
            update_truth(folder, truth)
    print_failures(failures)
    kept = f" {skipped} existing pairs were kept; --overwrite replaces them." if skipped else ""
    if truth or skipped:
        say(f"Wrote {len(truth)} pairs to {folder}.{kept}")
    ctx.exit(exit_code(len(truth) + skipped, len(failures)))


def _line(result: Result, folder: Path) -> dict[str, Any]:
    truth = result.truth or {}
    return {
        **json_head("pair", result.source, result.status, result.reason),
        "noisy": result.noisy,
        "clean": folder / truth["clean"] if truth else None,
        "seconds": round(result.seconds, 3),
        **{key: truth.get(key) for key in ("cfa", "shot", "read")},
    }
