"""Printed text: lines of words in several typefaces, sizes, colours and directions on paper or a coloured ground."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from rcl_cli.samples.canvas import Canvas, Image
from rcl_cli.samples.colors import palette
from rcl_cli.samples.fields import power_law

_FACES = (
    cv2.FONT_HERSHEY_SIMPLEX,
    cv2.FONT_HERSHEY_DUPLEX,
    cv2.FONT_HERSHEY_COMPLEX,
    cv2.FONT_HERSHEY_TRIPLEX,
    cv2.FONT_HERSHEY_SCRIPT_SIMPLEX,
)
_LETTERS = np.array(list("aaabcdeeeefghiiijklmnnoooprrssttuuvwxyzABCDEGHKMNRSTWX0123456789"))
_BASE_HEIGHT = 21.0
"""Height of a capital letter at OpenCV's font scale 1."""
_SMALLEST, _LARGEST = 5.0, 60.0
"""Heights of capitals, in pixels."""
_SHEET = 4
"""Text is set this many times finer than the picture, then turned onto the canvas."""


def text(canvas: Canvas, rng: np.random.Generator) -> Image:
    """(rows, columns, 3) linear light of paragraphs, capitals 5 to 60 pixels high, dark on light or light on dark."""
    ground, *inks = palette(4, rng, key=0.25, contrast=0.3)
    sign = -1.0 if rng.random() < 0.7 else 1.0
    if sign < 0:
        ground = (ground / ground.max() * np.float32(rng.uniform(0.4, 0.95))).astype(np.float32)
    else:
        ground = ground * np.float32(rng.uniform(0.03, 0.3))
    grain = 1.0 + np.float32(rng.uniform(0.0, 0.05)) * power_law(canvas, rng, 0.8)
    image = ground * grain[..., None]
    for ink in inks[: int(rng.integers(1, 4))]:
        strength = rng.uniform(0.03, 0.3) if sign < 0 else rng.uniform(1.0, 2.5)
        cover = _paragraph(canvas, rng)[..., None]
        image = image + cover * (np.minimum(ink * np.float32(strength), 1.0) - image)
    light = np.exp(np.float32(rng.uniform(0.0, 0.3)) * power_law(canvas, rng, 3.0))
    return np.asarray(image * light[..., None], np.float32)


def _paragraph(canvas: Canvas, rng: np.random.Generator) -> Image:
    """(rows, columns) share of each sample covered by the ink of one block of lines."""
    height, width = canvas.height * _SHEET, canvas.width * _SHEET
    sheet = np.zeros((height, width), np.uint8)
    capital = _SMALLEST * float(np.exp(rng.uniform(0.0, np.log(max(canvas.short_side / 2 / _SMALLEST, 1.0)))))
    scale = min(capital, _LARGEST) * _SHEET / _BASE_HEIGHT
    thickness = max(1, round(scale * rng.uniform(1.0, 4.0)))
    face = _FACES[rng.integers(len(_FACES))]
    left, line = int(width * rng.uniform(-0.1, 0.4)), height * rng.uniform(0.0, 0.5)
    for _ in range(int(rng.integers(1, 12))):
        line += 1.7 * _BASE_HEIGHT * scale
        if line > height * 1.1:
            break
        cv2.putText(sheet, _words(rng), (left, int(line)), face, scale, 255, thickness, cv2.LINE_AA)
    angle = rng.normal(0.0, 4.0) if rng.random() < 0.7 else rng.uniform(-90.0, 90.0)
    zoom = canvas.oversampling / _SHEET
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), angle, 1.0) * zoom
    # Sample centres lie half a sample in, on the sheet as on the canvas.
    turn[:, 2] += 0.5 * turn[:, :2].sum(axis=1) - 0.5
    return np.asarray(cv2.warpAffine(sheet, turn, canvas.shape[::-1]), np.float32) / np.float32(255)


def _words(rng: np.random.Generator) -> str:
    letters: NDArray[np.str_] = rng.choice(_LETTERS, int(rng.integers(15, 60)))
    letters[rng.random(len(letters)) < 0.18] = " "
    return "".join(letters)
