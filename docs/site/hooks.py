"""What mkdocs.yml does beyond mkdocs: pages from files outside docs/, links to them, and a check for the network.

The Markdown stays as it is on GitHub. The front page is the README; a link to a file or folder that is no page of docs/
leads to a page that shows it.
"""

from __future__ import annotations

from pathlib import Path

from links import as_python_markdown, rewritten, targets
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files, InclusionLevel
from mkdocs.structure.pages import Page
from offline import loaded_from_elsewhere
from python_pages import GROUPS, page_of_package, reference
from sources import markdown_of, origin_of_source, page_of_source, with_files

ROOT = Path(__file__).resolve().parent.parent.parent
SHOWN = ("calibration/README.md", "plugins/rcl_tasks/heads/README.md", "CHANGELOG.md")
"""Files outside docs/ that mkdocs.yml has in its navigation."""

_pages: dict[str, str] = {}
"""The page of each path in the repository that has one, relative to docs/."""
_origins: dict[str, str] = {}
"""What the links of each page are relative to, in the repository."""


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the README, the Python reference, and all that a page links to outside docs/."""
    _pages.clear()
    _origins.clear()
    for file in files:
        if file.inclusion == InclusionLevel.EXCLUDED:
            continue
        _know(f"docs/{file.src_uri}", file.src_uri, f"docs/{file.src_uri}")
    for package in GROUPS:
        files.append(File.generated(config, page_of_package(package), content=reference(package)))
    _add(files, config, "README.md", "index.md", "README.md")
    for path in SHOWN:
        _add_source(files, config, path)
    waiting = [file for file in files.documentation_pages() if file.src_uri in _origins]
    while waiting:
        file = waiting.pop()
        for path in targets(file.content_string, _origins[file.src_uri]):
            if path not in _pages:
                waiting.append(_add_source(files, config, path))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Links to the pages of what they lead to on GitHub; templates with their code."""
    place = page.file.src_uri
    if place.startswith("examples/") and place.endswith("/README.md"):
        markdown = with_files(ROOT, f"docs/{Path(place).parent}", markdown)
    if place not in _origins:
        return markdown  # the Python reference
    return as_python_markdown(rewritten(markdown, _origins[place], place, _pages.__getitem__))


def on_post_build(config: MkDocsConfig) -> None:
    """Refuse a site that loads anything from a network."""
    if found := loaded_from_elsewhere(Path(config.site_dir)):
        raise PluginError("the site must work without a network:\n" + "\n".join(found))


def _add_source(files: Files, config: MkDocsConfig, path: str) -> File:
    return _add(files, config, path, page_of_source(ROOT, path), origin_of_source(ROOT, path))


def _add(files: Files, config: MkDocsConfig, path: str, place: str, origin: str) -> File:
    file = File.generated(config, place, content=markdown_of(ROOT, path))
    files.append(file)
    _know(path, place, origin)
    return file


def _know(path: str, place: str, origin: str) -> None:
    _pages[path] = place
    _origins[place] = origin
    if path.endswith("/README.md") and place.endswith("/README.md"):
        _pages[str(Path(path).parent)] = place
