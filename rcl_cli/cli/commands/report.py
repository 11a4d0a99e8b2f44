"""`rcl report`: a page about a run, a store, noise profiles or results, for a browser."""

from __future__ import annotations

from pathlib import Path

import click

from rcl_cli.cli.console import exit_code, print_failures, progress, say
from rcl_cli.cli.options.file_lists import paths_argument
from rcl_cli.cli.options.numbers import Whole
from rcl_cli.cli.options.shared import LINEAR, PATH, STORE


@click.command()
@paths_argument()
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    default=Path("report.html"),
    show_default=True,
    metavar="FILE",
    help="File of the page. An earlier report is replaced.",
)
@click.option("--clean", type=PATH, help="File or folder of the clean pictures, of the same names, for PSNR.")
@click.option(
    "--shown",
    type=Whole(1),
    default=6,
    show_default=True,
    metavar="N",
    help="Pictures to show before and after. The others are only listed.",
)
@click.option("--overwrite", is_flag=True, help="Replace FILE even if it is no report.")
@LINEAR
@STORE
@click.pass_context
def command(
    ctx: click.Context,
    paths: tuple[Path, ...],
    output: Path,
    clean: Path | None,
    shown: int,
    overwrite: bool,
    linear: bool,
    store: Path | None,
) -> None:
    """Make a page about runs, noise profiles or results, for a browser.

    PATHS are one of these: the folder of a training run; a store; files of noise profiles; results of `rcl apply`,
    alone or with the files that they were made of; or two files or folders, pictures first and what was made of them
    second. PATHS defaults to the store.

    The page is one HTML file that needs no network. It shows results before and after, with the parts that changed
    most at full size.
    """
    from rcl_cli.report.kit.write import check_target, write_report
    from rcl_cli.report.sources import Wanted, make_page

    check_target(output, overwrite=overwrite)
    with progress(None, "Making the report", "pictures") as bar:
        page, failures = make_page(paths, Wanted(store, clean, shown, linear), bar.advance)
    write_report(output, page, overwrite=overwrite)
    say(f"Report: {output}")
    print_failures(failures)
    ctx.exit(exit_code(1, len(failures)))
