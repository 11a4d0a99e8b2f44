"""What `rcl calibrate` and `rcl profiles show` print: tables, and the fields of their JSON lines."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.markup import escape
from rich.table import Table

from rcl_calibration.profile import SIGMA_X, NoiseProfile
from rcl_cli.cli.console import json_head, new_table
from rcl_cli.errors import FileError
from rcl_cli.profiles.images import ImageCalibration
from rcl_cli.profiles.pairs import PairCalibration
from rcl_cli.profiles.pools import CameraCalibration
from rcl_cli.raw.optical_black import OpticalBlack

Calibration = ImageCalibration | CameraCalibration | PairCalibration
_NOISE = ("λ_shot", "λ_read", "σ(0.18)", "±")
_MOST = 10
"""Parts of one another from which on it does not matter by how much images disagree."""
_NUMBERS = ("ISO", "images", *_NOISE, "disagree", "PRNU", "row", "column", "black", "runs")


def image_values(image: ImageCalibration) -> dict[str, Any]:
    """One image's JSON line."""
    border = _border_values(image.profile, image.optical_black)
    return {**_head("image", image.path, image.profile), **_values(image), **border}


def camera_values(camera: CameraCalibration) -> dict[str, Any]:
    """The JSON line of all images of a camera at one ISO."""
    more = {
        "images": len(camera.images),
        "dropped": [{"path": path, "reason": reason} for path, reason in camera.dropped],
        "groups": camera.groups,
    }
    border = _border_values(camera.profile, camera.optical_black)
    return {**_head("camera", None, camera.profile), **_values(camera), **more, **border}


def pair_values(calibration: PairCalibration) -> dict[str, Any]:
    """The JSON line of all pairs of a camera at one ISO; standard deviations are normalised, black levels in DN."""
    more = {
        "images": 2 * len(calibration.pairs),
        "prnu": calibration.prnu,
        "row_noise": calibration.row_noise,
        "column_noise": calibration.column_noise,
        "black_level_measured": calibration.black_level_measured,
        "pairs": calibration.pairs,
    }
    return {**_head("pairs", None, calibration.profile), **_values(calibration), **more}


def stored_values(path: Path, profile: NoiseProfile, runs: int) -> dict[str, Any]:
    """The JSON line of a profile that is kept in the file `path`, pooled from so many runs."""
    return {**_head("profile", path, profile), **profile.to_dict(), "sigma_x": SIGMA_X, "runs": runs}


def failed_values(kind: str, failure: FileError) -> dict[str, Any]:
    """The JSON line of a file that could not be used."""
    return json_head(kind, failure.path, "failed", failure.reason)


def image_table(images: Sequence[ImageCalibration]) -> Table:
    """A row per image."""
    table = new_table("file", "camera", "ISO", *_NOISE, "quality", right=_NUMBERS)
    for image in images:
        table.add_row(escape(image.path.name), *_identity(image.profile), *_numbers(image.profile))
    return table


def camera_table(cameras: Sequence[CameraCalibration]) -> Table:
    """A row per camera and ISO."""
    table = new_table("camera", "ISO", "images", *_NOISE, "quality", "disagree", right=_NUMBERS)
    for camera in cameras:
        disagreement = _percent(camera.disagreement) if len(camera.images) > 1 else "–"
        images = str(len(camera.images))
        table.add_row(*_identity(camera.profile), images, *_numbers(camera.profile), disagreement)
    return table


def _percent(part: float) -> str:
    return f"{100 * part:.1f} %" if part < _MOST else f"> {100 * _MOST} %"


def pair_table(calibrations: Sequence[PairCalibration]) -> Table:
    """A row per camera and ISO, with what pairs alone can tell; row and column noise in DN."""
    columns = ("camera", "ISO", "images", *_NOISE, "quality", "PRNU", "row", "column", "black")
    table = new_table(*columns, right=_NUMBERS)
    for one in calibrations:
        profile, black = one.profile, one.black_level_measured
        span = (profile.white_level or 1.0) - (profile.black_level or (0.0,))[0]
        table.add_row(
            *_identity(profile),
            str(2 * len(one.pairs)),
            *_numbers(profile),
            "–" if one.prnu is None else f"{100 * one.prnu:.2f} %",
            f"{one.row_noise * span:.3g}",
            f"{one.column_noise * span:.3g}",
            "–" if black is None else f"{sum(black) / 4:.2f}",
        )
    return table


