"""Files of the repository that are no pages of docs/, as pages: Markdown, folders, notebooks and code."""

from __future__ import annotations

import json
from pathlib import Path

LANGUAGES = {".py": "python", ".toml": "toml", ".json": "json", ".sh": "sh", ".css": "css", ".js": "js"}
_LEFT_OUT = ("__pycache__", ".")


def page_of_source(root: Path, path: str) -> str:
    """The page that stands for a file or folder of the repository, relative to docs/."""
    if (root / path).is_dir():
        return f"source/{path}/index.md"
    return f"source/{path}" if path.endswith(".md") else f"source/{path}.md"


def origin_of_source(root: Path, path: str) -> str:
    """The file, relative to the root, that the links of the page are relative to."""
    return f"{path}/index.md" if (root / path).is_dir() else path


def markdown_of(root: Path, path: str) -> str:
    """The text of that page."""
    file = root / path
    if file.is_dir():
        return f"# {path}\n\n" + "".join(f"- [{name}]({name})\n" for name in entries(file))
    text = file.read_text(encoding="utf-8")
    if file.suffix == ".md":
        return text
    body = notebook(text) if file.suffix == ".ipynb" else code(text, file.suffix)
    return f"---\nsearch:\n  exclude: true\n---\n\n# {path}\n\n{body}"


def entries(folder: Path) -> list[str]:
    """The names of the text files in a folder."""
    named = [path.name for path in folder.iterdir() if path.suffix in {*LANGUAGES, ".md", ".ipynb"}]
    return sorted(name for name in named if not name.startswith(_LEFT_OUT))


def code(text: str, suffix: str) -> str:
    """A text as a block of code; the fence is longer than any within."""
    return f"`````{LANGUAGES.get(suffix, 'text')}\n{text.rstrip()}\n`````\n"


def notebook(text: str) -> str:
    """The cells of a notebook, without what they printed."""
    parts = []
    for cell in json.loads(text)["cells"]:
        words = "".join(cell["source"])
        parts.append(words if cell["cell_type"] == "markdown" else code(words, ".py"))
    return "\n\n".join(parts) + "\n"


def with_files(root: Path, folder: str, readme: str) -> str:
    """The README of a template, with the files of its folder after it."""
    names = [name for name in entries(root / folder) if name != "README.md"]
    shown = (f"### {name}\n\n{code((root / folder / name).read_text('utf-8'), Path(name).suffix)}" for name in names)
    return f"{readme}\n## Its files\n\n" + "\n".join(shown)
