"""`rcl compare`: pictures before and after, as figures and side by side."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rcl_cli.cli.console import (
    exit_code,
    json_head,
    new_table,
    print_failures,
    print_json_line,
    print_table,
    progress,
    say,
)
from rcl_cli.cli.options.numbers import Whole
from rcl_cli.cli.options.shared import LINEAR, OVERWRITE, PATH, json_option
from rcl_cli.errors import FileError, RclError, blamed_on
from rcl_cli.files import exists

if TYPE_CHECKING:
    from rcl_cli.report.matching import Match


@click.command()
@click.argument("before", metavar="IN", type=PATH)
@click.argument("after", metavar="OUT", type=PATH)
@click.option(
    "-o",
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    default="compare",
    show_default=True,
    help="Folder of the pictures side by side.",
)
@click.option("--no-pictures", is_flag=True, help="Print the figures alone.")
@click.option("--whole", is_flag=True, help="Show whole pictures, not the square that changed most.")
@click.option(
    "--size", type=Whole(16), default=512, show_default=True, metavar="N", help="Side of the square, in pixels."
)
@OVERWRITE
@LINEAR
@json_option("each pair")
@click.pass_context
def command(
    ctx: click.Context,
    before: Path,
    after: Path,
    output: Path,
    no_pictures: bool,
    whole: bool,
    size: int,
    overwrite: bool,
    linear: bool,
    as_json: bool,
) -> None:
    """Compare pictures before and after: figures, and a PNG side by side.

    IN and OUT are two files, or a folder and the folder of its results, which are found by what they say of themselves
    and by name. Raws and DNGs are developed in the same plain way. All figures are of what is seen then: the noise in
    brightness (standard deviation of the finest detail, of 255), the change of the mean of each colour in linear light,
    the share of clipped pixels, and the PSNR between the two. The PNG has, at full size, the square that changed most.
    """
    from rcl_cli.report.two_paths import match_two

    matches = match_two(before, after)
    failures = [*matches.left, *(FileError(path, f"has no result in {after}") for path in matches.without)]
    rows = []
    kept = 0
    with progress(len(matches.found), "Comparing") as bar:
        for one, name in zip(matches.found, _names(matches.found, before), strict=True):
            target = None if no_pictures else output / f"{name}.png"
            try:
                with blamed_on(one.after):
                    row, new = _compared(one.before, one.after, target, whole, size, overwrite, linear)
            except FileError as error:
                failures.append(error)
            else:
                rows.append((name, row))
                kept += not new
                if as_json:
                    print_json_line(
                        {**json_head("comparison", one.before), "result": one.after, "output": target, **row}
                    )
            bar.advance()
    if as_json:
        for failure in failures:
            print_json_line(json_head("comparison", failure.path, "failed", failure.reason))
    elif rows:
        _print_rows(rows)
    if rows and not no_pictures:
        say(f"Side by side in {output}.")
    if kept:
        had = "1 picture existed already and is" if kept == 1 else f"{kept} pictures existed already and are"
        say(f"{had} kept; use --overwrite to replace what exists.")
    print_failures(failures)
    ctx.exit(exit_code(len(rows), len(failures)))


def _names(found: Sequence[Match], folder: Path) -> list[str]:
    """What each pair is called, by its source; where several were made of one, also by the folders of these."""
    plain = [str(one.before.relative_to(folder)) if folder in one.before.parents else one.before.name for one in found]
    names: list[str] = []
    for one, name in zip(found, plain, strict=True):
        own = name if plain.count(name) == 1 else f"{name}-{one.after.parent.name}"
        number = 1 + sum(own == other or other.startswith(f"{own}-") for other in names)
        names.append(own if number == 1 else f"{own}-{number}")
    return names


def _compared(
    source: Path, result: Path, target: Path | None, whole: bool, size: int, overwrite: bool, linear: bool
) -> tuple[dict[str, Any], bool]:
    """The figures, and False where the picture that exists was kept."""
    import cv2

    from rcl_cli.disk.write import write_bytes
    from rcl_cli.raw.guarded import read_frame
    from rcl_cli.report.comparison import compare, fitted, light, shown, side_by_side

    frames = [read_frame(path, linear=linear) for path in (source, result)]
    first, second = map(shown, frames)
    try:
        first = fitted(first, second)
    except RclError as error:
        raise FileError(result, str(error)) from error
    found = compare(first, second, size, light(*frames))
    new = target is None or overwrite or not exists(target)
    if target is not None and new:
        beside = side_by_side(first, second, None if whole else found.crop)
        _, png = cv2.imencode(".png", beside[..., ::-1])
        write_bytes(target, png.tobytes(), overwrite=overwrite)
    row = {
        "psnr_db": found.psnr_db,
        "noise_before": found.noise_before,
        "noise_after": found.noise_after,
        "noise_removed": found.noise_removed,
        "mean_change": found.mean_change,
        "clipped_before": found.clipped_before,
        "clipped_after": found.clipped_after,
        "crop": found.crop,
    }
    return row, new


def _print_rows(rows: list[tuple[str, dict[str, Any]]]) -> None:
    from rich.markup import escape

    heads = ("noise", "removed", "mean R, G, B", "clipped", "PSNR", "changed most")
    table = new_table("file", *heads, right=heads[:-1])
    for name, row in rows:
        left, top, width, height = row["crop"]
        table.add_row(
            escape(name),
            f"{row['noise_before']:.2f} → {row['noise_after']:.2f}",
            f"{row['noise_removed']:z.0%}",
            " ".join(f"{change:+z.1%}" for change in row["mean_change"]),
            f"{row['clipped_before']:.1%} → {row['clipped_after']:.1%}",
            f"{row['psnr_db']:.1f} dB",
            f"{width}×{height} at {left}, {top}",
        )
    print_table(table)
