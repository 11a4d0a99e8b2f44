"""`rcl info`: what a file is, whether a raw, a picture, noise profiles or a model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.markup import escape

from rcl_cli.cli.console import exit_code, json_head, new_table, print_failures, print_json_line, print_table
from rcl_cli.cli.options.file_lists import paths_argument
from rcl_cli.cli.options.shared import json_option

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rcl_cli.errors import FileError
    from rcl_cli.raw.frame import Frame, Metadata


@click.command()
@paths_argument(required=True)
@json_option("each file")
@click.pass_context
def command(ctx: click.Context, paths: tuple[Path, ...], as_json: bool) -> None:
    """Show what files are: raws, pictures, noise profiles or models.

    Folders are searched for raws and pictures, with their subfolders. Files are identified by their content, not their
    names. Raws and pictures are decoded in full, which reveals damaged ones.
    """
    from rcl_cli.errors import FileError, blamed_on

    files, failures = _files(paths)
    if as_json:
        for failure in failures:
            print_json_line(json_head("unknown", failure.path, "failed", failure.reason))
    done = 0
    for path in files:
        try:
            with blamed_on(path):
                values = {**json_head("", path), **describe(path)}
        except FileError as error:
            failures.append(error)
            values = {**json_head("unknown", path, "failed", error.reason), **_still_readable(path)}
        else:
            done += 1
        if as_json:
            print_json_line(values)
        elif values["status"] == "done":
            _print_values(values)
    print_failures(failures)
    ctx.exit(exit_code(done, len(failures)))


def _files(paths: Sequence[Path]) -> tuple[list[Path], list[FileError]]:
    """`paths`, and the pictures, results too, of those that are folders."""
    from rcl_cli.files import is_folder
    from rcl_cli.raw.folder import search

    files: list[Path] = []
    failures: list[FileError] = []
    for path in paths:
        if not is_folder(path):
            files.append(path)
            continue
        found = search([path])
        files += sorted([*(file.path for file in found.files), *found.results])
        failures += [] if found.results else found.errors
    return list(dict.fromkeys(files)), failures


def describe(path: Path) -> dict[str, Any]:
    """What `path` is, as plain values; `kind` says which others there are. Raises FileError for a bad file."""
    from rcl_cli.errors import FileError
    from rcl_cli.files import require_file
    from rcl_cli.models.exported import EXPORTED
    from rcl_cli.models.store import SUFFIX

    require_file(path)
    if path.suffix == EXPORTED:
        return _describe_exported(path)
    try:
        with path.open("rb") as file:
            start = file.read(64)
    except OSError as error:
        raise FileError(path, f"cannot be read ({error.strerror})") from error
    if path.suffix == SUFFIX or (start[8:9] == b"{" and start[:1] not in b"{["):
        return _describe_model(path)
    if start.lstrip()[:1] in (b"{", b"["):
        return _describe_profiles(path)
    from rcl_cli.raw.guarded import read_frame, read_record

    made = read_record(path)
    return {**_describe_frame(read_frame(path)), "result": None if made is None else vars(made)}


def _still_readable(path: Path) -> dict[str, Any]:
    """What the header of a raw says whose pixels cannot be decoded; nothing where even that is gone."""
    from rcl_cli.errors import FileError
    from rcl_cli.raw.guarded import read_metadata

    try:
        metadata = read_metadata(path)
    except FileError:
        return {}
    return _describe_shot(metadata) if metadata.camera else {}


def _describe_model(path: Path) -> dict[str, Any]:
    from rcl_cli.models.header import read_header

    header = read_header(path)
    return {**vars(header), "domain": header.domain.value, "bytes": path.stat().st_size}


def _describe_exported(path: Path) -> dict[str, Any]:
    from rcl_cli.errors import FileError, RclError
    from rcl_cli.models.exported import read_exported

    try:
        contract = read_exported(path).contract
    except FileError:
        raise
    except RclError as error:  # the packages that read it are missing, which is no matter of the other files
        raise FileError(path, str(error)) from error
    layouts = {"domain": contract.domain.value, "result": contract.result.value}
    told = {"inputs": contract.inputs, "output": contract.output, "bytes": path.stat().st_size}
    return {"kind": "head", **vars(contract), **layouts, **told}


def _describe_profiles(path: Path) -> dict[str, Any]:
    from rcl_cli.profiles.book import load_profiles

    return {"kind": "profiles", "profiles": [profile.to_dict() for profile in load_profiles(path)]}


def _describe_frame(frame: Frame) -> dict[str, Any]:
    from rcl_cli.raw.frame import RawFrame

    shot = _describe_shot(frame.metadata)
    if isinstance(frame, RawFrame):
        height, width = frame.size
        levels = {"black_level": frame.black_level, "white_level": frame.white_level}
        return {"kind": "raw", "width": width, "height": height, "cfa": frame.cfa.name, **levels, **shot}
    height, width = frame.size
    stored = {"bits": frame.bits, "transfer": frame.transfer, "camera_rgb": frame.camera_rgb}
    return {"kind": "rgb", "width": width, "height": height, **stored, **shot}


def _describe_shot(metadata: Metadata) -> dict[str, Any]:
    return {
        "camera": metadata.camera,
        "iso": metadata.iso,
        "exposure_s": metadata.exposure_s,
        "white_balance": metadata.white_balance,
        "xyz_to_camera": None if metadata.xyz_to_camera is None else metadata.xyz_to_camera.tolist(),
        "orientation": metadata.orientation,
        "noise_profile": metadata.noise_profile.to_dict() if metadata.noise_profile else None,
    }


def _print_values(values: dict[str, Any]) -> None:
    table = new_table("", "", title=escape(str(values["path"])))
    table.show_header = False
    for name, value in values.items():
        if name not in ("path", "status", "reason", "profiles") and value not in (None, "", {}):
            table.add_row(name.replace("_", " "), escape(_words(value)))
    print_table(table)
    if "profiles" in values:
        _print_profiles(values["profiles"])


def _print_profiles(profiles: list[dict[str, Any]]) -> None:
    numbers = ("λ_shot R", "G", "B", "λ_read R", "G", "B")
    table = new_table("camera", "ISO", *numbers, "images", "quality", right=("ISO", "images", *numbers))
    for profile in profiles:
        lambdas = [f"{profile[name][plane]:.3g}" for name in ("shot", "read") for plane in (0, 1, 3)]
        iso = "–" if profile["iso"] is None else f"{profile['iso']:g}"
        table.add_row(escape(profile["camera"]), iso, *lambdas, str(profile["images"]), profile["quality"])
    print_table(table)


def _words(value: Any) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case float():
            return f"{value:.6g}"
        case dict():
            parts = (f"{key} {_words(item)}" for key, item in value.items() if item not in (None, "", {}))
            return ", ".join(parts)
        case list() | tuple():
            return " ".join(f"({_words(item)})" if isinstance(item, list | tuple) else _words(item) for item in value)
        case _:
            return str(value)
