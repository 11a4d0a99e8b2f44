"""Nothing that is read can run: no unpickling, no evaluation, no shell, anywhere in what is shipped."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGES = ("rcl_cli", "calibration", "plugins")
FORBIDDEN_MODULES = {
    *("pickle", "cPickle", "_pickle", "dill", "cloudpickle", "joblib"),
    *("marshal", "shelve", "yaml", "ruamel"),
}
FORBIDDEN_CALLS = {
    *("eval", "exec", "compile", "__import__", "torch.load", "torch.jit.load", "torch.package.PackageImporter"),
    *("os.system", "os.popen", "pandas.read_pickle", "shutil.unpack_archive"),
}
VERIFIED = {"rcl_cli/pretraining/encoders.py"}
"""torchvision's weights exist in no other format: their checksum is compared first, and `weights_only` is set."""


def sources(root: Path) -> Iterator[tuple[str, ast.Module]]:
    for package in PACKAGES:
        for path in sorted((root / package).rglob("*.py")):
            yield path.relative_to(root).as_posix(), ast.parse(path.read_text(encoding="utf-8"))


def name_of(function: ast.expr) -> str:
    parts = []
    while isinstance(function, ast.Attribute):
        parts.append(function.attr)
        function = function.value
    return ".".join(reversed([*parts, function.id])) if isinstance(function, ast.Name) else f"?.{'.'.join(parts)}"


def told(call: ast.Call, name: str) -> object:
    found = next((keyword.value for keyword in call.keywords if keyword.arg == name), None)
    return found.value if isinstance(found, ast.Constant) else found


def offences(where: str, tree: ast.Module) -> list[str]:
    found = []
    for node in ast.walk(tree):
        modules: list[str] = []
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            modules = [node.module or ""]
        found += [f"{where}: import {module}" for module in modules if module.partition(".")[0] in FORBIDDEN_MODULES]
        if not isinstance(node, ast.Call):
            continue
        name = name_of(node.func)
        if name in FORBIDDEN_CALLS and not (
            name == "torch.load" and where in VERIFIED and told(node, "weights_only") is True
        ):
            found.append(f"{where}:{node.lineno}: {name}")
        if name in ("np.load", "numpy.load") and told(node, "allow_pickle") is not False:
            found.append(f"{where}:{node.lineno}: np.load without allow_pickle=False")
        if name.startswith("subprocess.") and told(node, "shell") not in (None, False):
            found.append(f"{where}:{node.lineno}: a shell")
        if name.endswith((".extractall", ".extract")):
            found.append(f"{where}:{node.lineno}: an archive is unpacked")
    return found


def test_nothing_that_is_shipped_unpickles_or_evaluates(root: Path) -> None:
    everything = list(sources(root))
    assert len(everything) > 200
    assert [offence for where, tree in everything for offence in offences(where, tree)] == []


@pytest.mark.parametrize(
    "line",
    [
        "import pickle",
        "from pickle import loads",
        "import yaml",
        "import marshal",
        "from shelve import open",
        "eval(x)",
        "exec(x)",
        "os.system(x)",
        "subprocess.run(x, shell=True)",
        "torch.load(path)",
        "torch.load(path, weights_only=True)",
        "np.load(path)",
        "np.load(path, allow_pickle=True)",
        "np.load(path, allow_pickle=maybe)",
        "archive.extractall()",
    ],
)
def test_the_search_finds_what_it_is_for(line: str) -> None:
    assert offences("somewhere.py", ast.parse(line))
