"""Plugins of third parties, made up and put on sys.path."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

Install = Callable[..., str]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Put a distribution with one plugin on sys.path; returns its module's name."""
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delenv("RCL_LOAD_PLUGINS")
    modules = set(sys.modules)

    def put(distribution: str, name: str, source: str, *, version: str = "1.2", group: str = "rcl.tasks") -> str:
        module = f"fake_{distribution.replace('-', '_')}_{name}"
        (tmp_path / f"{module}.py").write_text(source.replace("{name}", name))
        info = tmp_path / f"{distribution.replace('-', '_')}-{version}.dist-info"
        info.mkdir(exist_ok=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {version}\n")
        with (info / "entry_points.txt").open("a") as file:
            file.write(f"[{group}]\n{name} = {module}\n")
        return module

    yield put
    for module in set(sys.modules) - modules:
        if module.startswith("fake_"):
            del sys.modules[module]
