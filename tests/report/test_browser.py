"""Every page in a browser: nothing goes wrong in it, the slider moves, pictures show, and a phone shows all of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from .browser import Browser, browser
from .pages import HOSTILE, every

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("browser")]


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with browser(tmp_path_factory.mktemp("browser")) as running:
        yield running


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Files of all pages, each as it is and with hostile words."""
    folder = tmp_path_factory.mktemp("pages")
    made = {}
    for kind, words in (("plain", None), ("hostile", HOSTILE)):
        for name, page in every(folder / kind, words).items():
            made[f"{kind} {name}"] = folder / f"{kind}-{name}.html"
            made[f"{kind} {name}"].write_bytes(page.encode(errors="backslashreplace"))
    return made


@pytest.mark.parametrize("width", [320, 360, 1200])
def test_nothing_goes_wrong_and_nothing_is_wider_than_the_window(
    chromium: Browser, pages: dict[str, Path], width: int
) -> None:
    for name, path in pages.items():
        chromium.open(path, width=width)
        assert chromium.errors == [], name
        assert chromium.run("document.documentElement.scrollWidth <= innerWidth"), name
        missing = "[...document.images].filter(image => !(image.complete && image.naturalWidth)).length"
        assert chromium.run(missing) == 0, name


def test_words_of_files_are_words(chromium: Browser, pages: dict[str, Path]) -> None:
    for name, path in pages.items():
        chromium.open(path)
        assert chromium.run("document.querySelectorAll('script').length") == 1, name
        assert chromium.run("document.querySelectorAll('iframe, foreignObject, object, embed, base').length") == 0
        handlers = (
            "[...document.querySelectorAll('*')].flatMap(e => e.getAttributeNames()).filter(n => /^on|^auto/.test(n))"
        )
        assert chromium.run(handlers) == [], name
        if name.startswith("hostile"):
            assert "<script>alert(1)</script>" in chromium.run("document.body.innerText"), name


def test_the_slider_moves(chromium: Browser, pages: dict[str, Path], tmp_path: Path) -> None:
    for width in (1200, 360):
        chromium.open(pages["plain results"], width=width)
        place = "(() => { const b = document.querySelector('.pair').getBoundingClientRect(); "
        left, top, wide, high = chromium.run(f"{place} return [b.left, b.top, b.width, b.height]; }})()")
        middle = top + min(high, 600) / 2
        shots = []
        for share in (0.9, 0.1):
            chromium.drag((left + 0.5 * wide, middle), (left + share * wide, middle))
            cut = chromium.run(
                "parseFloat(getComputedStyle(document.querySelector('.pair')).getPropertyValue('--cut'))"
            )
            assert cut == pytest.approx(100 * share, abs=6)
            chromium.picture(tmp_path / "shot.png", whole=False)
            shot = cv2.imread(str(tmp_path / "shot.png"))
            assert shot is not None
            x, y = int(left + 0.3 * wide), int(top + 40)
            shots.append(float(shot[y : y + 40, x : x + 40].mean()))
        # Left of the border there is the file before, right of it the darker one after.
        assert shots[0] > 1.2 * shots[1]


def test_keys_move_the_slider_too(chromium: Browser, pages: dict[str, Path]) -> None:
    chromium.open(pages["plain results"])
    chromium.run("document.querySelector('.pair input').focus()")
    for kind in ("keyDown", "keyUp"):
        chromium.call("Input.dispatchKeyEvent", type=kind, key="Home", code="Home", windowsVirtualKeyCode=36)
    assert chromium.run("document.querySelector('.pair').style.getPropertyValue('--cut')") == "0%"


@pytest.mark.parametrize("dark", [False, True])
def test_words_stand_out_from_the_paper_in_light_and_in_dark(
    chromium: Browser, pages: dict[str, Path], dark: bool
) -> None:
    chromium.open(pages["plain calibration"], dark=dark)

    def color(selector: str, name: str) -> np.ndarray:
        script = f"getComputedStyle(document.querySelector('{selector}'))['{name}'].match(/[0-9.]+/g).map(Number)"
        return np.array(chromium.run(script)[:3])

    paper = color("body", "backgroundColor")
    assert bool(paper.mean() < 128) is dark
    words = {"p": "color", "figcaption": "color", "th": "color", "svg text": "fill", "svg .curve": "stroke"}
    for selector, name in words.items():
        least = 3.0 if name == "stroke" else 4.5  # as WCAG 2.1 asks of graphics and of words
        assert _contrast(color(selector, name), paper) >= least, selector


def test_letters_in_charts_can_be_read_on_a_phone(chromium: Browser, pages: dict[str, Path]) -> None:
    chromium.open(pages["plain calibration"], width=320)
    height = chromium.run("document.querySelector('svg text').getBoundingClientRect().height")
    assert height >= 9
    inside = """[...document.querySelectorAll('svg')].every(svg => { const box = svg.getBoundingClientRect();
        return [...svg.querySelectorAll('text')].every(t => { const b = t.getBoundingClientRect();
            return b.left >= box.left - 1 && b.right <= box.right + 1; }); })"""
    assert chromium.run(inside)


def _contrast(one: np.ndarray, other: np.ndarray) -> float:
    """WCAG 2.1, relative luminance."""
    light = []
    for color in (one, other):
        x = color / 255
        linear = np.where(x <= 0.04045, x / 12.92, ((x + 0.055) / 1.055) ** 2.4)
        light.append(float(linear @ [0.2126, 0.7152, 0.0722]) + 0.05)
    return max(light) / min(light)
