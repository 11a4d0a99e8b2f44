"""A name for the code that trains and measures, so that what older code made is not taken for current."""

from __future__ import annotations

import ast
import hashlib
import inspect
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

import rcl_cli

_ROOT = Path(rcl_cli.__file__).parent
_TRAINING = (
    "nn",
    "pretrain",
    "data/crops.py",
    "data/regions.py",
    "models/backbone.py",
    "noise.py",
    "pretext.py",
    "train/optimizer.py",
)
_PROTOCOL = (
    *(f"evaluate/{name}.py" for name in ("labels", "protocol", "settings", "start")),
    *(f"data/{name}.py" for name in ("crops", "pairs", "seeds")),
    *(f"train/{name}.py" for name in ("batches", "fixed_steps")),
    "models/backbone.py",
    "nn",
    "noise.py",
    "train/optimizer.py",
)


def training_version(pretexts: Sequence[type]) -> str:
    """Changes with the code of pretraining and of these pretexts, not with comments and docstrings."""
    files = {file for pretext in pretexts for file in with_siblings(Path(inspect.getfile(pretext)))}
    return code_version(*_sources(_TRAINING), *sorted(files))


def protocol_version(task: type) -> str:
    """Changes with the code of the protocol and of the task."""
    return code_version(*_sources(_PROTOCOL), Path(inspect.getfile(task)))


def with_siblings(file: Path) -> set[Path]:
    """A module and those of its own package that it imports, by themselves or by one another."""
    found, waiting = set[Path](), [file]
    while waiting:
        module = waiting.pop()
        if module not in found:
            found.add(module)
            waiting += filter(Path.is_file, _imported(module))
    return found


def _imported(module: Path) -> list[Path]:
    nodes = ast.walk(ast.parse(module.read_text(encoding="utf-8")))
    names = [node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module]
    own = [name.removeprefix(f"{module.parent.name}.") for name in names if name.startswith(f"{module.parent.name}.")]
    return [module.parent / f"{name}.py" for name in own]


def _sources(places: Iterable[str]) -> list[Path]:
    paths = [_ROOT / place for place in places]
    return sorted(file for path in paths for file in (path.glob("*.py") if path.is_dir() else [path]))


@cache
def code_version(*files: Path) -> str:
    """Twelve hexadecimal digits that change with the code in these files, not with comments and docstrings."""
    # Kept for as long as the program runs: an editor may change the files meanwhile.
    code = "\0".join(_without_words(file.read_text(encoding="utf-8")) for file in files)
    return hashlib.sha256(code.encode()).hexdigest()[:12]


def _without_words(source: str) -> str:
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(body := getattr(node, "body", None), list):
            node.body = [part for part in body if not _is_docstring(part)]  # type: ignore[attr-defined]
    return ast.dump(tree)


def _is_docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