def profile_table(profiles: Sequence[tuple[NoiseProfile, int]]) -> Table:
    """A row per stored profile, with the number of runs that it is pooled from."""
    table = new_table("camera", "ISO", "images", *_NOISE, "quality", "runs", "method", right=_NUMBERS)
    for profile, runs in profiles:
        numbers = _numbers(profile)
        table.add_row(*_identity(profile), str(profile.images), *numbers, str(runs), escape(profile.method))
    return table


def border_table(named: Sequence[tuple[str, NoiseProfile, OpticalBlack | None]]) -> Table | None:
    """What shielded borders say beside what the pictures do; None where no file has one."""
    from rcl_cli.profiles.checks import shadows_off

    table = new_table(
        "shielded border", "black", "file's", "σ_read", "blind σ(0.02)", right=("black", "file's", "σ_read")
    )
    for name, profile, border in named:
        if border is None:
            continue
        off = shadows_off(profile, border)
        table.add_row(
            escape(name),
            f"{sum(border.mean) / 4:.2f}",
            "–" if profile.black_level is None else f"{sum(profile.black_level) / 4:g}",
            f"{sum(border.sigma) / 4:.2f} DN",
            "–" if off is None else f"{100 * off:+.1f} %",
        )
    return table if table.row_count else None


def reason_table(named: Sequence[tuple[str, NoiseProfile]]) -> Table | None:
    """Why some are not to be trusted; None where all are."""
    table = new_table("not to be trusted", "because")
    for name, profile in named:
        if profile.reason:
            table.add_row(escape(name), escape(profile.reason))
    return table if table.row_count else None


def camera_words(profile: NoiseProfile) -> str:
    """Camera and ISO, for a person."""
    return f"{profile.camera or 'unknown'}{'' if profile.iso is None else f' at ISO {profile.iso:g}'}"


def _head(kind: str, path: Path | None, profile: NoiseProfile) -> dict[str, Any]:
    return json_head(kind, path, "done", profile.reason)


def _values(calibration: Calibration) -> dict[str, Any]:
    profile = calibration.profile
    return {
        "camera": profile.camera,
        "iso": profile.iso,
        "cfa": calibration.cfa,
        "shot": profile.shot,
        "read": profile.read,
        "shot_ci": profile.shot_ci,
        "read_ci": profile.read_ci,
        "sigma_x": SIGMA_X,
        "sigma_ci": profile.sigma_ci,
        "x_range": profile.x_range,
        "quality": profile.quality,
        "method": profile.method,
        "black_level": profile.black_level,
        "white_level": profile.white_level,
        "seconds": round(calibration.seconds, 3),
    }


def _border_values(profile: NoiseProfile, border: OpticalBlack | None) -> dict[str, Any]:
    if border is None or profile.black_level is None or profile.white_level is None:
        return {}
    read = border.read(profile.black_level, profile.white_level)
    return {"optical_black": {"mean": border.mean, "sigma": border.sigma, "read": read, "pixels": border.pixels}}


def _identity(profile: NoiseProfile) -> tuple[str, str]:
    return escape(profile.camera or "unknown"), "–" if profile.iso is None else f"{profile.iso:g}"


def _numbers(profile: NoiseProfile) -> tuple[str, str, str, str, str]:
    """λ_shot, λ_read, σ at middle grey with half its 90 % interval, and the verdict."""
    sigma, half_width = float(profile.sigma(0.18)), "–"
    if profile.sigma_ci is not None and sigma > 0:
        low, high = profile.sigma_ci[1][SIGMA_X.index(0.18)]
        half_width = f"{50 * (high - low) / sigma:.1f} %"
    return f"{profile.shot[1]:.3g}", f"{profile.read[1]:.3g}", f"{sigma:.4f}", half_width, profile.quality


def source_name(path: Path) -> str:
    """What a picture is known by, wherever its folder goes: no picture is to count twice in the store."""
    return f"{path.name} {path.stat().st_size}"
