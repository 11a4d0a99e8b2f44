"""The files that `rcl calibrate` leaves: profiles in the store and elsewhere, and plots."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rcl_cli.cli.console import say

if TYPE_CHECKING:
    from rcl_calibration.runs import Run
    from rcl_cli.errors import FileError
    from rcl_cli.profiles.pairs import PairCalibration
    from rcl_cli.profiles.pools import CameraCalibration


def try_targets(targets: Sequence[Path], plots: Path | None) -> None:
    """Raises FileError where none of the targets can be written, or the folder of plots cannot.

    RclError where nothing can be drawn.
    """
    from rcl_cli.disk.write import try_folder
    from rcl_cli.errors import FileError

    if plots is not None:
        from rcl_cli.report.noise_plot import need_matplotlib

        need_matplotlib()
        try_folder(plots)

    failures = []
    for target in targets:
        try:
            try_folder(target.parent)
        except FileError as error:
            failures.append(error)
    if failures and len(failures) == len(targets):
        raise failures[0]


def _runs_of(calibrations: Sequence[CameraCalibration | PairCalibration]) -> list[Run]:
    """What of a calibration is kept: what is to be trusted."""
    from rcl_calibration.runs import Run
    from rcl_cli.cli.calibration_tables import source_name

    # Those that were left out have been heard as well: an earlier run that used them is superseded.
    return [
        Run(one.profile, frozenset(map(source_name, _heard(one))))
        for one in calibrations
        if one.profile.quality == "ok"
    ]


def _heard(one: CameraCalibration | PairCalibration) -> list[Path]:
    left = [*(path for path, _ in getattr(one, "dropped", ())), *getattr(one, "unneeded", ())]
    return [*one.images, *left]


def save(
    calibrations: Sequence[CameraCalibration | PairCalibration], store: Path | None, output: Path | None
) -> list[FileError]:
    """Add what is to be trusted to the profiles of the store and to a file; None: not there.

    The store is asked for the profile of a camera, so that one of an unknown camera is for the file alone. A target
    that cannot be written does not keep them from the other.
    """
    from rcl_cli.errors import FileError
    from rcl_cli.profiles.book import save_runs

    found = _runs_of(calibrations)
    known = [run for run in found if run.profile.camera]
    if len(known) < len(found) and store is not None and output is None:
        say("Profiles of an unknown camera are not kept in the store; --output FILE keeps them, for --profile FILE")
    failures = []
    for target, runs in ((store, known), (output, found)):
        if target is None or not runs:
            continue
        try:
            save_runs(target, runs)
        except FileError as error:
            failures.append(error)
            continue
        say(f"{len(runs)} {'profile' if len(runs) == 1 else 'profiles'} saved in {target}")
    return failures


def plot(calibrations: Sequence[CameraCalibration | PairCalibration], folder: Path | None) -> list[FileError]:
    """A plot of each camera in `folder`; None: nowhere."""
    if folder is None or not calibrations:
        return []
    from rcl_cli.errors import FileError
    from rcl_cli.report.noise_plot import write_plots

    try:
        for path in write_plots(folder, [(one.profile, one.points()) for one in calibrations]):
            say(f"written: {path}")
    except FileError as error:
        return [error]
    return []
