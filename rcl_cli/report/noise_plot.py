"""A plot per camera: the noise that was measured over brightness, the model fitted to it, and its interval."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from rcl_calibration.points import Points
from rcl_calibration.profile import PLANES, SIGMA_X, NoiseProfile
from rcl_cli.disk.write import atomic_path
from rcl_cli.errors import RclError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_X = np.geomspace(1e-3, 1.0, 200)
_LEAST_X = 1e-3
_COLORS = 10
_QUOTIENTS = (0.85, 1.15)
"""Points beyond are drawn at the edge."""
_MARKERS = ("o", "s", "D", "^")


def need_matplotlib() -> None:
    """Raises RclError if matplotlib, which draws plots, is not installed."""
    try:
        import matplotlib.figure  # noqa: F401  what is installed may still not load
    except ImportError as error:
        raise RclError("plots need matplotlib, which is not installed; pip install 'rcl-cli[plots]'") from error


def write_plots(folder: Path, calibrations: Sequence[tuple[NoiseProfile, Points | None]]) -> list[Path]:
    """One PNG per camera, a colour per ISO, and their paths; existing ones are replaced.

    Raises RclError if matplotlib is not installed, FileError if `folder` cannot be written.
    """
    need_matplotlib()
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    cameras: dict[str, list[tuple[NoiseProfile, Points | None]]] = {}
    for profile, points in sorted(calibrations, key=lambda pair: pair[0].iso or 0.0):
        cameras.setdefault(profile.camera, []).append((profile, points))
    written = []
    for camera, measured in cameras.items():
        figure = Figure(figsize=(8, 7), layout="constrained")
        FigureCanvasAgg(figure)
        level, quotient = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1.3))
        for number, (profile, points) in enumerate(measured):
            color = f"C{number % _COLORS}"
            _draw_model(level, quotient, profile, color)
            if points is not None:
                _draw_points(level, quotient, profile, points, color)
        _decorate(level, quotient, _as_text(camera) or "unknown camera", [profile for profile, _ in measured])
        names = (f"{_file_name(camera)}{'' if number == 1 else f'-{number}'}.png" for number in count(1))
        path = next(place for name in names if (place := folder / name) not in written)
        with atomic_path(path, overwrite=True) as temporary:
            figure.savefig(temporary, dpi=120)
        written.append(path)
    return written


def _draw_model(level: Axes, quotient: Axes, profile: NoiseProfile, color: str) -> None:
    name = "no ISO given" if profile.iso is None else f"ISO {profile.iso:g}"
    name += f", {_as_text(profile.method)}" + ("" if profile.quality == "ok" else f" ({profile.quality})")
    alike = len(set(zip(profile.shot, profile.read, strict=True))) == 1
    for plane in (1,) if alike else range(4):
        level.plot(_X, profile.sigma(_X, plane), color=color, linewidth=1.2, label=name if plane == 1 else None)
    if profile.sigma_ci is not None:
        low, high = np.array(profile.sigma_ci[1]).T
        model = np.maximum(profile.sigma(np.array(SIGMA_X)), 1e-12)
        level.fill_between(SIGMA_X, low, high, color=color, alpha=0.25, linewidth=0)
        quotient.fill_between(SIGMA_X, low / model, high / model, color=color, alpha=0.25, linewidth=0)


def _draw_points(level: Axes, quotient: Axes, profile: NoiseProfile, points: Points, color: str) -> None:
    for plane, marker in enumerate(_MARKERS):
        mine = (points.plane == plane) & (points.variance > 0)
        sigma = np.sqrt(points.variance[mine])
        x = np.maximum(points.x[mine], _LEAST_X)
        over = np.clip(sigma / np.maximum(profile.sigma(x, plane), 1e-12), *_QUOTIENTS)
        for axes, y in ((level, sigma), (quotient, over)):
            axes.scatter(x, y, s=9, color=color, marker=marker, alpha=0.5, linewidths=0)


def _decorate(level: Axes, quotient: Axes, title: str, profiles: Sequence[NoiseProfile]) -> None:
    ends = [float(profile.sigma(x)) for profile in profiles for x in (_LEAST_X, 1.0)]
    # A few bins of little weight lie far off and would flatten everything else.
    level.set(xscale="log", yscale="log", xlim=(_LEAST_X, 1.0), title=title, ylabel="σ of the noise, normalised")
    if max(ends) > 0:
        level.set_ylim(max(min(ends), max(ends) / 1e4) / 2, max(ends) * 2)
    signs = ", ".join(f"{name} {sign}" for name, sign in zip(PLANES, ("●", "■", "◆", "▲"), strict=True))
    legend = f"{signs}: measured; line: model; shaded: 90 % interval"
    quotient.set(xlabel=f"signal x (0 = black level, 1 = white level)\n{legend}", ylabel="over the model")
    quotient.set_ylim(_QUOTIENTS[0] - 0.01, _QUOTIENTS[1] + 0.01)
    quotient.axhline(1, color="black", linewidth=0.6)
    for axes in (level, quotient):
        axes.grid(alpha=0.3, which="both", linewidth=0.4)
    level.legend(fontsize=8, loc="upper left", frameon=False)


def _as_text(words: str) -> str:
    """Words from a file, in which matplotlib is not to find formulas."""
    return "".join(letter for letter in words if letter.isprintable()).replace("$", r"\$")


def _file_name(camera: str) -> str:
    return re.sub(r"[^\w.-]+", "-", camera).strip("-.").lower()[:100] or "unknown"
