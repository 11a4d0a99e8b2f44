"""Pieces of a self-contained HTML page: no file beside it, nothing from the network."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from html import escape
from importlib import resources
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray


def page(title: str, lead: str, sections: Iterable[str]) -> str:
    """The whole document; `lead` and `sections` are HTML."""
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{escape(title)}</title>\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<style>\n{_resource('page.css')}</style>\n</head>\n<body>\n<h1>{escape(title)}</h1>\n{lead}\n"
        + "\n".join(sections)
        + f"\n<script>\n{_resource('page.js')}</script>\n</body>\n</html>\n"
    )


def section(title: str, *parts: str) -> str:
    """A heading and what is below it; `parts` are HTML."""
    return f"<section>\n<h2>{escape(title)}</h2>\n" + "\n".join(parts) + "\n</section>"


def paragraph(text: str, *, soft: bool = False) -> str:
    """Plain text as a paragraph, `soft` for a remark."""
    return f"<p{' class=soft' if soft else ''}>{escape(text)}</p>"


def table(head: Sequence[str], rows: Iterable[Sequence[str | float]]) -> str:
    """Plain text and numbers; numbers are aligned to the right and shown with four significant digits."""
    rows = list(rows)
    numeric = [bool(rows) and all(not isinstance(row[i], str) for row in rows) for i in range(len(head))]
    kind = [' class="number"' if number else "" for number in numeric]
    lines = ["".join(f"<th{k}>{escape(name)}</th>" for k, name in zip(kind, head, strict=True))]
    lines += ["".join(f"<td{k}>{_cell(value)}</td>" for k, value in zip(kind, row, strict=True)) for row in rows]
    return '<div class="wide"><table>\n' + "\n".join(f"<tr>{line}</tr>" for line in lines) + "\n</table></div>"


def grid(parts: Iterable[str]) -> str:
    """Side by side where there is room; parts that are empty are left out."""
    parts = [part for part in parts if part]
    return '<div class="grid">\n' + "\n".join(parts) + "\n</div>"


def compare(before: NDArray[np.uint8], after: NDArray[np.uint8], words: tuple[str, str], caption: str) -> str:
    """Two (H, W, 3) sRGB pictures of one size behind a slider; `words` name them."""
    height, width = after.shape[:2]
    if before.shape != after.shape:
        raise ValueError(f"pictures of one size are compared, not {before.shape} and {after.shape}")
    images = "".join(
        f'<img src="{png_uri(picture)}" width="{width}" height="{height}" alt="{escape(word)}">'
        for picture, word in zip((before, after), words, strict=True)
    )
    label = f"{words[0]} on the left, {words[1]} on the right: {caption}"
    return (
        f'<figure><div class="pair">{images}<span class="before">{escape(words[0])}</span>'
        f'<span class="after">{escape(words[1])}</span>'
        f'<input type="range" min="0" max="100" value="50" aria-label="{escape(label)}"></div>'
        f"<figcaption>{escape(caption)}</figcaption></figure>"
    )


def png_uri(picture: NDArray[np.uint8]) -> str:
    """(H, W, 3) sRGB as a data URI, lossless: compression would hide or invent noise."""
    done, data = cv2.imencode(".png", np.ascontiguousarray(picture[:, :, ::-1]), [cv2.IMWRITE_PNG_COMPRESSION, 9])
    if not done:
        raise ValueError(f"not a picture: {picture.shape} {picture.dtype}")
    return "data:image/png;base64," + base64.b64encode(data.tobytes()).decode()


def _cell(value: Any) -> str:
    return escape(value) if isinstance(value, str) else f"{value:.4g}"


def _resource(name: str) -> str:
    return resources.files("rcl_cli.report").joinpath(name).read_text(encoding="utf-8")
