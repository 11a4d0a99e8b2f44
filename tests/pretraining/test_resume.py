"""A pretraining that was stopped or killed, a network that went astray, and a folder or store that is of no use."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from click.testing import Result

from rcl_cli.disk.locks import locked
from rcl_cli.domain import Domain
from rcl_cli.errors import CheckpointError, FileError
from rcl_cli.models.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from rcl_cli.models.header import Header
from rcl_cli.models.store import Store
from rcl_cli.train import keep

Run = Callable[..., Result]
TINY = ("--preset", "smoke", "--steps", 4, "--batch", 3, "--crop", 16, "--width", 4, "--depth", 1, "--encoder", "none")


class Killed(BaseException):
    """What nobody catches."""


def killed(*_: Any, **__: Any) -> None:
    raise Killed


def killed_after(step: int, monkeypatch: pytest.MonkeyPatch, run: Run, *arguments: object) -> None:
    """Run until then, each step saved."""
    after, seen = keep.Keeper.after, [0]

    def hearing(self: keep.Keeper, number: int) -> None:
        after(self, number)
        seen[0] += 1
        if seen[0] == step:
            raise Killed

    with monkeypatch.context() as context:
        context.setattr(keep, "SAVE_EVERY_S", 0.0)
        context.setattr(keep.Keeper, "after", hearing)
        with pytest.raises(Killed):
            run(*arguments)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("step", "encoder"),
    [(2, ()), (3, ("--join", "consistency", "--encoder", "self", "--encoder-steps", 5)),
     (7, ("--join", "consistency", "--encoder", "self", "--encoder-steps", 5))],
)  # fmt: skip
def test_a_killed_run_goes_on_as_if_it_had_not_been(
    run: Run, pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int, encoder: tuple[object, ...]
) -> None:
    """The second is killed while its encoder is trained, the third after that."""
    whole, half = tmp_path / "a" / "run", tmp_path / "b" / "run"
    settings = (*TINY[:-2], *(encoder or TINY[-2:]))
    assert run(pictures, "-o", whole, *settings).exit_code == 0
    killed_after(step, monkeypatch, run, pictures, "-o", half, *settings)
    resumed = run("--resume", "-o", half)
    assert resumed.exit_code == 0, resumed.output
    assert {path.name for path in half.iterdir()} == {path.name for path in whole.iterdir()}
    for name in ("state.safetensors", "backbone.safetensors"):
        assert (half / name).read_bytes() == (whole / name).read_bytes()


@pytest.mark.slow
def test_a_run_that_was_killed_before_it_saved_anything_is_resumed_too(
    run: Run, pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as context:
        context.setattr("rcl_cli.pretraining.session.train", killed)
        with pytest.raises(Killed):
            run(pictures, "-o", tmp_path / "run", *TINY)
    assert run("--resume", "-o", tmp_path / "run").exit_code == 0


@pytest.mark.slow
def test_stopped_while_the_encoder_is_trained(
    run: Run, pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as context:
        context.setattr(keep.Keeper, "after", lambda self, step: signal.raise_signal(signal.SIGHUP))
        settings = (*TINY[:-2], "--join", "consistency", "--encoder", "self", "--encoder-steps", 5)
        result = run(pictures, "-o", tmp_path / "run", *settings)
    assert result.exit_code == 130
    assert f"Continue with: rcl pretrain --resume -o {tmp_path / 'run'}" in result.stderr
    assert run("--resume", "-o", tmp_path / "run").exit_code == 0


def test_a_network_that_went_astray_enters_no_store(run: Run, pictures: Path, tmp_path: Path) -> None:
    result = run(pictures, "-o", tmp_path / "run", *TINY, "--lr", "1000")
    assert result.exit_code == 2
    assert "smaller --lr" in result.stderr
    assert Store.open().scan() == ([], [])


def test_two_runs_in_one_folder(run: Run, pictures: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    with locked(folder / ".lock", folder):
        result = run(pictures, "-o", folder, *TINY)
    assert result.exit_code == 2
    assert "is in use by process" in result.stderr


def test_a_store_that_cannot_be_written_does_not_keep_the_run_from_its_folder(
    run: Run, pictures: Path, tmp_path: Path, store: Path
) -> None:
    store.rmdir()
    store.write_text("no folder")
    result = run(pictures, "-o", tmp_path / "run", *TINY)
    assert result.exit_code == 1
    assert "The models will stay in" in result.stderr
    assert (tmp_path / "run" / "backbone.safetensors").is_file()


def test_a_folder_that_cannot_be_written_is_found_before_the_pictures_are_read(
    run: Run, pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setattr("rcl_cli.pretraining.session.collect", killed)
    result = run(pictures, "-o", tmp_path / "file" / "run", *TINY)
    assert result.exit_code == 2
    assert "what should be its folder is a file" in result.stderr


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_weights_that_are_no_numbers_are_neither_saved_nor_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: float
) -> None:
    tensors = {"network.a": torch.ones(2), "network.b": torch.tensor([1.0, value, value])}
    checkpoint, path = Checkpoint(tensors, Header("backbone", Domain.RGB)), tmp_path / "model.safetensors"
    words = r"2 of 3 weights of network\.b are infinite or no numbers"
    with pytest.raises(CheckpointError, match=f"{words}; the training went astray"):
        save_checkpoint(path, checkpoint)
    assert list(tmp_path.iterdir()) == []
    with monkeypatch.context() as context:
        context.setattr("rcl_cli.models.checkpoint.require_finite", lambda *_: None)
        save_checkpoint(path, checkpoint)
    with pytest.raises(CheckpointError, match=f"{words}; the file is damaged"):
        load_checkpoint(path)


def test_weights_too_large_for_half_precision_are_not_saved_so(tmp_path: Path) -> None:
    checkpoint = Checkpoint({"a": torch.tensor([1e6])}, Header("backbone", Domain.RGB))
    with pytest.raises(CheckpointError, match="float16 cannot hold them"):
        save_checkpoint(tmp_path / "model.safetensors", checkpoint, half=True)
    save_checkpoint(tmp_path / "model.safetensors", checkpoint)


def test_a_log_on_a_full_disk_ends_no_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from rcl_cli.train.log import MetricsLog

    class Full:
        room = 0
        written = b""

        def write(self, data: bytes) -> int:
            if not self.room:
                raise OSError(28, "No space left on device")
            taken = data[: self.room]
            self.room -= len(taken)
            self.written += taken
            return len(taken)

    with MetricsLog(tmp_path / "metrics.jsonl") as log:
        full = Full()
        monkeypatch.setattr(log, "_file", full)
        log.write({"step": 1})
        full.room = 5
        log.write({"step": 2})
        full.room = 1000
        log.write({"step": 3})
        monkeypatch.undo()
    assert full.written == b'{"step": 1}\n{"step": 2}\n{"step": 3}\n'


def test_the_last_state_must_be_written(tmp_path: Path) -> None:
    def full(step: int) -> None:
        raise FileError(tmp_path, "cannot be written whole, because the disk is full")

    keeper = keep.Keeper(full)
    keeper.after(1)  # no minute has passed
    with pytest.raises(FileError, match="disk is full"):
        keeper.now(2)
