"""A model file that lies about itself is refused in one sentence, before anything is allocated for what it claims."""

from __future__ import annotations

import json
import os
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from click.testing import CliRunner
from safetensors.torch import save_file

from rcl_cli.cli.main import cli
from rcl_cli.domain import Domain
from rcl_cli.errors import CheckpointError, RclError
from rcl_cli.models.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from rcl_cli.models.header import Header, read_header
from rcl_cli.models.store import Store
from rcl_cli.models.task_model import build_model, load_head, save_head
from rcl_cli.pretraining.encoders import load_encoder
from rcl_cli.task import get_task
from rcl_tasks.unet import UNet

Json = dict[str, Any]


def write(path: Path, index: object, data: bytes = b"", *, length: int | None = None) -> Path:
    text = index if isinstance(index, bytes) else json.dumps(index).encode()
    path.write_bytes((len(text) if length is None else length).to_bytes(8, "little") + text + data)
    return path


def head(**changes: Any) -> str:
    return json.dumps({**json.loads(Header("head", Domain.BAYER, task="denoise", network="unet").to_json()), **changes})


def tensor(**changes: Any) -> Json:
    return {"dtype": "F32", "shape": [2], "data_offsets": [0, 8], **changes}


def whole(tensors: Json, header: object | None = None) -> Json:
    return {**tensors, "__metadata__": {"rcl": head() if header is None else header}}


ODD: list[tuple[str, object]] = [
            ("kind", "virus"), ("kind", []), ("kind", None), ("format", 3), ("format", "2"), ("domain", "cmyk"),
            ("domain", []), ("domain", {}), ("task", 7), ("task", []), ("name", {}), ("camera", 1), ("network", None),
            ("network", ["unet"]), ("architecture", []), ("architecture", "wide"), ("architecture", {"width": {}}),
            ("options", 3), ("skip", "yes"), ("skip", 1), ("scale", "2"), ("scale", 0), ("scale", -1), ("scale", 2.5),
            ("scale", True), ("step", "many"), ("step", -1), ("step", 10**30), ("noise", []), ("notes", 5),
            ("data", 5), ("parent", []), ("network", "a" * 5000), ("task", "a" * 5000),
        ]  # fmt: skip
LIES: dict[str, tuple[object, bytes]] = {
    "no object: a list": ([], b""),
    "no object: a number": (12345, b""),
    "no object: null": (b"null", b""),
    "no object: text": (b'"rcl"', b""),
    "deep": (b"[" * 200_000, b""),
    "deep objects": (b'{"a":' * 200_000, b""),
    "not UTF-8": (b'{"\xff":1}', b""),
    "empty object": ({}, b""),
    "tensor is a number": (whole({"a": 1}), b"\0" * 8),
    "tensor is a list": (whole({"a": [1, 2]}), b"\0" * 8),
    "no type": (whole({"a": {"shape": [2], "data_offsets": [0, 8]}}), b"\0" * 8),
    "unknown type": (whole({"a": tensor(dtype="PICKLE")}), b"\0" * 8),
    "type is a list": (whole({"a": tensor(dtype=["F32"])}), b"\0" * 8),
    "no shape": (whole({"a": {"dtype": "F32", "data_offsets": [0, 8]}}), b"\0" * 8),
    "shape of text": (whole({"a": tensor(shape=["2"])}), b"\0" * 8),
    "shape is a number": (whole({"a": tensor(shape=2)}), b"\0" * 8),
    "negative shape": (whole({"a": tensor(shape=[-1, -2])}), b"\0" * 8),
    "shape of yes": (whole({"a": tensor(shape=[True, 2])}), b"\0" * 8),
    "huge shape": (whole({"a": tensor(shape=[2**62, 2**62])}), b"\0" * 8),
    "shape that wraps around to 8 bytes": (whole({"a": tensor(shape=[2**63, 2, 2])}), b"\0" * 8),
    "many axes": (whole({"a": tensor(shape=[1] * 5000 + [2])}), b"\0" * 8),
    "offsets beyond the end": (whole({"a": tensor(data_offsets=[0, 2**60])}), b"\0" * 8),
    "offsets backwards": (whole({"a": tensor(data_offsets=[8, 0])}), b"\0" * 8),
    "offsets are fractions": (whole({"a": tensor(data_offsets=[0.0, 8.0])}), b"\0" * 8),
    "three offsets": (whole({"a": tensor(data_offsets=[0, 4, 8])}), b"\0" * 8),
    "overlapping": (whole({"a": tensor(), "b": tensor()}), b"\0" * 8),
    "a hole": (whole({"a": tensor(), "b": tensor(data_offsets=[12, 20])}), b"\0" * 20),
    "more at the end": (whole({"a": tensor()}), b"\0" * 9),
    "less than it says": (whole({"a": tensor()}), b"\0" * 7),
    "metadata is a list": ({"a": tensor(), "__metadata__": []}, b"\0" * 8),
    "metadata of numbers": ({"a": tensor(), "__metadata__": {"rcl": 7}}, b"\0" * 8),
    "no header": ({"a": tensor(), "__metadata__": {"format": "pt"}}, b"\0" * 8),
    "header is text": (whole({"a": tensor()}, "hello"), b"\0" * 8),
    "header is a list": (whole({"a": tensor()}, "[]"), b"\0" * 8),
    "deep header": (whole({"a": tensor()}, "[" * 100_000), b"\0" * 8),
    **{f"{name} is {value!r}": (whole({"a": tensor()}, head(**{name: value})), b"\0" * 8) for name, value in ODD},
}  # fmt: skip


