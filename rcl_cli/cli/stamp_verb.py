"""`rcl profiles stamp`: measured noise levels into DNGs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rcl_cli.cli.console import exit_code, json_head, print_failures, print_json_line, progress, say, say_left_out
from rcl_cli.cli.options.file_lists import paths_argument
from rcl_cli.cli.options.shared import STORE, json_option
from rcl_cli.errors import FileError

if TYPE_CHECKING:
    from rcl_cli.profiles.stamp import Job, Stamped


@click.command(short_help="Write noise profiles into DNGs.")
@paths_argument(required=True)
@click.option(
    "-o",
    "--output",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for the copies.  [default: stamped, beside each path]",
)
@click.option("--in-place", is_flag=True, help="Change the files themselves instead of copies.")
@click.option(
    "--profile", type=click.Path(dir_okay=False, path_type=Path), help="Noise profiles (JSON) instead of the store's."
)
@click.option("--blind", is_flag=True, help="Measure the picture itself if no profile is calibrated.")
@click.option("--overwrite", is_flag=True, help="Replace noise profiles that are in the files, and copies that exist.")
@STORE
@json_option("each file")
@click.pass_context
def stamp(
    ctx: click.Context,
    paths: tuple[Path, ...],
    folder: Path | None,
    in_place: bool,
    profile: Path | None,
    blind: bool,
    overwrite: bool,
    store: Path | None,
    as_json: bool,
) -> None:
    """Write the calibrated noise profile of each DNG into its NoiseProfile tag.

    Raw developers that read the tag then denoise by what was measured. The profile is that of the file's camera, ISO
    and levels, interpolated if the ISO lies between two calibrated ones. Pixels and all other tags keep their bytes.
    Files are copied; --in-place changes the files themselves, whole or not at all.
    """
    from rcl_cli.profiles.book import ProfileBook, load_profiles
    from rcl_cli.profiles.stamp import Job, Stamped, stamp_files

    if in_place and folder is not None:
        raise click.UsageError("give --output or --in-place, one of the two")
    if profile is not None:
        load_profiles(profile)  # What is wrong with it is said once, before the first file.
    jobs, failures = _jobs(paths, folder, in_place=in_place)
    if as_json:
        for failure in failures:
            print_json_line(_line(Stamped(Job(failure.path, None), "failed", failure.reason)))
    results: list[Stamped] = []
    said: set[str] = set()
    with progress(len(jobs), "Stamping", "DNGs") as bar:
        for result in stamp_files(jobs, ProfileBook(profile, store), blind=blind, overwrite=overwrite):
            results.append(result)
            _tell(result, said)
            if as_json:
                print_json_line(_line(result))
            bar.advance()
    failures += [FileError(one.job.path, one.reason) for one in results if one.status == "failed"]
    print_failures(failures)
    _summarise(results)
    ctx.exit(exit_code(sum(one.tagged for one in results), len(failures)))


def _jobs(paths: Sequence[Path], folder: Path | None, *, in_place: bool) -> tuple[list[Job], list[FileError]]:
    from rcl_cli.files import real_path
    from rcl_cli.profiles.stamp import Job, beside, without_copies
    from rcl_cli.raw.folder import search

    jobs: dict[Path, Job] = {}
    failures: list[FileError] = []
    for path in paths:
        found = search([path])
        failures += found.errors
        say_left_out(found.results)
        output = folder or beside(path)
        for file in found.files:
            target = None if in_place else output / file.relative
            jobs.setdefault(real_path(file.path), Job(file.path, target))
    return without_copies(list(jobs.values())), failures


def _tell(result: Stamped, said: set[str]) -> None:
    if result.found is not None and result.found.words not in said:
        said.add(result.found.words)
        say(f"Noise profile of {result.job.path.name}: {result.found.words}")


def _summarise(results: Sequence[Stamped]) -> None:
    skipped = [one for one in results if one.status == "skipped"]
    for reason, count in Counter(one.reason for one in skipped).items():
        first = next(one.job.path for one in skipped if one.reason == reason)
        say(f"{first}: {reason}" if count == 1 else f"{count} files skipped, such as {first}: {reason}")
    done = [one.job for one in results if one.status == "done"]
    if done:
        folders = dict.fromkeys(str(job.target.parent) for job in done if job.target is not None)
        where = f", copies in {', '.join(folders)}" if folders else " in place"
        say(f"{len(done)} {'DNG' if len(done) == 1 else 'DNGs'} stamped{where}")


def _line(result: Stamped) -> dict[str, Any]:
    job, found = result.job, result.found
    profile = found.profile if found else None
    return {
        **json_head("raw", job.path, result.status, result.reason),
        "output": None if profile is None else job.target or job.path,
        "profile": found.source if found else None,
        "shot": None if profile is None else profile.shot,
        "read": None if profile is None else profile.read,
        "noise_profile": None if profile is None else profile.to_dng(),
    }
