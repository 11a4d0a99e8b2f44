"""What the names of code depend on."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest

from rcl_benchmark.engine import code
from rcl_benchmark.engine.code import code_version, training_version, with_siblings
from rcl_cli.network import get_network
from rcl_cli.pretext import get_pretext


def test_a_pretext_stands_for_the_modules_of_its_package_that_it_uses() -> None:
    names = {file.name for file in with_siblings(Path(inspect.getfile(get_pretext("recorrupted"))))}
    assert {"recorrupted.py", "recorruption.py", "errors.py", "told.py"} == names
    assert "refined.py" in {file.name for file in with_siblings(Path(inspect.getfile(get_pretext("noisy-as-clean"))))}


def test_modules_may_import_one_another(tmp_path: Path) -> None:
    package = tmp_path / "pretexts"
    package.mkdir()
    for name, imports in {"a": "b", "b": "c", "c": "a", "d": "a"}.items():
        (package / f"{name}.py").write_text(f"import math\nfrom pretexts.{imports} import x\nfrom pretexts import y\n")
    assert {file.stem for file in with_siblings(package / "a.py")} == {"a", "b", "c"}


@pytest.mark.parametrize(
    ("changed", "same"),
    [("x = 2", False), ("x = 1  # said", True), ('"""Said."""\nx = 1', True), ("x = 1\n\n\n", True)],
)
def test_words_do_not_count(tmp_path: Path, changed: str, same: bool) -> None:
    before, after = tmp_path / "before.py", tmp_path / "after.py"
    before.write_text("x = 1")
    after.write_text(changed)
    assert (code_version(before) == code_version(after)) == same


def test_pretexts_are_told_apart() -> None:
    unet = get_network("unet")
    assert training_version(unet, [get_pretext("sure")]) != training_version(unet, [get_pretext("rcl")])


def test_the_network_counts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    changed = tmp_path / "unet.py"
    unet = get_network("unet")
    changed.write_text(Path(inspect.getfile(unet)).read_text() + "x = 1\n")
    before = training_version(unet, [])
    monkeypatch.setattr(inspect, "getfile", lambda plugin: str(changed))
    assert training_version(unet, []) != before


def test_every_file_that_is_named_is_there() -> None:
    for place in (*code._TRAINING, *code._PROTOCOL):
        assert all(file.is_file() for file in code._sources([place]) or [Path()])