@pytest.mark.parametrize("case", LIES)
def test_every_lie_in_a_file_is_one_sentence(case: str, tmp_path: Path) -> None:
    path = write(tmp_path / "a.safetensors", *LIES[case])
    for read in (read_header, load_checkpoint):
        with pytest.raises(CheckpointError) as found:
            read(path)
        assert str(found.value).startswith(f"{path}: ")
        assert "\n" not in found.value.reason


@pytest.mark.parametrize("length", [0, 1, 2**31, 2**63, 2**64 - 1])
def test_the_size_of_the_header_is_checked_before_it_is_read(length: int, tmp_path: Path) -> None:
    path = write(tmp_path / "a.safetensors", {}, length=length)
    tracemalloc.start()
    with pytest.raises(CheckpointError, match="not a safetensors file, or is cut short"):
        read_header(path)
    assert tracemalloc.get_traced_memory()[1] < 1_000_000
    tracemalloc.stop()


def test_a_sparse_file_of_any_size_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    with path.open("wb") as file:
        file.write((2**33).to_bytes(8, "little"))
        file.truncate(2**34)
    with pytest.raises(CheckpointError):
        read_header(path)


@pytest.mark.parametrize(
    "architecture",
    [
        {"width": 100_000},
        {"width": 2**40},
        {"width": 64, "depth": 6},
        {"width": -1},
        {"width": "wide"},
        {"width": 1e308},
        {"width": [4]},
        {"width": True, "depth": None},
        {"depth": 10**30},
        {"widht": 4},
    ],
)
def test_an_architecture_that_is_not_the_files_is_not_built(architecture: Json, tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    save_head(path, build_model(get_task("denoise"), Domain.BAYER, UNet(Domain.BAYER, {"width": 4, "depth": 1})),
              Header("head", Domain.BAYER, task="denoise"))  # fmt: skip
    checkpoint = load_checkpoint(path)
    lie = json.loads(checkpoint.header.to_json()) | {"architecture": architecture}
    save_checkpoint(path, Checkpoint(checkpoint.tensors, Header.from_dict(lie)))
    with pytest.raises(CheckpointError, match=r"larger than what it holds|cannot build|does not fit"):
        load_head(path, get_task("denoise"), Domain.BAYER)


@pytest.mark.parametrize("architecture", [{"blocks": 10**9}, {"blocks": 256}, {"width": 2**24}])
def test_nor_is_an_endless_one(architecture: Json, tmp_path: Path) -> None:
    header = Header("head", Domain.BAYER, architecture, "restorer", task="denoise")
    save_checkpoint(tmp_path / "a.safetensors", Checkpoint({"head.last.weight": torch.zeros(2)}, header))
    with pytest.raises(CheckpointError, match=r"larger than what it holds|cannot build"):
        load_head(tmp_path / "a.safetensors", get_task("denoise"), Domain.BAYER)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_weights_that_are_no_numbers_are_neither_read_nor_written(value: float, tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    header = Header("head", Domain.BAYER, task="denoise", network="unet")
    save_file({"w": torch.tensor([1.0, value])}, path, metadata={"rcl": header.to_json()})
    with pytest.raises(CheckpointError, match="1 of 2 weights of w are infinite or no numbers"):
        load_checkpoint(path)
    with pytest.raises(RclError, match="1 of 1 weights of w are infinite"):
        save_checkpoint(tmp_path / "b.safetensors", Checkpoint({"w": torch.tensor([value])}, header))
    with pytest.raises(RclError, match="float16 cannot hold them"):  # too large for half precision
        save_checkpoint(tmp_path / "b.safetensors", Checkpoint({"w": torch.tensor([1e6])}, header), half=True)
    assert not (tmp_path / "b.safetensors").exists()


@pytest.mark.parametrize("layers", [["0"], [[]], "01", {"a": 1}, [True], [-1], [10**9], None])
def test_an_encoder_with_impossible_layers(layers: object, tmp_path: Path) -> None:
    header = Header("encoder", Domain.RGB, {"family": "self", "layers": layers})
    save_checkpoint(tmp_path / "e.safetensors", Checkpoint({"0.0.weight": torch.zeros(2)}, header))
    with pytest.raises(RclError):
        load_encoder(str(tmp_path / "e.safetensors"), Domain.RGB)


def test_weights_of_another_program_with_wrong_shapes_are_no_encoder(tmp_path: Path) -> None:
    save_file(
        {"features.18.0.weight": torch.zeros(2), "features.0.0.weight": torch.zeros(1)}, tmp_path / "e.safetensors"
    )
    save_file({"layer1.0.conv3.weight": torch.zeros(2)}, tmp_path / "f.safetensors")
    for name in ("e", "f"):
        with pytest.raises(RclError):
            load_encoder(str(tmp_path / f"{name}.safetensors"), Domain.RGB)


@pytest.fixture
def bad_store(store: Path) -> Callable[[], int]:
    """A store of nothing but damaged models; says how many."""

    def fill() -> int:
        models = store / "models"
        models.mkdir()
        for number, (index, data) in enumerate(LIES.values()):
            write(models / f"{number}.safetensors", index, data)
        (models / "folder.safetensors").mkdir()
        (models / "loop.safetensors").symlink_to("loop.safetensors")
        (models / "nowhere.safetensors").symlink_to("nothing")
        os.mkfifo(models / "pipe.safetensors")
        (models / "empty.safetensors").touch()
        return len(LIES) + 5

    return fill


def test_each_damaged_model_in_the_store_is_a_line(bad_store: Callable[[], int]) -> None:
    count = bad_store()
    result = CliRunner().invoke(cli, ["models", "--json"])
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    broken = [line for line in lines if line["status"] == "failed"]
    assert len(broken) == count
    assert all(line["path"] and line["reason"] for line in broken)
    assert sum(line["status"] == "done" for line in lines) >= 4  # the shipped heads
    assert "Traceback" not in result.output
    found, errors = Store.open().scan()
    assert (found, len(errors)) == ([], count)


def test_info_and_model_name_what_is_wrong(tmp_path: Path) -> None:
    path = write(tmp_path / "a.safetensors", [])
    (tmp_path / "x.dng").write_bytes(b"II*\0")
    for arguments in (["info", path], ["apply", "--task", "denoise", "--model", path, tmp_path / "x.dng"]):
        result = CliRunner().invoke(cli, list(map(str, arguments)))
        assert result.exit_code == 2
        assert "unexpected" not in result.output
        assert "a.safetensors" in result.output
