"""Pages of every kind, with words that try to be more than words."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from rcl_calibration.points import Points
from rcl_calibration.profile import SIGMA_X, NoiseProfile
from rcl_cli.errors import FileError
from rcl_cli.raw.cfa import CFA
from rcl_cli.raw.frame import Metadata, RawFrame, RgbFrame
from rcl_cli.report.calibration import Measured, calibration_sections
from rcl_cli.report.kit import html
from rcl_cli.report.kit.before_after import before_after
from rcl_cli.report.kit.shown import Shown
from rcl_cli.report.metrics import NAME
from rcl_cli.report.results import failed_section
from rcl_cli.report.run_page import FINETUNING, PRETRAINING, run_page

ATTACKS = (
    "\"'><img src=x onerror=alert(1)><script>alert(1)</script>",
    "</style></script></svg></title><svg onload=alert(1)>",
    "</text><foreignObject><iframe src=javascript:alert(1)>",
    "&lt;script&gt;alert(1)&lt;/script&gt; <!-- --> ]]> ${alert(1)} `x`",
    'x" autofocus onfocus="alert(1)',
    "javascript:alert(1)//\u202egnp\x1b[31m\x00\udcff",
)
HOSTILE = " ".join(ATTACKS)


def calibration(words: str) -> str:
    """Three ISOs, one of them not to be trusted, with what they were fitted to."""
    rng = np.random.default_rng(1)
    measured = []
    for iso in (100.0, 400.0, 1600.0):
        shot, read = 1e-6 * iso, 1e-11 * iso**2
        profile = NoiseProfile.uniform(shot, read)
        sigma = tuple((0.97 * float(profile.sigma(x)), 1.03 * float(profile.sigma(x))) for x in SIGMA_X)
        x = rng.uniform(0.01, 0.9, 80)
        variance = (shot * x + read) * rng.uniform(0.9, 1.1, 80)
        weak = {"quality": "weak", "reason": words} if iso == 400 else {}
        profile = NoiseProfile.uniform(
            shot,
            read,
            camera=words,
            iso=iso,
            method=words,
            sigma_ci=(sigma,) * 4,
            shot_ci=((shot, shot * 1.1),) * 4,
            **weak,
        )
        measured.append(Measured(profile, Points(x, variance, np.arange(80) % 4)))
    failed = failed_section([FileError(Path(words.replace("\x00", "")), words)])
    return html.page(words, html.paragraph(words), [*calibration_sections(measured), failed])


def results(words: str) -> str:
    """A raw and its result, and a result twice the size."""
    rng = np.random.default_rng(2)
    mosaic = rng.integers(64, 1023, (300, 420)).astype(np.uint16)
    frame = RawFrame(mosaic, CFA.bayer("RGGB"), (64.0,) * 4, 1023.0, Metadata(make=words, orientation=6))
    calm = RawFrame(mosaic // 2, frame.cfa, frame.black_level, frame.white_level, frame.metadata)
    large = RgbFrame(rng.random((600, 840, 3)).astype(np.float32), metadata=frame.metadata, camera_rgb=True)
    about = {words: words, "ISO": "100"}
    first = Shown.of(frame)
    parts = [before_after(words, first, Shown.of(after), about, parts=2) for after in (calm, large)]
    return html.page(words, "", [html.section(words, *parts)])


def run(folder: Path, words: str, *, pretraining: bool = True) -> str:
    """A run's folder with a long log, whose pictures are gone."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng(3)
    rows = []
    for step in range(1, 600):
        loss = float(np.exp(-step / 200) + 0.05 * rng.random())
        if pretraining:
            row = {"total": loss, "contrast": loss, "residual_dn": step / 100, "accuracy": 0.9, "recorrupted": loss}
            row |= {"emd_positive": 0.1 + loss, "emd_negative": 1 + loss, "crops_per_s": 100.0, words: loss}
            row |= {"gradient_contrast": loss, f"gradient_{words}": 2 * loss} if step % 50 == 1 else {}
        else:
            row = {
                "loss": loss,
                "val_loss": loss,
                "val_psnr_db": 40 - loss,
                f"val_{words}": loss,
                "learning_rate": 1e-3,
            }
        rows.append({"step": step, **row})
    (folder / NAME).write_text("".join(json.dumps(row) + "\n" for row in rows) + '{"step": 600, "tot')
    settings = {"steps": 600, "pretext": words, "network": words, "batch": 8, "seed": 0}
    note = {"settings": settings, "paths": [], "data": words, "task": words}
    (folder / (PRETRAINING if pretraining else FINETUNING)).write_text(json.dumps(note))
    return run_page(folder)


def every(folder: Path, words: str | None = None) -> dict[str, str]:
    """All of them by their names; `words` stand wherever a file's words do."""
    said = ("name",) if words is None else (words,)
    return {
        "calibration": calibration(*said),
        "results": results(*said),
        "pretraining": run(folder / "pretraining", *said),
        "finetuning": run(folder / "finetuning", *said, pretraining=False),
    }
