"""What the site is made of: its links, its pages from elsewhere, its reference, and that it needs no network."""

from __future__ import annotations

import re
import runpy
from pathlib import Path
from types import SimpleNamespace

import pytest

import rcl_calibration
import rcl_cli


@pytest.fixture
def script(root: Path):
    """Loads a module of docs/site."""
    return lambda name: SimpleNamespace(**runpy.run_path(str(root / "docs" / "site" / f"{name}.py")))


PAGES = {"docs/a.md": "a.md", "docs/b/c.md": "b/c.md", "README.md": "index.md", "x.py": "source/x.py.md"}


@pytest.mark.parametrize(
    ("text", "origin", "expected"),
    [
        ("[a](b/c.md#d) and ![e](a.md)", "docs/a.md", "[a](b/c.md#d) and ![e](a.md)"),
        ("[home](../README.md#install)", "docs/a.md", "[home](index.md#install)"),
        ("[up](../../x.py), [up](../a.md)", "docs/b/c.md", "[up](../source/x.py.md), [up](../a.md)"),
        ("[guide](docs/b/c.md)", "README.md", "[guide](b/c.md)"),
        ("[here](#d), [there](https://e.org/a.md), [mail](mailto:a@e.org)", "docs/a.md", None),
        ("```sh\n[a](missing.md)\n```\n", "docs/a.md", None),
    ],
)
def test_links_lead_to_pages_of_the_site(script, text: str, origin: str, expected: str | None) -> None:
    links = script("links")
    assert links.rewritten(text, origin, PAGES[origin], PAGES.__getitem__) == (expected or text)


def test_what_is_linked_is_found(script) -> None:
    text = "[a](../README.md) [b](c/) [c](d.md#e) [f](#g) [h](https://i.org)\n```\n[j](k.md)\n```\n"
    assert list(script("links").targets(text, "docs/x/y.md")) == ["docs/README.md", "docs/x/c", "docs/x/d.md"]


def test_brackets_and_bars_are_what_they_are_on_github(script) -> None:
    plain = script("links").as_python_markdown
    assert plain(r"| `--by [image\|camera]` | a \| b [x>=1] |") == r"| `--by [image|camera]` | a \| b \[x>=1\] |"
    for text in ("[a](b.md)", "![a](b.png)", "`[a]`", "```\n[a]\n```"):
        assert plain(text) == text


def test_files_and_folders_are_shown(script, tmp_path: Path) -> None:
    sources = script("sources")
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "one.py").write_text('"""Text with ``` in it."""\n')
    (tmp_path / "code" / "book.ipynb").write_text(
        '{"cells": [{"cell_type": "markdown", "source": ["# A\\n"]}, {"cell_type": "code", "source": ["x = 1"]}]}'
    )
    assert sources.page_of_source(tmp_path, "code") == "source/code/index.md"
    assert sources.markdown_of(tmp_path, "code").endswith("- [book.ipynb](book.ipynb)\n- [one.py](one.py)\n")
    assert '`````python\n"""Text with ``` in it."""\n`````' in sources.markdown_of(tmp_path, "code/one.py")
    assert sources.markdown_of(tmp_path, "code/book.ipynb").endswith("# A\n\n\n`````python\nx = 1\n`````\n\n")


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ('<script src="https://a.org/b.js"></script>', ["https://a.org/b.js"]),
        ('<link rel="stylesheet" href="//a.org/b.css">', ["//a.org/b.css"]),
        ('<link rel="PRECONNECT" href="https://fonts.gstatic.com">', ["https://fonts.gstatic.com"]),
        ('<img srcset="a.png 1x, http://a.org/b.png 2x" src="a.png">', ["http://a.org/b.png 2x"]),
        ("<style>@import 'https://a.org/b.css'; p { background: url(//c.org/d.png) }</style>",
         ["https://a.org/b.css", "//c.org/d.png"]),
        ('<p style="background: url(https://a.org/b.png)">', ["https://a.org/b.png"]),
        ('<a href="https://a.org">a</a> <link rel="canonical" href="https://a.org"><script src="a.js"></script>', []),
        ("<p>url(https://a.org)</p><style>p { color: red }</style>", []),
    ],
)  # fmt: skip
def test_what_a_page_loads_from_a_network_is_found(script, html: str, expected: list[str]) -> None:
    assert script("offline").away_in_page(html) == expected


def test_style_sheets_are_looked_through(script, tmp_path: Path) -> None:
    (tmp_path / "a.css").write_text('@font-face { src: url("https://fonts.org/a.woff2") }')
    (tmp_path / "b.html").write_text("<p>nothing</p>")
    assert script("offline").loaded_from_elsewhere(tmp_path) == ["a.css loads https://fonts.org/a.woff2"]


def test_the_python_reference_has_all_that_is_public(script) -> None:
    groups = script("python_pages").GROUPS
    for package in (rcl_cli, rcl_calibration):
        names = [name for words in groups[package.__name__].values() for name in words.split()]
        assert len(names) == len(set(names))
        missing = set(package.__all__) ^ set(names)
        assert not missing, f"docs/site/python_pages.py and {package.__name__}.__all__ differ: {missing}"


def test_all_of_it_is_described(script) -> None:
    for package in (rcl_cli, rcl_calibration):
        for name in package.__all__:
            thing = getattr(package, name)
            assert not callable(thing) or thing.__doc__, f"{package.__name__}.{name} has no docstring"


def test_examples_of_docstrings_are_fenced(script) -> None:
    pytest.importorskip("griffe", reason="of the extra docs, which `make check` installs")
    fenced = script("doctests").fenced
    assert fenced("Words.\n\n>>> f(1)\n2\n\nMore.") == "Words.\n\n```pycon\n>>> f(1)\n2\n```\n\nMore."


def test_every_page_is_in_the_navigation(root: Path) -> None:
    listed = re.findall(r"^ +- .*: ([\w/.-]+\.md)$", (root / "mkdocs.yml").read_text(encoding="utf-8"), re.M)
    docs = root / "docs"
    pages = {str(path.relative_to(docs)) for path in docs.rglob("*.md")}
    left_out = re.compile(r"examples/|benchmarks/(raw/)?notes/(?!pretraining)|benchmarks/(work|gpu)/")
    assert {page for page in pages if not left_out.match(page)} <= set(listed)
    made = re.compile(r"index\.md|api/|source/")
    assert {page for page in listed if not made.match(page)} <= pages


def test_pictures_of_the_pages_are_small(root: Path) -> None:
    named = {"denoise.jpg", "demosaic.jpg", "sr.jpg", "jdensr.jpg", "strength.jpg", "noise.png"}
    sizes = {path.name: path.stat().st_size for path in (root / "docs" / "images").iterdir()}
    assert named <= sizes.keys()
    assert max(sizes[name] for name in named) <= 150_000
