"""Pictures inside the page, as data URIs, and figures of them."""

from __future__ import annotations

import base64

import cv2
import numpy as np
from numpy.typing import NDArray

from rcl_cli.report.kit.html import text

Rgb = NDArray[np.uint8]
"""(H, W, 3) sRGB."""


def png_uri(picture: Rgb) -> str:
    """Lossless: compression would hide or invent noise. For parts of a picture at full size."""
    return _uri("png", picture, [cv2.IMWRITE_PNG_COMPRESSION, 6])


def jpeg_uri(picture: Rgb) -> str:
    """A tenth of the size. For whole pictures, whose noise has gone with the size."""
    return _uri("jpeg", picture, [cv2.IMWRITE_JPEG_QUALITY, 90, cv2.IMWRITE_JPEG_PROGRESSIVE, 1])


def image(uri: str, picture: Rgb, words: str) -> str:
    """The element that shows `picture`, which `uri` holds; `words` say what it is to those who do not see it."""
    height, width = picture.shape[:2]
    return f'<img src="{uri}" width="{width}" height="{height}" alt="{text(words)}">'


def figure(picture: Rgb, caption: str) -> str:
    """One picture as it is, with words below."""
    inside = image(png_uri(picture), picture, caption)
    return f'<figure class="still">{inside}<figcaption>{text(caption)}</figcaption></figure>'


def compare(before: Rgb, after: Rgb, words: tuple[str, str], caption: str, *, whole: bool = False) -> str:
    """Two pictures of one size behind a slider; `words` name them. `whole`: reduced ones, stored as JPEG.

    Raises ValueError where the sizes differ.
    """
    if before.shape != after.shape:
        raise ValueError(f"pictures of one size are compared, not {before.shape} and {after.shape}")
    uri = jpeg_uri if whole else png_uri
    images = "".join(image(uri(one), one, word) for one, word in zip((before, after), words, strict=True))
    label = f"{words[0]} on the left, {words[1]} on the right: {caption}"
    return (
        f'<figure><div class="pair{" whole" if whole else ""}">{images}<span class="before">{text(words[0])}</span>'
        f'<span class="after">{text(words[1])}</span>'
        f'<input type="range" min="0" max="100" value="50" aria-label="{text(label)}"></div>'
        f"<figcaption>{text(caption)}</figcaption></figure>"
    )


def _uri(kind: str, picture: Rgb, settings: list[int]) -> str:
    done, data = cv2.imencode(f".{kind}", np.ascontiguousarray(picture[:, :, ::-1]), settings)
    if not done:
        raise ValueError(f"not a picture: {picture.shape} {picture.dtype}")
    return f"data:image/{kind};base64," + base64.b64encode(data.tobytes()).decode()
