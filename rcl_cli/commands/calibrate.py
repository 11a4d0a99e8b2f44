"""`rcl calibrate`: the noise of a camera, measured blind from any of its pictures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.markup import escape

from rcl_cli.console import console, exit_code, new_table, print_failures, print_json_line, print_table, progress

if TYPE_CHECKING:
    from rich.table import Table

    from rcl_calibration.profile import NoiseProfile
    from rcl_cli.calibration import CameraCalibration, ImageCalibration

_NOISE = ("λ_shot", "λ_read", "σ(0.18)", "±")
_NUMBERS = ("ISO", "images", *_NOISE, "disagree")


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--by",
    type=click.Choice(["image", "camera"]),
    default="image",
    show_default=True,
    help="A line per image, or one per camera and ISO from all its images.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line on standard output.")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="Also add the profiles to this file.")
@click.option("--store", type=click.Path(file_okay=False, path_type=Path), help="Folder of models and profiles.")
@click.option("--no-save", is_flag=True, help="Keep no profile in the store.")
@click.option("--linear", is_flag=True, help="Take the values of PNG, JPEG and TIFF as linear, not as sRGB.")
@click.pass_context
def command(
    ctx: click.Context,
    paths: tuple[Path, ...],
    by: str,
    as_json: bool,
    output: Path | None,
    store: Path | None,
    no_save: bool,
    linear: bool,
) -> None:
    """Measure the noise of the cameras that took PATHS, files or folders.

    Any picture will do: the noise is measured where the picture happens to be flat. `quality` says whether to trust a
    line. The trusted profile of each camera and ISO, pooled from all its images, is kept in the store, where the
    other verbs find it.
    """
    from rcl_cli.calibration import calibrate_file, pool_cameras
    from rcl_cli.data.folder import find_files
    from rcl_cli.errors import FileError
    from rcl_cli.store import Store

    found, failures = find_files(paths)
    images: list[ImageCalibration] = []
    with progress(len(found), "Calibrating") as bar:
        for file in found:
            try:
                images.append(calibrate_file(file.path, linear=linear))
            except FileError as error:
                failures.append(error)
            else:
                if as_json and by == "image":
                    print_json_line(_image_values(images[-1]))
            bar.advance()
    cameras = pool_cameras(images)
    if as_json and by == "camera":
        for camera in cameras:
            print_json_line(_camera_values(camera))
    elif images and not as_json:
        _print_tables(images, cameras, by)
    _tell_dropped(cameras)
    _save(cameras, [*([] if no_save else [Store.open(store).profiles]), *([output] if output else [])])
    print_failures(failures)
    ctx.exit(exit_code(len(images), len(failures)))


def _image_values(image: ImageCalibration) -> dict[str, Any]:
    return {"path": image.path, **_values(image)}


def _camera_values(camera: CameraCalibration) -> dict[str, Any]:
    values = _values(camera)
    return {"camera": values.pop("camera"), "iso": values.pop("iso"), "images": len(camera.images), **values}


def _values(calibration: ImageCalibration | CameraCalibration) -> dict[str, Any]:
    profile = calibration.profile
    return {
        "camera": profile.camera,
        "iso": profile.iso,
        "cfa": calibration.cfa,
        "shot": profile.shot,
        "read": profile.read,
        "shot_ci": profile.shot_ci,
        "read_ci": profile.read_ci,
        "quality": profile.quality,
        "reason": profile.reason,
        "method": profile.method,
        "black_level": profile.black_level,
        "white_level": profile.white_level,
        "seconds": round(calibration.seconds, 3),
    }


def _print_tables(images: Sequence[ImageCalibration], cameras: Sequence[CameraCalibration], by: str) -> None:
    if by == "image":
        named = [(image.path.name, image.profile) for image in images]
    else:
        named = [(camera.profile.camera or "unknown", camera.profile) for camera in cameras]
    print_table(_image_table(images) if by == "image" else _camera_table(cameras))
    if (reasons := _reasons(named)) is not None:
        print_table(reasons)


def _image_table(images: Sequence[ImageCalibration]) -> Table:
    table = new_table("file", "camera", "ISO", *_NOISE, "quality", right=_NUMBERS)
    for image in images:
        table.add_row(escape(image.path.name), *_identity(image.profile), *_numbers(image.profile))
    return table


def _camera_table(cameras: Sequence[CameraCalibration]) -> Table:
    table = new_table("camera", "ISO", "images", *_NOISE, "quality", "disagree", right=_NUMBERS)
    for camera in cameras:
        disagreement = f"{100 * camera.disagreement:.1f} %" if len(camera.images) > 1 else "–"
        images = str(len(camera.images))
        table.add_row(*_identity(camera.profile), images, *_numbers(camera.profile), disagreement)
    return table


def _identity(profile: NoiseProfile) -> tuple[str, str]:
    return escape(profile.camera or "unknown"), "–" if profile.iso is None else f"{profile.iso:g}"


def _numbers(profile: NoiseProfile) -> tuple[str, str, str, str, str]:
    """λ_shot, λ_read, σ at middle grey with half its 90 % interval, and the verdict."""
    from rcl_calibration.profile import SIGMA_X

    sigma, half_width = float(profile.sigma(0.18)), "–"
    if profile.sigma_ci is not None and sigma > 0:
        low, high = profile.sigma_ci[1][SIGMA_X.index(0.18)]
        half_width = f"{50 * (high - low) / sigma:.1f} %"
    return f"{profile.shot[1]:.3g}", f"{profile.read[1]:.3g}", f"{sigma:.4f}", half_width, profile.quality


def _reasons(names_and_profiles: Sequence[tuple[str, NoiseProfile]]) -> Table | None:
    table = new_table("not to be trusted", "because")
    for name, profile in names_and_profiles:
        if profile.reason:
            table.add_row(escape(name), escape(profile.reason))
    return table if table.row_count else None


def _tell_dropped(cameras: Sequence[CameraCalibration]) -> None:
    for camera in cameras:
        for path, reason in camera.dropped if camera.images else ():
            console.print(f"{escape(path.name)} was left out of its camera's profile: {escape(reason)}")


def _save(cameras: Sequence[CameraCalibration], targets: Sequence[Path]) -> None:
    from rcl_cli.profiles import save_profiles

    trusted = [camera.profile for camera in cameras if camera.profile.quality == "ok" and camera.profile.camera]
    if not trusted:
        return
    for target in targets:
        save_profiles(target, trusted)
        noun = "profile" if len(trusted) == 1 else "profiles"
        console.print(f"{len(trusted)} {noun} saved in {escape(str(target))}")
