"""`rcl export`: a head for other programs."""

from __future__ import annotations

from pathlib import Path

import click

from rcl_cli.cli.console import say
from rcl_cli.cli.options.shared import OVERWRITE, STORE
from rcl_cli.cli.options.words import MODEL, Word


@click.command()
@click.argument("model", type=MODEL, metavar="MODEL")
@click.option(
    "--format",
    "file_format",
    type=Word(("onnx", "darktable")),
    default="onnx",
    show_default=True,
    help="onnx: a graph for any program, and for `rcl apply --engine onnx`. darktable: a package to install there.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="File to write.  [default: named after the model, in the current folder]",
)
@click.option("--twin", is_flag=True, help="Keep the ONNX file in the store, where `rcl apply --engine onnx` finds it.")
@OVERWRITE
@STORE
def command(model: str, file_format: str, output: Path | None, twin: bool, overwrite: bool, store: Path | None) -> None:
    """Export a head, so that programs without rcl or torch can use it.

    MODEL is the name of a head in the store, of a shipped one such as denoise-rgb, or a model file. The file that is
    written says what its inputs must be, and is checked to give in onnxruntime what torch gives.
    """
    if twin and (output is not None or file_format != "onnx"):
        raise click.UsageError("--twin is for ONNX files, and goes without --output")
    from rcl_cli.models.exported import EXPORTED, need_onnx

    need_onnx()
    from rcl_cli.disk.write import ExistsError, write_bytes
    from rcl_cli.export.darktable import SUFFIX, darktable_bytes, darktable_id
    from rcl_cli.export.find import head_called
    from rcl_cli.export.onnx_file import Source, onnx_bytes
    from rcl_cli.files import exists, is_link
    from rcl_cli.models.store import Store
    from rcl_cli.models.twins import twin as twin_of

    opened = Store.open(store)
    source = Source.load(head_called(model, opened))
    name, for_darktable = source.path.stem, file_format == "darktable"
    usual = Path(f"{darktable_id(source)}{SUFFIX}") if for_darktable else Path(f"{name}{EXPORTED}")
    place = twin_of(opened, name) if twin else output or usual
    if not overwrite and (exists(place) or is_link(place)):
        raise ExistsError(place)
    data = darktable_bytes(source) if for_darktable else onnx_bytes(source)
    write_bytes(place, data, overwrite=overwrite)
    say(f"Exported {name} to {place} ({len(data) / 1e6:.1f} MB).")
    if for_darktable:
        say("To use it, install it from this file in darktable's preferences, under AI.")
