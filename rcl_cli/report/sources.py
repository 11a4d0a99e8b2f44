"""What the paths given to `rcl report` are, and the page that goes with them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from rcl_cli.errors import FileError, RclError
from rcl_cli.files import exists, is_file, is_folder, real_path
from rcl_cli.models.store import Store
from rcl_cli.report.kit.write import is_report
from rcl_cli.report.matching import match
from rcl_cli.report.metrics import NAME
from rcl_cli.report.pairs import SHOWN
from rcl_cli.report.results import Made, results_page
from rcl_cli.report.run_page import is_run, run_page
from rcl_cli.report.store_page import is_store, profiles_page, store_page

NOTHING = "is neither a run, a store, noise profiles nor pictures"


@dataclass(frozen=True)
class Wanted:
    """How a page is made."""

    store: Path | None = None
    """None: the user's."""
    clean: Path | None = None
    """File or folder of the clean pictures, by which PSNR is known."""
    count: int = SHOWN
    """Pictures that are shown of many."""
    linear: bool = False


def make_page(
    paths: Sequence[Path], wanted: Wanted, done: Callable[[], None] = lambda: None
) -> tuple[str, list[FileError]]:
    """The page of `paths`, without any that of the store, and the files that could not be used or shown.

    A single path may be a run's folder or its metrics, or a store; several are files of noise profiles, or pictures and
    results. A path that is there twice counts once. `done` hears of each picture shown. Raises RclError where there is
    nothing to show, and for one picture alone, twice.
    """
    if not paths:
        return store_page(Store.open(wanted.store)), []
    for path in paths:
        if not exists(path):
            raise FileError(path, "does not exist")
    if wanted.clean is not None and not exists(wanted.clean):
        raise FileError(wanted.clean, "does not exist")
    given, paths = paths, list({real_path(path): path for path in paths}.values())
    if len(paths) == 1:
        path = paths[0].parent if paths[0].name == NAME else paths[0]
        if is_folder(path) and is_run(path):
            return run_page(path, store=wanted.store), []
        if is_folder(path) and is_store(path):
            return store_page(Store(path)), []
    if all(is_file(path) and path.suffix.lower() == ".json" for path in paths):
        return profiles_page(paths), []
    if len(paths) == 1 < len(given) and is_file(paths[0]):
        raise FileError(paths[0], "is given twice; give a picture and what was made of it")
    if any(is_folder(path) and (is_run(path) or is_store(path)) for path in paths):
        raise RclError("a report is of one run or one store; name it alone")
    if any(is_report(path) for path in paths):
        raise RclError("this is a report already; open it in a browser")
    found = match(paths, wanted.clean)
    made = [Made(one, status="") for one in found.found]
    if not made and found.left:
        raise found.left[0]
    unshown: list[FileError] = []
    page = results_page(made, found.left, linear=wanted.linear, count=wanted.count, done=done, failed=unshown.append)
    if len(unshown) == min(len(made), wanted.count):
        raise unshown[0]
    return page, [*found.left, *unshown]
