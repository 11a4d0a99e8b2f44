"""Noise profiles: variance over signal for each camera and ISO, λ over ISO, and which are to be trusted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rcl_calibration.across_iso import gain_switches
from rcl_calibration.points import Points
from rcl_calibration.profile import PLANES, SIGMA_X, NoiseProfile
from rcl_cli.report.kit import html
from rcl_cli.report.kit.chart import Band, Dots, Line, Mark, chart

_GREEN = 1
_PLANE_COLORS = (5, 2, 4, 0)
"""Of R, Gr, Gb, B: red, green, another green's neighbour, blue."""
_MOST_POINTS = 120
"""Of a plane in one chart."""
_ROOM = 1.5
"""Points this many times above the model's largest value are left out: a few bins of little weight lie far off."""


@dataclass(frozen=True)
class Measured:
    """A noise profile, and what it was fitted to where that is known."""

    profile: NoiseProfile
    points: Points | None = None

    @property
    def iso_words(self) -> str:
        """For a person."""
        return "no ISO given" if self.profile.iso is None else f"ISO {self.profile.iso:g}"


def calibration_sections(measured: Sequence[Measured]) -> list[str]:
    """A section for each camera, and a table of all; none of what nobody has measured."""
    cameras: dict[str, list[Measured]] = {}
    for one in sorted(measured, key=lambda one: (one.profile.camera, one.profile.iso or 0.0)):
        cameras.setdefault(one.profile.camera, []).append(one)
    return [verdicts(measured), *(_camera(name, some) for name, some in cameras.items())]


def verdicts(measured: Sequence[Measured]) -> str:
    """All profiles in figures, and why some are not to be trusted."""
    rows = [
        (
            one.profile.camera or "unknown",
            _iso(one.profile),
            one.profile.quality,
            f"{one.profile.images}",
            f"{one.profile.shot[_GREEN]:.3g}{_interval(one.profile.shot_ci)}",
            f"{one.profile.read[_GREEN]:.3g}{_interval(one.profile.read_ci)}",
            f"{float(one.profile.sigma(0.18)):.4f}",
            one.profile.method,
        )
        for one in measured
    ]
    head = ["camera", "ISO", "quality", "images", "λ_shot of Gr", "λ_read of Gr", "σ(0.18)", "method"]
    flagged = [one for one in measured if one.profile.reason]
    reasons = [(one.profile.camera or "unknown", _iso(one.profile), one.profile.reason) for one in flagged]
    words = "Var[n] = λ_shot·x + λ_read, of x from 0 (black level) to 1 (white level). In brackets: 90 % intervals."
    flags = html.heading("Not to be trusted") + html.table(["camera", "ISO", "because"], reasons) if reasons else ""
    return html.section("Noise profiles", html.paragraph(words), html.table(head, rows), flags) if rows else ""


def _iso(profile: NoiseProfile) -> str:
    return "–" if profile.iso is None else f"{profile.iso:g}"


def _camera(name: str, measured: Sequence[Measured]) -> str:
    switches = gain_switches([one.profile for one in measured])
    words = " ".join(f"The gain is switched between ISO {low:g} and {high:g}." for low, high in switches)
    return html.section(
        name or "Unknown camera",
        html.paragraph(words) if words else "",
        html.grid([*_over_iso(measured), _all_isos(measured)]),
        html.grid(_variance(one) for one in measured),
    )


def _variance(one: Measured) -> str:
    """Variance over signal: what was measured, the line fitted to it, and its interval."""
    profile, points = one.profile, one.points
    marks: list[Mark] = []
    x = np.linspace(0, 1, 21)
    top = _ROOM * float((profile.sigma(x, _GREEN) ** 2).max())
    if points is not None:
        for plane, color in enumerate(_PLANE_COLORS):
            mine = np.flatnonzero(points.plane == plane)
            mine = mine[:: max(1, -(-mine.size // _MOST_POINTS))]
            marks.append(Dots(points.x[mine].tolist(), points.variance[mine].tolist(), PLANES[plane], color))
            top = max(top, _ROOM * float((profile.sigma(x, plane) ** 2).max()))
    marks += _model(profile, 1, "fit of Gr", "90 % interval")
    verdict = "" if profile.quality == "ok" else f", {profile.quality}"
    caption = f"{one.iso_words}{verdict}: variance of the noise over the signal."
    return chart(marks, "signal x (1 = white)", "variance", caption, y_span=(0.0, top) if top > 0 else None)


def _model(profile: NoiseProfile, color: int, name: str, interval: str = "") -> list[Mark]:
    x = np.linspace(0, 1, 21)
    line = Line(x.tolist(), (profile.sigma(x, _GREEN) ** 2).tolist(), name, color)
    if profile.sigma_ci is None:
        return [line]
    low, high = (np.array(profile.sigma_ci[_GREEN]) ** 2).T
    return [Band(SIGMA_X, low.tolist(), high.tolist(), color, interval), line]


def _all_isos(measured: Sequence[Measured]) -> str:
    if len(measured) < 2:
        return ""
    x = np.geomspace(1e-3, 1, 40)
    lines = [
        Line(
            x.tolist(), one.profile.sigma(x, _GREEN).tolist(), one.iso_words, number, dashed=one.profile.quality != "ok"
        )
        for number, one in enumerate(measured)
    ]
    caption = "All ISOs: σ of Gr over the signal; dashed where it is not to be trusted."
    return chart(lines, "signal x (1 = white)", "σ", caption, log_x=True, log_y=True)


def _over_iso(measured: Sequence[Measured]) -> list[str]:
    known = [one.profile for one in measured if one.profile.iso is not None]
    if len({profile.iso for profile in known}) < 2:
        return []
    figures = []
    for name, color in (("shot", 0), ("read", 1)):
        isos = [float(profile.iso or 0) for profile in known]
        values = [float(getattr(profile, name)[_GREEN]) for profile in known]
        bounds = [getattr(profile, f"{name}_ci") for profile in known]
        spans = [(v, v) if ci is None else ci[_GREEN] for v, ci in zip(values, bounds, strict=True)]
        marks: list[Mark] = [Line(isos, values, "", color), Dots(isos, values, "", color, spans)]
        caption = f"λ_{name} of Gr over ISO, with 90 % intervals."
        figures.append(chart(marks, "ISO", f"λ_{name}", caption, log_x=True, log_y=True))
    return figures


def _interval(bounds: Sequence[tuple[float, float]] | None) -> str:
    return "" if bounds is None else " ({:.3g} to {:.3g})".format(*bounds[_GREEN])
