"""`rcl export`, and `rcl apply` with what it wrote."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from rcl_cli.cli.main import cli
from rcl_cli.raw.cfa import CFA
from rcl_cli.raw.dng.write import write_dng
from rcl_cli.raw.frame import Metadata, RawFrame

WITHOUT_TORCH = """
import sys
from rcl_cli.cli.main import cli
try:
    cli(sys.argv[1:])
finally:
    print("torch" in sys.modules)
"""


def rcl(*words: object) -> str:
    """Standard output and error; the command must succeed."""
    result = CliRunner().invoke(cli, [str(word) for word in words])
    assert result.exit_code == 0, result.output
    return result.output


def failing(*words: object) -> str:
    result = CliRunner().invoke(cli, [str(word) for word in words])
    assert result.exit_code == 2, result.output
    return result.output


@pytest.fixture
def store(tmp_path: Path, small_head) -> Path:
    """A store with one head, `mine`."""
    from rcl_cli.domain import Domain

    (tmp_path / "store" / "models").mkdir(parents=True)
    small_head(tmp_path / "store" / "models" / "mine.safetensors", "denoise", Domain.BAYER)
    return tmp_path / "store"


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    mosaic = np.random.default_rng(0).integers(60, 1023, (46, 58)).astype(np.uint16)
    frame = RawFrame(mosaic, CFA.bayer("GRBG"), (64.0,) * 4, 1023.0, Metadata(make="Acme", model="One", iso=800.0))
    write_dng(tmp_path / "a.dng", frame)
    return tmp_path / "a.dng"


@pytest.mark.slow
def test_the_twin_gives_torchs_result_without_torch(store: Path, raw: Path, tmp_path: Path) -> None:
    common = ["apply", "--task", "denoise", raw, "--store", store, "--format", "npy", "--tile", "16"]
    assert "no exported head for denoise" in failing(*common, "-o", tmp_path / "x", "--engine", "onnx")
    rcl("export", "mine", "--twin", "--store", store)
    assert (store / "models" / "mine.onnx").is_file()
    rcl(*common, "-o", tmp_path / "torch", "--precision", "float32")
    words = [str(word) for word in (*common, "-o", tmp_path / "onnx", "--engine", "onnx")]
    done = subprocess.run([sys.executable, "-c", WITHOUT_TORCH, *words], capture_output=True, text=True, check=True)
    assert done.stdout.split()[-1] == "False"
    assert "exported twin of mine" in done.stderr
    here, there = (np.load(tmp_path / engine / "a.npy") for engine in ("torch", "onnx"))
    np.testing.assert_allclose(here, there, rtol=0, atol=1e-5)
    # Made in the same way, so it is not made again.
    assert "exists already" in rcl(*common, "-o", tmp_path / "torch", "--engine", "onnx")


@pytest.mark.slow
def test_a_twin_of_another_state_is_refused(store: Path, raw: Path, tmp_path: Path, small_head) -> None:
    from rcl_cli.domain import Domain
    from rcl_cli.models.checkpoint import load_checkpoint, save_checkpoint

    rcl("export", "mine", "--twin", "--store", store)
    path = store / "models" / "mine.safetensors"
    made = load_checkpoint(path)
    save_checkpoint(path, type(made)({name: 2 * tensor for name, tensor in made.tensors.items()}, made.header))
    words = ("apply", "--task", "denoise", raw, "--store", store, "-o", tmp_path / "out", "--engine", "onnx")
    assert "was made from another state of mine" in " ".join(failing(*words).split())
    small_head(store / "models" / "newer.safetensors", "denoise", Domain.BAYER)
    assert "rcl export newer --twin" in " ".join(failing(*words).split())


@pytest.mark.slow
def test_models_lists_what_was_exported_and_says_what_is_of_no_use(store: Path, small_head) -> None:
    from rcl_cli.domain import Domain

    rcl("export", "mine", "--twin", "--store", store)
    models = store / "models"
    twin = models / "mine.onnx"
    for name in ("gone", "denoise-bayer"):  # of a model that was deleted; of another head than the shipped one
        (models / f"{name}.onnx").write_bytes(twin.read_bytes())
    (models / "bad.onnx").write_bytes(b"no graph")
    result = CliRunner().invoke(cli, ["models", "--json", "--store", str(store)])
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    exported = {line["name"]: line for line in lines if line["kind"] == "exported"}
    assert exported.keys() == {"mine", "gone"}
    (head,) = (line for line in lines if line.get("name") == "mine" and line["kind"] == "head")
    assert exported["mine"] == head | {"kind": "exported", "path": str(twin), "bytes": twin.stat().st_size}
    assert lines.index(exported["mine"]) == lines.index(head) + 1
    gone = exported["gone"]
    assert (gone["task"], gone["domain"], gone["step"]) == ("denoise", "bayer", None)
    failed = {Path(line["path"]).name: line["reason"] for line in lines if line["status"] == "failed"}
    assert failed.keys() == {"denoise-bayer.onnx", "bad.onnx"}
    assert "rcl export denoise-bayer --twin --overwrite" in failed["denoise-bayer.onnx"]
    small_head(models / "mine.safetensors", "sr", Domain.BAYER)
    assert "mine.onnx: was made from another state of mine" in rcl("models", "--store", store)


def test_without_onnx_what_was_exported_is_still_named(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (store / "models" / "mine.onnx").write_bytes(b"")
    monkeypatch.setitem(sys.modules, "onnx", None)
    assert "mine.onnx: this needs the package onnx; install it with" in rcl("models", "--store", store)


def test_nothing_is_replaced(store: Path, tmp_path: Path) -> None:
    (tmp_path / "a.onnx").write_bytes(b"mine")
    assert "exists already" in failing("export", "mine", "-o", tmp_path / "a.onnx", "--store", store)
    assert (tmp_path / "a.onnx").read_bytes() == b"mine"
    assert "--twin is for ONNX files" in failing("export", "mine", "--twin", "--format", "darktable", "--store", store)
    assert "no file and no model" in failing("export", "nothing", "--store", store)
    assert "did you mean 'denoise-bayer'?" in failing("export", "denoise-bayr", "--store", store)
    assert "is exported already" in failing("export", tmp_path / "a.onnx", "--store", store)


def test_engines_and_models_must_fit(exported: Path, raw: Path, store: Path, tmp_path: Path) -> None:
    words = ("apply", raw, "-o", tmp_path / "out", "--store", store)
    model = exported / "small.onnx"
    assert "leave --engine out" in failing(*words, "--task", "denoise", "--engine", "torch", "--model", model)
    assert "is a head for denoise" in " ".join(failing(*words, "--task", "sr", "--model", model).split())
    assert "no exported head for demosaic" in " ".join(
        failing(*words, "--task", "demosaic", "--engine", "onnx").split()
    )
    assert "there is no exported head" in failing(*words, "--task", "denoise", "--model", tmp_path / "no.onnx")
    away = failing(*words, "--task", "denoise", "--model", model, "--device", "cuda")
    assert away.startswith("Error: exported heads run on the CPU")  # once, and not for each file


@pytest.mark.slow
def test_the_example_of_the_documentation_runs(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert "denoise-rgb.onnx" in rcl("export", "denoise-rgb")
    (code,) = re.findall(r"```python\n(.*?)```", (root / "docs" / "export.md").read_text(encoding="utf-8"), re.S)
    exec(compile(code, "export.md", "exec"), {})
