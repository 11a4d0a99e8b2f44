"""Names for code, so that what older code made is not taken for current; comments and docstrings do not count."""

from __future__ import annotations

import ast
import hashlib
import inspect
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

import rcl_cli

_ROOT = Path(rcl_cli.__file__).parent
_NETWORKS = (
    "domain.py",
    "network.py",
    "nn",
    "measure",
    "models/backbone.py",
    "noise.py",
    "train/device.py",
    "train/optimizer.py",
)
_READING = ("data/clean_pictures.py", "data/crops.py", "data/seeds.py")
_TRAINING = (*_NETWORKS, *_READING, "pretext.py", "pretraining", "data/noise_levels.py", "data/regions.py")
_PROTOCOL = (
    *_NETWORKS,
    *_READING,
    *("task.py", "models/task_model.py", "data/pairs.py"),
    *(f"train/{name}.py" for name in ("batches", "fixed_steps")),
    *(f"evaluate/{name}.py" for name in ("labels", "protocol", "settings", "start")),
)


def training_version(network: type, pretexts: Sequence[type]) -> str:
    """Changes with the code of pretraining, of the network and of these pretexts."""
    return code_version(*_sources(_TRAINING), *_plugins([network, *pretexts]))


def protocol_version(network: type, task: type) -> str:
    """Changes with the code of the protocol, of the network and of the task."""
    return code_version(*_sources(_PROTOCOL), *_plugins([network, task]))


@cache
def with_siblings(file: Path) -> set[Path]:
    """A module and those of its own package that it imports, by themselves or by one another."""
    found, waiting = set[Path](), [file]
    while waiting:
        module = waiting.pop()
        if module not in found:
            found.add(module)
            waiting += filter(Path.is_file, _imported(module))
    return found


@cache
def code_version(*files: Path) -> str:
    """Twelve hexadecimal digits that change with the code in these files."""
    # Kept for as long as the program runs: an editor may change the files meanwhile.
    code = "\0".join(_without_words(file.read_text(encoding="utf-8")) for file in files)
    return hashlib.sha256(code.encode()).hexdigest()[:12]


def beside(file: str, *names: str) -> list[Path]:
    """The modules of these names in the folder of `file`, which is a module's `__file__`."""
    return [Path(file).with_name(f"{name}.py") for name in names]


def _plugins(classes: Iterable[type]) -> list[Path]:
    return sorted({file for plugin in classes for file in with_siblings(Path(inspect.getfile(plugin)))})


def _imported(module: Path) -> list[Path]:
    nodes = ast.walk(ast.parse(module.read_text(encoding="utf-8")))
    names = [node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module]
    own = [name.removeprefix(f"{module.parent.name}.") for name in names if name.startswith(f"{module.parent.name}.")]
    return [module.parent / f"{name}.py" for name in own]


def _sources(places: Iterable[str]) -> list[Path]:
    paths = [_ROOT / place for place in places]
    return sorted(file for path in paths for file in (path.glob("*.py") if path.is_dir() else [path]))


def _without_words(source: str) -> str:
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(body := getattr(node, "body", None), list):
            node.body = [part for part in body if not _is_docstring(part)]  # type: ignore[attr-defined]
    return ast.dump(tree)


def _is_docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
