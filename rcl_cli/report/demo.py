"""The demo's report: what was done, the measured noise beside the true one, and pictures before and after."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from rcl_calibration.profile import NoiseProfile
from rcl_cli.profiles.book import load_profiles
from rcl_cli.raw.develop import develop
from rcl_cli.raw.frame import Frame
from rcl_cli.raw.picture import Picture
from rcl_cli.raw.read import read_frame
from rcl_cli.report.fidelity import fidelity
from rcl_cli.report.kit import html
from rcl_cli.report.kit.chart import Line, chart
from rcl_cli.report.kit.images import compare
from rcl_cli.report.metrics import read_metrics
from rcl_cli.report.pretraining import pretraining_section

_SHOWN = 240
"""Side of the part of a raw that is shown, in pixels."""
_GREEN = 1

TASKS = {
    "denoise": "Noise removed; still a mosaic.",
    "demosaic": "Three colours at each pixel, noise removed.",
    "sr": "Twice the resolution, noise kept.",
    "jdensr": "Twice the resolution, noise removed.",
}


@dataclass(frozen=True)
class Step:
    """One command of the demo: what it is for, as typed, and how long it took."""

    title: str
    command: str
    seconds: float


def demo_report(folder: Path, steps: Sequence[Step]) -> str:
    """The page for a demo's folder, which holds `raws`, `truth`, `backbone`, `results` and mostly `profiles.json`."""
    seconds = sum(step.seconds for step in steps)
    lead = html.paragraph(
        f"{len(steps)} commands in {seconds:.0f} seconds. Raws of a simulated camera, whose true noise is known, were "
        "calibrated, used for pretraining without labels, and put through four tasks. Run the same commands on your "
        "own raws.",
    )
    return html.page(
        "From raws to results",
        lead,
        [
            _steps(steps),
            _calibration(folder),
            _pretraining(folder / "backbone" / "metrics.jsonl"),
            _figures(folder),
            _pictures(folder),
        ],
    )


def noisiest(raws: Path) -> Path:
    """The first of the raws of the highest ISO, by `truth.json`."""
    records = _truth(raws)
    return raws / str(max(records, key=lambda record: float(record["iso"]))["file"])


def _steps(steps: Sequence[Step]) -> str:
    rows = [(step.title, step.command, f"{step.seconds:.0f}\N{NO-BREAK SPACE}s") for step in steps]
    return html.section("What was done", html.table(["step", "command", "time"], rows))


def _calibration(folder: Path) -> str:
    truth = {float(record["iso"]): NoiseProfile.from_dict(record) for record in _truth(folder / "raws")}
    profiles = folder / "profiles.json"
    if not profiles.exists():
        return html.section("Calibration", html.paragraph("No raw could be calibrated well enough to be trusted."))
    measured = sorted(load_profiles(profiles), key=lambda profile: profile.iso or 0.0)
    pairs = [(found, truth[found.iso]) for found in measured if found.iso in truth]
    rows: list[tuple[str | float, ...]] = []
    for found, known in pairs:
        for name, interval in (("shot", found.shot_ci), ("read", found.read_ci)):
            between = "" if interval is None else "{:.3g} to {:.3g}".format(*interval[_GREEN])
            values = (getattr(known, name)[_GREEN], getattr(found, name)[_GREEN])
            rows.append((f"{found.iso:g}", f"λ_{name}", *values, between, found.quality))
    head = ["ISO", "of Gr", "true", "measured", "90 % interval", "quality"]
    x = np.linspace(0.0, 1.0, 41)
    lines = []
    for color, (found, known) in enumerate(pairs):
        for profile, name, dashed in ((known, f"ISO {found.iso:g}", False), (found, "", True)):
            lines.append(Line(list(x), list(profile.sigma(x, _GREEN)), name, color, dashed))
    curves = chart(lines, "signal x (1 = white)", "σ", "Noise of Gr: true (solid) and measured (dashed).", log_y=True)
    return html.section(
        "Calibration",
        html.paragraph("Var[n] = λ_shot·x + λ_read, measured blind from the pictures alone, beside what is true."),
        html.grid([curves, html.table(head, rows)]),
    )


def _pretraining(metrics: Path) -> str:
    words = (
        "The network learns, without labels, to take away what tells one picture's noise from another's: residuals "
        "of two crops of one picture should be closer than those of different pictures."
    )
    return pretraining_section(read_metrics(metrics), "Pretraining", words)


def _figures(folder: Path) -> str:
    rows = []
    for task in ("denoise", "demosaic"):
        pairs = [gain(folder, task, str(record["file"])) for record in _truth(folder / "raws")]
        before, after = np.mean(pairs, axis=0)
        rows.append((task, f"{before:.2f} dB", f"{after:.2f} dB", f"{after - before:+.2f} dB"))
    return html.section(
        "Against the truth",
        html.paragraph(
            "Mean PSNR of linear values over all raws. Before: the noisy mosaic itself, and what linear interpolation "
            "makes of it. The denoising head is the one just trained from ten labels; the others come with their tasks."
        ),
        html.table(["task", "before", "after", "gain"], rows),
    )


def gain(folder: Path, task: str, name: str) -> tuple[float, float]:
    """PSNR in dB against the truth before and after `task`, which is one that keeps the resolution."""
    raw, result, truth = (read_frame(folder / part / name) for part in ("raws", f"results/{task}", "truth"))
    figures = fidelity(raw, result, truth)
    if figures is None:
        raise ValueError(f"{name}: the results of {task} cannot be compared with the truth")
    return figures


def _pictures(folder: Path) -> str:
    raw = noisiest(folder / "raws")
    before, corner = shown(read_frame(raw)), busiest(shown(read_frame(folder / "truth" / raw.name)), _SHOWN)
    figures = []
    for task, caption in TASKS.items():
        after = shown(read_frame(folder / "results" / task / raw.name))
        height, width = after.shape[:2]
        enlarged = cv2.resize(before, (width, height), interpolation=cv2.INTER_CUBIC).astype(np.uint8)
        scale = height // before.shape[0]
        cut = tuple(slice(scale * start, scale * (start + _SHOWN)) for start in corner)
        figures.append(compare(enlarged[cut], after[cut], ("before", task), caption))
    return html.section(
        "Before and after",
        html.paragraph(f"A part of {raw.name}. Drag across a picture to move the border."),
        html.grid(figures),
    )


def busiest(picture: NDArray[np.uint8], side: int) -> tuple[int, int]:
    """Top left corner of the window of `side` pixels, or less, with the most contrast between neighbours."""
    grey = picture.astype(np.float32).mean(axis=2)
    contrast = np.abs(np.gradient(grey)).sum(axis=0)
    height, width = (min(side, length) for length in grey.shape)
    sums = cv2.boxFilter(contrast, -1, (width, height), anchor=(0, 0), borderType=cv2.BORDER_CONSTANT)
    inside = sums[: grey.shape[0] - height + 1, : grey.shape[1] - width + 1]
    top, left = np.unravel_index(int(inside.argmax()), inside.shape)
    return int(top), int(left)


def shown(frame: Frame) -> NDArray[np.uint8]:
    """(H, W, 3) uint8 sRGB of a frame, a mosaic by linear interpolation."""
    srgb = develop(Picture.from_frame(frame, frame.normalized(), cfa=frame.cfa))
    return np.rint(srgb * 255).astype(np.uint8)


def _truth(raws: Path) -> list[dict[str, Any]]:
    records: list[dict[str, Any]] = json.loads((raws / "truth.json").read_text(encoding="utf-8"))["files"]
    return records
