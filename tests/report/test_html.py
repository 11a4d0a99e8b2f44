"""The page is well formed, needs nothing beside it and shows the pictures as they are."""

from __future__ import annotations

import base64
import re
from html.parser import HTMLParser

import cv2
import numpy as np
import pytest

from rcl_cli.report import html

VOID = {"meta", "img", "input"}


class Balance(HTMLParser):
    """Keeps the stack of open elements, and all text."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def picture(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (12, 16, 3), np.uint8)


def test_the_page_is_balanced_escaped_and_alone() -> None:
    parts = [
        html.section(
            "A <b>", html.paragraph("1 < 2 & 3"), html.table(["name", "value"], [("<x>", 0.123456), ("y", 1200.0)])
        ),
        html.section("Pictures", html.grid([html.compare(picture(1), picture(2), ('be"fore', "after"), "caption")])),
    ]
    text = html.page("Title", html.paragraph("Lead"), parts)
    reader = Balance()
    reader.feed(text)
    assert reader.open == []
    for shown in ("A <b>", "1 < 2 & 3", "<x>", "0.1235", "1200", "caption"):
        assert shown in reader.text
    assert not re.findall(r"""(?:src|href)=["'](?!data:)|url\(|@import|https?://""", text)


def test_pictures_are_inlined_without_loss() -> None:
    prefix, _, data = html.png_uri(picture(3)).partition(",")
    assert prefix == "data:image/png;base64"
    bgr = cv2.imdecode(np.frombuffer(base64.b64decode(data), np.uint8), cv2.IMREAD_COLOR)
    assert bgr is not None
    np.testing.assert_array_equal(bgr[..., ::-1], picture(3))


def test_only_pictures_of_one_size_are_compared() -> None:
    with pytest.raises(ValueError, match="one size"):
        html.compare(picture(1), picture(1)[:6], ("a", "b"), "c")
