"""`rcl calibrate`: the noise of a camera, from any of its pictures, from pairs of frames, or from flats and darks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.markup import escape

from rcl_cli.cli.console import (
    console,
    exit_code,
    print_failures,
    print_json_line,
    print_table,
    progress,
    say,
    say_left_out,
)
from rcl_cli.cli.options.file_lists import expanded, paths_argument
from rcl_cli.cli.options.report import REPORT, Report
from rcl_cli.cli.options.shared import DASK, LINEAR, PATH, SELECT, STORE, json_option
from rcl_cli.cli.options.words import Word

INTERRUPTED = 130

if TYPE_CHECKING:
    from rcl_cli.errors import FileError
    from rcl_cli.profiles.images import ImageCalibration
    from rcl_cli.profiles.journal import Journal
    from rcl_cli.profiles.pairs import Pair, PairCalibration
    from rcl_cli.profiles.pools import CameraCalibration
    from rcl_cli.raw.folder import Found
    from rcl_cli.raw.select import Selection


@click.command()
@paths_argument()
@click.option(
    "--by",
    type=Word(["image", "camera"]),
    default="image",
    show_default=True,
    help="Print a line for each image, or for each camera and ISO.",
)
@click.option("--pairs", is_flag=True, help="Treat consecutive files in PATHS as pairs of frames of one scene.")
@click.option(
    "--flats",
    multiple=True,
    type=PATH,
    callback=expanded,
    help="File or folder of flat-field pairs: an evenly lit surface, out of focus.",
)
@click.option(
    "--darks", multiple=True, type=PATH, callback=expanded, help="File or folder of dark-frame pairs: the lens covered."
)
@json_option("each file, and for each camera or its pairs,")
@click.option(
    "--output", type=click.Path(dir_okay=False, path_type=Path), help="File to add the profiles to, besides the store."
)
@STORE
@click.option("--no-save", is_flag=True, help="Do not save the profiles in the store.")
@click.option(
    "--plot", type=click.Path(file_okay=False, path_type=Path), help="Folder for a noise plot of each camera."
)
@REPORT
@LINEAR
@SELECT
@DASK
@click.pass_context
def command(
    ctx: click.Context,
    paths: tuple[Path, ...],
    by: str,
    pairs: bool,
    flats: tuple[Path, ...],
    darks: tuple[Path, ...],
    as_json: bool,
    output: Path | None,
    store: Path | None,
    no_save: bool,
    plot: Path | None,
    report: Path | None,
    linear: bool,
    select: tuple[Selection, ...],
    cluster: str | None,
) -> None:
    """Measure the noise of images, or of cameras and ISOs.

    PATHS are files or folders of any pictures: the noise is measured where a picture is flat. Pairs of frames of one
    scene measure it about ten times more exactly: see --pairs, --flats and --darks. Files that follow each other by
    name are a pair if folder, camera, ISO and exposure are the same.

    `quality` says whether to trust a measurement. The trusted profile of each camera and ISO is saved in the store,
    where the other commands find it, and pooled with those of earlier runs. Ctrl-C saves what has been measured so far;
    the same command goes on from there.
    """
    framed = {"pairs": paths if pairs else (), "flats": flats, "darks": darks}
    if not paths and not any(framed.values()):
        raise click.UsageError("name pictures or folders, or give --flats or --darks")
    from rcl_cli.raw.apart.pool import start_reader

    start_reader()
    from rcl_cli.cli import calibration_files as files
    from rcl_cli.disk.made import none_empty
    from rcl_cli.folders import store_folder
    from rcl_cli.profiles.book import stored_profiles
    from rcl_cli.profiles.journal import Journal

    unfinished = store_folder(store) / "unfinished" / "calibrations"
    ctx.with_resource(none_empty(unfinished))
    targets = (None if no_save else stored_profiles(store), output)
    files.try_targets([target for target in targets if target is not None], plot)
    page = Report.begin(report)
    measured: list[CameraCalibration | PairCalibration] = []
    problems: list[FileError] = []
    done, interrupted, kept = 0, False, True
    journal = Journal(unfinished)
    try:
        if paths and not pairs:
            images, cameras, failures, interrupted = _blind(paths, by, as_json, linear, select, journal, cluster)
            failures += files.save(cameras, *targets)
            failures += files.plot(cameras, plot)
            done, problems, measured = len(images), failures, [*cameras]
            print_failures(failures)
            if not interrupted:
                journal.finish()
        if any(framed.values()) and not interrupted:
            kept = False
            calibrations, failures, interrupted = _framed(framed, as_json, linear, select)
            failures += files.save(calibrations, *targets)
            kept = True
            failures += files.plot(calibrations, plot)
            done, problems, measured = done + len(calibrations), problems + failures, [*measured, *calibrations]
            print_failures(failures)
        if page.wanted:
            from rcl_cli.report.calibrated import calibrated_page

            page.end(lambda: calibrated_page(measured, problems))
    except KeyboardInterrupt:  # what single images have told is in the journal by then, if not saved
        interrupted = True
    if interrupted:
        said = "What has been measured is saved" if kept else "The pairs that were measured are not saved"
        say(f"Interrupted. {said}. Run the same command again to do the rest.")
        ctx.exit(INTERRUPTED)
    ctx.exit(page.code(exit_code(done, len(problems))))


def _blind(
    paths: Sequence[Path],
    by: str,
    as_json: bool,
    linear: bool,
    select: Sequence[Selection],
    journal: Journal,
    cluster: str | None,
) -> tuple[list[ImageCalibration], list[CameraCalibration], list[FileError], bool]:
    from rcl_cli.cli import calibration_tables as tables
    from rcl_cli.errors import FileError
    from rcl_cli.profiles.pools import MOST_POOLED, Pools
    from rcl_cli.profiles.spread import measured
    from rcl_cli.raw.folder import search

    searched = search(paths)
    found, failures = _selected(searched.files, select), searched.errors
    say_left_out(searched.results)
    images: list[ImageCalibration] = []
    pools = Pools()
    if as_json:
        for failure in failures:
            print_json_line(tables.failed_values("image", failure))
    interrupted = False
    try:
        with progress(len(found), "Calibrating") as bar:
            for one in measured([file.path for file in found], cluster, journal, linear=linear):
                if isinstance(one, FileError):
                    failures.append(one)
                    if as_json:
                        print_json_line(tables.failed_values("image", one))
                else:
                    images.append(pools.add(one))
                    if as_json and by == "image":
                        print_json_line(tables.image_values(images[-1]))
                bar.advance()
    except KeyboardInterrupt:
        interrupted = True
    readable = len(failures)
    cameras = pools.cameras(failures)
    if as_json:
        for failure in failures[readable:]:
            print_json_line(tables.failed_values("camera", failure))
        for camera in cameras:
            if by == "camera" or camera.groups:
                print_json_line(tables.camera_values(camera))
    elif images:
        _print_blind(images, cameras, by)
    # The table of images gives the reasons of those that are not to be trusted.
    told = {(one.path, one.profile.reason) for one in images} if by == "image" and not as_json else set()
    for camera in cameras:
        for path, reason in [one for one in camera.dropped if one not in told] if camera.images else ():
            say(f"{path.name} was left out of its camera's profile: {reason}")
        if camera.unneeded:
            many = len(camera.images) + len(camera.dropped) + len(camera.unneeded)
            said = f"{many} pictures, of which the {MOST_POOLED} that tell most are used"
            say(f"{tables.camera_words(camera.profile)}: {said}")
        if camera.groups:
            say(f"{tables.camera_words(camera.profile)} gets no profile: {camera.profile.reason}")
    return images, cameras, failures, interrupted


def _selected(found: list[Found], select: Sequence[Selection]) -> list[Found]:
    if not select or not found:
        return found
    from rcl_cli.raw.select import selected, selected_words

    chosen = selected([file.path for file in found], select)
    say(selected_words(len(chosen), len(found), select))
    return [file for file in found if file.path in chosen]


def _print_blind(images: Sequence[ImageCalibration], cameras: Sequence[CameraCalibration], by: str) -> None:
    from rcl_cli.cli import calibration_tables as tables

    if by == "image":
        named = [(image.path.name, image.profile, image.optical_black) for image in images]
        table = tables.image_table(images)
    else:
        named = [(tables.camera_words(one.profile), one.profile, one.optical_black) for one in cameras]
        table = tables.camera_table(cameras)
    print_table(table)
    for more in (tables.border_table(named), tables.reason_table([(name, profile) for name, profile, _ in named])):
        if more is not None:
            print_table(more)


def _framed(
    folders: dict[str, tuple[Path, ...]], as_json: bool, linear: bool, select: Sequence[Selection]
) -> tuple[list[PairCalibration], list[FileError], bool]:
    from rcl_cli.cli import calibration_tables as tables
    from rcl_cli.profiles.pairs import calibrate_pairs, find_pairs
    from rcl_cli.raw.folder import find_files, raws_alone

    pairs: list[Pair] = []
    failures: list[FileError] = []
    interrupted = False
    for kind, paths in folders.items():
        if interrupted:
            break
        found, missing = find_files(paths)
        found, said = raws_alone(_selected(found, select))
        if said:
            say(said)
        with progress(len(found), f"Comparing {kind}") as bar:
            pairing = find_pairs(found, kind, linear=linear, done=bar.advance)
        pairs.extend(pairing.pairs)
        failures.extend([*missing, *pairing.left])
        interrupted = pairing.interrupted
    for pair in pairs:
        first, second = pair.paths
        console.print(f"{pair.kind}: {escape(first.name)} with {escape(second.name)}", soft_wrap=True)
    calibrations = calibrate_pairs(pairs)
    if as_json:
        for failure in failures:
            print_json_line(tables.failed_values("pairs", failure))
        for calibration in calibrations:
            print_json_line(tables.pair_values(calibration))
    elif calibrations:
        print_table(tables.pair_table(calibrations))
        named = [(tables.camera_words(one.profile), one.profile) for one in calibrations]
        if (reasons := tables.reason_table(named)) is not None:
            print_table(reasons)
    return calibrations, failures, interrupted
