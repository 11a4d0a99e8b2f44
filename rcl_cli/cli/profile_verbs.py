"""`rcl profiles show | merge | export`: the profiles that are kept."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from rcl_cli.cli.console import exit_code, json_head, print_failures, print_json_line, print_table, say
from rcl_cli.cli.options.shared import STORE, json_option
from rcl_cli.cli.options.words import Word

if TYPE_CHECKING:
    from rcl_calibration.runs import Run

_FILE = click.Path(dir_okay=False, path_type=Path)
_CAMERA = click.option("--camera", default="", help="Only cameras whose name contains TEXT, in upper or lower case.")


@click.command(short_help="List the noise profiles in the store, or in FILES.")
@click.argument("files", nargs=-1, type=_FILE)
@STORE
@_CAMERA
@json_option("each profile")
@click.option(
    "--plot", type=click.Path(file_okay=False, path_type=Path), help="Folder for a noise plot of each camera."
)
@click.pass_context
def show(
    ctx: click.Context, files: tuple[Path, ...], store: Path | None, camera: str, as_json: bool, plot: Path | None
) -> None:
    """List the noise profiles in the store, or in FILES.

    Also shows between which ISOs a sensor switches its gain: profiles are not interpolated there.
    """
    from rcl_calibration.across_iso import gain_switches
    from rcl_calibration.runs import pool_runs
    from rcl_cli.cli.calibration_tables import profile_table, stored_values
    from rcl_cli.errors import FileError
    from rcl_cli.profiles.book import load_runs, load_stored, stored_profiles

    if plot is not None:
        from rcl_cli.report.noise_plot import need_matplotlib, write_plots

        need_matplotlib()
    failures: list[FileError] = []
    found: list[tuple[Path, tuple[Run, ...]]] = []
    if not files:
        path = stored_profiles(store)
        if not path.is_file():
            say(f"No profiles yet in {path}: run `rcl calibrate` first.")
            ctx.exit(exit_code(0, 0))
        found = [(path, runs) for runs in load_stored(store)]
    for path in files:
        try:
            found += [(path, runs) for runs in load_runs(path)]
        except FileError as error:
            failures.append(error)
            if as_json:
                print_json_line(json_head("profile", path, "failed", error.reason))
    kept = [(path, pool_runs(runs), len(runs)) for path, runs in found]
    kept = [one for one in kept if camera.lower() in one[1].camera.lower()]
    entries = [(profile, runs) for _, profile, runs in kept]
    if as_json:
        for one in kept:
            print_json_line(stored_values(*one))
    elif entries:
        print_table(profile_table(entries))
    for name in dict.fromkeys(profile.camera for profile, _ in entries):
        for low, high in gain_switches([profile for profile, _ in entries if profile.camera == name]):
            say(f"{name} switches its gain between ISO {low:g} and {high:g}")
    if plot is not None:
        for path in write_plots(plot, [(profile, None) for profile, _ in entries]):
            say(f"Wrote {path}.")
    print_failures(failures)
    ctx.exit(exit_code(len(entries), len(failures)))


@click.command()
@click.argument("files", nargs=-1, required=True, type=_FILE)
@STORE
@click.pass_context
def merge(ctx: click.Context, files: tuple[Path, ...], store: Path | None) -> None:
    """Add the noise profiles in FILES to the store.

    Measurements of one camera, ISO and levels are pooled, weighted by their intervals, and all of them are kept.
    Pictures shared by two measurements count once if one of the two has all the pictures of the other.
    """
    from rcl_cli.errors import FileError
    from rcl_cli.profiles.book import load_runs, load_stored, save_runs, stored_profiles

    failures: list[FileError] = []
    done = 0
    for file in files:
        try:
            runs = [run for entry in load_runs(file) for run in entry]
        except FileError as error:
            failures.append(error)
            continue
        known = {run for entry in load_stored(store) for run in entry}
        save_runs(stored_profiles(store), runs)
        done += 1
        new = len(set(runs) - known)
        old = len(runs) - new
        there = f"; {old} {'was' if old == 1 else 'were'} in the store already" if old else ""
        say(f"{new} {'run' if new == 1 else 'runs'} added from {file}{there}")
    print_failures(failures)
    ctx.exit(exit_code(done, len(failures)))


@click.command(short_help="Write the noise profiles in the store to OUTPUT.")
@click.argument("output", type=_FILE)
@STORE
@_CAMERA
@click.option(
    "--format",
    "format_name",
    type=Word(["rcl", "dng", "android", "darktable"]),
    default="rcl",
    show_default=True,
    help="rcl: for `merge`; dng: one NoiseProfile tag per line; android: four pairs per line; darktable: its JSON.",
)
@click.option("--overwrite", is_flag=True, help="Replace OUTPUT if it exists.")
@click.pass_context
def export(
    ctx: click.Context, output: Path, store: Path | None, camera: str, format_name: str, overwrite: bool
) -> None:
    """Write the noise profiles in the store to OUTPUT, for another program or another store.

    darktable's values are not on the scale of single raw pixels. For it λ is multiplied by 0.1, an average over known
    cameras, so that its strengths are about right, no better.
    """
    from rcl_cli.disk.write import write_text
    from rcl_cli.profiles.book import load_runs, stored_profiles
    from rcl_cli.profiles.formats import profiles_as

    kept = stored_profiles(store)
    entries = load_runs(kept) if kept.is_file() else []
    chosen = [runs for runs in entries if camera.lower() in runs[0].profile.camera.lower()]
    if chosen:
        write_text(output, profiles_as(format_name, chosen), overwrite=overwrite)
        noun = "profile" if len(chosen) == 1 else "profiles"
        say(f"{len(chosen)} {noun} written to {output}")
    else:
        say(f"No profile to write in {kept}.")
    ctx.exit(exit_code(len(chosen), 0))
