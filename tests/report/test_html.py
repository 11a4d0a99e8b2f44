"""The page is well formed, needs nothing beside it and shows the pictures as they are."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser

import numpy as np

from rcl_cli.report.kit import html
from rcl_cli.report.kit.images import compare

VOID = {"meta", "img", "input", "link"}


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
        html.section("Pictures", html.grid([compare(picture(1), picture(2), ('be"fore', "after"), "caption")])),
    ]
    text = html.page("Title", html.paragraph("Lead"), parts)
    reader = Balance()
    reader.feed(text)
    assert reader.open == []
    for shown in ("A <b>", "1 < 2 & 3", "<x>", "0.1235", "1200", "caption"):
        assert shown in reader.text
    assert not re.findall(r"""(?:src|href)=["'](?!data:)|url\(|@import|https?://""", text)


def test_nothing_is_loaded_and_no_other_script_runs() -> None:
    text = html.page("Title", "", [])
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)
    assert policy is not None
    directives = dict(part.strip().split(" ", 1) for part in policy[1].split(";"))
    assert directives["default-src"] == directives["base-uri"] == directives["form-action"] == "'none'"
    assert directives["img-src"] == "data:"
    for name, tag in (("style-src", "style"), ("script-src", "script")):
        (content,) = re.findall(f"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert directives[name] == f"'sha256-{digest}'"


def test_empty_parts_leave_nothing() -> None:
    assert html.section("Title", "", "") == ""
    assert html.table(["a"], []) == ""
    assert html.grid(["", ""]) == ""
    assert html.facts({"a": ""}) == ""
    # Nor does a column in which nothing stands.
    assert "second" not in html.table(["first", "second"], [("x", ""), ("y", "")])


def test_what_cannot_be_seen_is_spelled_out() -> None:
    assert html.text("a\x00b\u202egnp.exe\x1b[31m\udcff 90 %") == r"a\x00b\u202egnp.exe\x1b[31m\udcff 90 %"
