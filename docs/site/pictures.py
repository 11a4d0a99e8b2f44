"""The pictures of the tutorial and of the pages of the tasks, from simulated scenes: docs/images/*.jpg and noise.png.

    python docs/site/pictures.py            # a few minutes on a CPU

The scenes are those of `rcl samples`, the results those of the shipped heads. Each picture is a row of panels of one
place, before and after.
"""

from __future__ import annotations

import io
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

import rcl_cli as rcl
from rcl_cli.disk.write import write_bytes
from rcl_cli.raw.cfa import CFA
from rcl_cli.raw.develop import develop
from rcl_cli.raw.picture import Picture
from rcl_cli.samples.files import Shot

OUTPUT = Path(__file__).resolve().parent.parent / "images"
MOST_BYTES = 150_000
_GAP, _HEADER = 6, 26
Shown = NDArray[np.float32]
"""(H, W, 3), from 0 to 1 as displayed."""
Place = tuple[int, int, int, int]
"""Top, left, height and width, in pixels of the sensor."""


def main() -> None:
    """Make them all."""
    with tempfile.TemporaryDirectory() as name:
        store = Path(name)
        for task, shot, place in EXAMPLES:
            put(task, before_and_after(task, shot, place, store))
        put("strength", strengths(*EXAMPLES[0][1:], store))
        noise_plot(store)


def _shot(seed: int, index: int, iso: float, kind: str) -> Shot:
    return Shot(index, iso, CFA.named("RGGB"), 512, 768, seed, kind)


EXAMPLES: tuple[tuple[str, Shot, Place], ...] = (
    ("denoise", _shot(6, 4, 6400, "mixed"), (310, 440, 190, 300)),
    ("demosaic", _shot(5, 2, 1600, "facade"), (150, 250, 190, 300)),
    ("sr", _shot(6, 2, 100, "text"), (200, 200, 110, 170)),
    ("jdensr", _shot(6, 1, 3200, "mixed"), (150, 330, 110, 170)),
)
"""Task, what is photographed, and the place that is shown."""


def before_and_after(task: str, shot: Shot, place: Place, store: Path) -> NDArray[np.uint8]:
    """The raw, developed by interpolation, and the task's result, both as large as the result."""
    frame, _ = shot.take()
    before = developed(frame)
    result = rcl.load(task, frame.domain, store=store, device="cpu")(frame, frame.metadata.noise_profile)
    after = develop(result.picture)
    scale = after.shape[0] // before.shape[0]
    larger = 3 - scale  # one screen pixel is at least a pixel of the result
    panels = [crop(before, place, scale * larger), crop(after, tuple(scale * n for n in place), larger)]
    return labelled(panels, ["interpolated", f"rcl apply --task {task}"])


def strengths(shot: Shot, place: Place, store: Path) -> NDArray[np.uint8]:
    """The mosaic, denoised by three strengths."""
    frame, _ = shot.take()
    model = rcl.load("denoise", frame.domain, store=store, device="cpu")
    levels: tuple[float | str, ...] = (0, 0.5, 1, "auto")
    made = [model(frame, frame.metadata.noise_profile, strength=level).picture for level in levels]
    panels = [crop(develop(picture), (*place[:2], place[2], 190), 1) for picture in made]
    return labelled(panels, [f"--strength {level}" for level in levels])


def developed(frame: rcl.Frame) -> Shown:
    """A raw by interpolation of its colours alone."""
    return develop(Picture.from_frame(frame, frame.normalized(), cfa=frame.cfa))


def crop(picture: Shown, place: Sequence[int], larger: int) -> Shown:
    """A place of a picture, each pixel `larger` pixels wide."""
    top, left, height, width = place
    part = picture[top : top + height, left : left + width]
    return np.repeat(np.repeat(part, larger, 0), larger, 1)


def labelled(panels: Sequence[Shown], words: Sequence[str]) -> NDArray[np.uint8]:
    """Panels of one size in a row, with words above each."""
    height, width = panels[0].shape[:2]
    sheet = np.full((height + _HEADER, len(panels) * (width + _GAP) - _GAP, 3), 255, np.uint8)
    for number, (panel, text) in enumerate(zip(panels, words, strict=True)):
        left = number * (width + _GAP)
        sheet[_HEADER:, left : left + width] = np.rint(np.clip(panel, 0, 1) * 255)
        cv2.putText(sheet, text, (left + 2, 17), cv2.FONT_HERSHEY_SIMPLEX, 0.45, (50, 50, 50), 1, cv2.LINE_AA)
    return sheet


def put(name: str, picture: NDArray[np.uint8]) -> None:
    """As a JPEG of the best quality that fits."""
    for quality in range(95, 40, -5):
        data = cv2.imencode(
            ".jpg", picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_OPTIMIZE, 1]
        )[1]
        if data.size <= MOST_BYTES:
            break
    write_bytes(OUTPUT / f"{name}.jpg", data.tobytes(), overwrite=True)
    print(f"{name}.jpg: {picture.shape[1]} x {picture.shape[0]}, {data.size} bytes", file=sys.stderr)


def noise_plot(folder: Path) -> None:
    """The plot of `rcl calibrate --plot` for the raws of the tutorial, in fewer colours."""
    for words in (["samples", "raws", "--count", "12"], ["calibrate", "raws", "--no-save", "--plot", "plots"]):
        subprocess.run([sys.executable, "-m", "rcl_cli", *words], cwd=folder, check=True, capture_output=True)
    (plot,) = (folder / "plots").iterdir()
    data = io.BytesIO()
    Image.open(plot).convert("RGB").quantize(64).save(data, "PNG", optimize=True)
    write_bytes(OUTPUT / "noise.png", data.getvalue(), overwrite=True)
    print(f"noise.png: {data.tell()} bytes", file=sys.stderr)


if __name__ == "__main__":
    main()
