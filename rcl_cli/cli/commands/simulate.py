"""`rcl simulate`: noisy/clean pairs from clean pictures and a noise profile."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rcl_cli.cli.console import console, exit_code, print_failures, print_json_line, progress
from rcl_cli.cli.noise_options import chosen_noise, noise_options
from rcl_cli.domain import Domain
from rcl_cli.errors import FileError
from rcl_cli.raw.cfa import BAYER_PHASES, CFA

if TYPE_CHECKING:
    from rcl_cli.simulate.batch import Result


@click.command()
@click.argument("paths", metavar="CLEAN...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    "folder",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="For noisy/, clean/ and truth.json.",
)
@noise_options("0 20")
@click.option(
    "--domain",
    type=click.Choice([d.value for d in Domain]),
    default="rgb",
    show_default=True,
    help="Layout of the pairs.",
)
@click.option(
    "--cfa",
    type=click.Choice(BAYER_PHASES, case_sensitive=False),
    default="RGGB",
    show_default=True,
    help="Of --domain bayer, where the clean picture is RGB.",
)
@click.option(
    "--linear", is_flag=True, help="Keep the values of RGB files as they are, instead of decoding the sRGB curve."
)
@click.option(
    "--scale",
    type=click.IntRange(1, 8),
    default=1,
    show_default=True,
    help="Make the noisy file this many times smaller: pairs for sr and jdensr have 2.",
)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Other numbers, other noise.")
@click.option("--overwrite", is_flag=True, help="Replace files that exist; else they are kept.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a picture: files, status, λ, seconds.")
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
    """Make noisy/clean pairs from CLEAN pictures or folders of them.

    They go to noisy/ and clean/ in the output folder under matching names, which is what `rcl finetune --pairs` reads;
    truth.json tells the λ_shot and λ_read of each. Files are linear and keep noise below black: floating-point TIFF
    for RGB, DNG for mosaics.
    """
    from rcl_cli.inference.outputs import leave_out_results
    from rcl_cli.noise import SigmaNoise
    from rcl_cli.raw.folder import find_files
    from rcl_cli.samples.truth import update_truth
    from rcl_cli.simulate.batch import Result, Settings, simulate_files

    pattern = {"rgb": None, "bayer": CFA.named(cfa), "xtrans": CFA.xtrans()}[domain]
    noise = chosen_noise(profile, shot, read, sigma_range) or SigmaNoise()
    settings = Settings(folder, noise, pattern, linear, seed, scale, overwrite)
    found, failures = find_files(paths)
    for half in ("noisy", "clean"):
        found = leave_out_results(found, paths, folder / half)
    if as_json:
        for failure in failures:
            print_json_line(_line(Result(failure.path, None, "failed", failure.reason), folder))
    truth: dict[str, dict[str, Any]] = {}
    skipped = 0
    try:
        with progress(len(found), "adding noise", "pictures") as bar:
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
    kept = f"; {skipped} exist already and are kept (--overwrite replaces them)" if skipped else ""
    console.print(f"{len(truth)} pairs are in {folder}{kept}", markup=False, soft_wrap=True)
    ctx.exit(exit_code(len(truth) + skipped, len(failures)))


def _line(result: Result, folder: Path) -> dict[str, Any]:
    truth = result.truth or {}
    return {
        "input": result.source,
        "noisy": result.noisy,
        "clean": folder / truth["clean"] if truth else None,
        "status": result.status,
        "reason": result.reason,
        "seconds": round(result.seconds, 3),
        **{key: truth.get(key) for key in ("cfa", "shot", "read")},
    }
