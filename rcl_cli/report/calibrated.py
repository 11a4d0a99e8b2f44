"""The page of a run of `rcl calibrate`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rcl_cli.errors import FileError
from rcl_cli.report.calibration import Measured, calibration_sections
from rcl_cli.report.kit import html
from rcl_cli.report.results import failed_section

if TYPE_CHECKING:
    from rcl_cli.profiles.pairs import PairCalibration
    from rcl_cli.profiles.pools import CameraCalibration


def calibrated_page(calibrations: Sequence[CameraCalibration | PairCalibration], failures: Sequence[FileError]) -> str:
    """The noise of each camera and ISO, and the files that were left out."""
    measured = [Measured(one.profile, one.points() if one.measurements else None) for one in calibrations]
    dropped = [(path.name, reason) for one in calibrations for path, reason in getattr(one, "dropped", ())]
    files = sum(len(one.images) for one in calibrations)
    trusted = sum(one.profile.quality == "ok" for one in calibrations)
    facts = {"pictures used": str(files), "cameras and ISOs": str(len(calibrations)), "to be trusted": str(trusted)}
    left_out = html.section("Left out", html.table(["file", "because"], dropped))
    return html.page(
        "Calibration", html.facts(facts), [*calibration_sections(measured), left_out, failed_section(failures)]
    )
