"""A site that asks nobody for anything: what its pages would load from elsewhere."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

_LOADS = {
    "script": "src", "img": "src", "iframe": "src", "source": "src", "video": "src", "audio": "src", "embed": "src",
    "object": "data", "image": "href", "use": "href",
}  # fmt: skip
_LINKED = {"stylesheet", "icon", "preload", "preconnect", "dns-prefetch", "modulepreload", "manifest"}
_AWAY = re.compile(r"\s*(?:https?:)?//", re.I)
_IN_STYLES = re.compile(r"(?:url\(\s*|@import\s+)[\"']?\s*((?:https?:)?//[^\s\"')]*)", re.I)


def loaded_from_elsewhere(site: Path) -> list[str]:
    """A line for each script, style, font or picture that a page or a style sheet of the site loads from a network."""
    found = []
    for path in sorted(site.rglob("*")):
        if path.suffix in (".html", ".css"):
            text = path.read_text(encoding="utf-8")
            addresses = away_in_page(text) if path.suffix == ".html" else _IN_STYLES.findall(text)
            found += [f"{path.relative_to(site)} loads {address}" for address in addresses]
    return found


def away_in_page(html: str) -> list[str]:
    """Addresses that a page loads from a network. Links that a reader may follow do not count."""
    parser = _Loads()
    parser.feed(html)
    return parser.found


class _Loads(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._style = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        loads = tag in _LOADS or (tag == "link" and _LINKED & set(given.get("rel", "").lower().split()))
        addresses = [given.get(_LOADS.get(tag, "href"), "")] if loads else []
        addresses += [part.strip() for part in given.get("srcset", "").split(",")]
        self.found += [address for address in addresses if _AWAY.match(address)]
        self.found += _IN_STYLES.findall(given.get("style", ""))
        self._style = tag == "style"

    def handle_endtag(self, tag: str) -> None:
        self._style = self._style and tag != "style"

    def handle_data(self, data: str) -> None:
        if self._style:
            self.found += _IN_STYLES.findall(data)
