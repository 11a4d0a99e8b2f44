"""A finetuning that was stopped or killed goes on as if it had not been; what has learnt nothing is no head."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from rcl_calibration.profile import NoiseProfile
from rcl_cli.cli.main import cli
from rcl_cli.disk.locks import locked
from rcl_cli.errors import FileError, RclError
from rcl_cli.finetuning.begin import finetune
from rcl_cli.finetuning.saved import noise_from
from rcl_cli.models.header import read_header
from rcl_cli.models.store import Store
from rcl_cli.noise import FixedNoise, SensorNoise, SigmaNoise
from rcl_cli.simulate.source import ListedNoise
from rcl_cli.train import keep

SETTINGS = ("--steps", "8", "--validate-every", "3", "--batch", "2", "--crop", "24", "--width", "4", "--depth", "1")
HEAD, STATE = "head.safetensors", "state.safetensors"
Stop = Callable[[int, Callable[[], None]], None]


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(cli, ["finetune", *map(str, arguments)])


@pytest.fixture
def at_step(monkeypatch: pytest.MonkeyPatch) -> Stop:
    """Calls something after a step, once."""

    def when(number: int, event: Callable[[], None]) -> None:
        after = keep.Keeper.after
        seen: list[int] = []

        def hearing(self: keep.Keeper, step: int) -> None:
            after(self, step)
            if step == number and not seen:
                seen.append(step)
                event()

        monkeypatch.setattr(keep.Keeper, "after", hearing)

    return when


class Killed(BaseException):
    """What nobody catches."""


def killed() -> None:
    raise Killed


@pytest.mark.slow
@pytest.mark.parametrize("way", ["stopped", "killed", "killed before the first step"])
def test_a_resumed_run_is_an_unbroken_one_bit_for_bit(
    pictures: Path, tmp_path: Path, at_step: Stop, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    whole, half = tmp_path / "a" / "run", tmp_path / "b" / "run"
    arguments = ("--task", "demosaic", "--clean", pictures, *SETTINGS)
    assert run(*arguments, "-o", whole).exit_code == 0
    if way == "stopped":
        at_step(5, lambda: signal.raise_signal(signal.SIGTERM))
        assert run(*arguments, "-o", half).exit_code == 130
    else:
        monkeypatch.setattr(keep, "SAVE_EVERY_S", 0.0)
        if way == "killed":
            at_step(5, killed)
        else:
            monkeypatch.setattr("rcl_cli.finetuning.session.clean_source", lambda *_: killed())
        with pytest.raises(Killed):
            CliRunner().invoke(cli, ["finetune", *map(str, arguments), "-o", str(half)])
        monkeypatch.undo()
    resumed = run("--resume", "-o", half)
    assert resumed.exit_code == 0, resumed.output
    for name in (HEAD, STATE):
        assert (half / name).read_bytes() == (whole / name).read_bytes()
    lines = [[json.loads(line) for line in (at / "metrics.jsonl").read_text().splitlines()] for at in (whole, half)]
    assert lines[0] == lines[1]


def test_pictures_that_have_moved_are_named_and_others_refused(pictures: Path, tmp_path: Path, at_step: Stop) -> None:
    at_step(3, lambda: signal.raise_signal(signal.SIGINT))
    folder = tmp_path / "run"
    assert run("--task", "demosaic", "--clean", pictures, *SETTINGS, "-o", folder).exit_code == 130
    moved = pictures.rename(tmp_path / "moved")
    assert "does not exist" in run("--resume", "-o", folder).stderr
    assert run("--resume", "-o", folder, "--clean", moved).exit_code == 0
    (moved / "4.png").unlink()
    assert "not the pictures that the run began with" in run("--resume", "-o", folder, "--clean", moved).stderr


def test_the_newest_finetuning_of_the_store_goes_on_under_its_name(pictures: Path, store: Path, at_step: Stop) -> None:
    at_step(6, lambda: signal.raise_signal(signal.SIGTERM))
    assert run("--task", "demosaic", "--clean", pictures, *SETTINGS, "--name", "mine").exit_code == 130
    assert [model.name for model in Store(store).scan()[0]] == ["mine"]
    resumed = run("--resume")
    assert resumed.exit_code == 0, resumed.output
    assert [model.name for model in Store(store).scan()[0]] == ["mine"]


def test_a_head_is_not_compared_with_itself_where_the_run_died_after_storing_it(
    pictures: Path, store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = ("--task", "demosaic", "--clean", pictures, *SETTINGS, "--name", "mine", "-o", tmp_path / "run")
    put = Store.add_model

    def added(self: Store, source: Path, name: str = "") -> Path:
        put(self, source, name)
        raise Killed

    monkeypatch.setattr(Store, "add_model", added)
    with pytest.raises(Killed):
        CliRunner().invoke(cli, ["finetune", *map(str, arguments)])
    monkeypatch.undo()
    monkeypatch.setenv("RCL_STORE", str(store))
    head = store / "models" / "mine.safetensors"
    before = head.read_bytes()
    assert read_header(head).notes["rival"]["name"] == "shipped"
    resumed = run("--resume", "-o", tmp_path / "run")
    assert resumed.exit_code == 0, resumed.output
    assert [model.name for model in Store(store).scan()[0]] == ["mine"]
    assert head.read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--resume", "--lr", "0.1"), "keeps its settings, so leave out --lr"),
        (("--resume", "--task", "sr"), "keeps its settings, so leave out --task"),
        (("--resume",), "there is no finetuning to resume"),
        (("--resume", "-o", "nowhere"), "there is no run to resume"),
        ((), "name the task to learn"),
    ],
)
def test_what_cannot_be_resumed_is_one_sentence(arguments: tuple[str, ...], message: str) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert message in result.stderr


def test_two_runs_in_one_folder(pictures: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    with locked(folder / ".lock", folder):
        result = run("--task", "demosaic", "--clean", pictures, *SETTINGS, "-o", folder)
    assert result.exit_code == 2
    assert "is in use by process" in result.stderr


@pytest.mark.parametrize("change", [{"learning_rate": 1e4}, {"learning_rate": 1e-30}])
def test_a_head_that_has_learnt_nothing_enters_no_store(
    pictures: Path, store: Path, tmp_path: Path, change: dict[str, Any]
) -> None:
    with pytest.raises(RclError, match="no head was put into the store"):
        finetune(
            "demosaic", clean=pictures, steps=6, batch=2, crop=24, validate_every=2, output=tmp_path / "r", **change
        )
    assert Store(store).scan() == ([], [])
    assert not (tmp_path / "r" / HEAD).exists()


def test_a_store_that_cannot_be_written_does_not_keep_the_head_from_its_folder(
    pictures: Path, store: Path, tmp_path: Path
) -> None:
    store.rmdir()
    store.write_text("no folder")
    result = run("--task", "demosaic", "--clean", pictures, *SETTINGS, "-o", tmp_path / "run", "--json")
    assert result.exit_code == 1
    assert (tmp_path / "run" / HEAD).is_file()
    assert f"rcl apply --model {tmp_path / 'run' / HEAD}" in result.stderr


def test_a_disk_that_is_full_for_a_while_costs_nothing(
    pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    save = keep.Keeper.now

    def full(self: keep.Keeper, step: int) -> None:
        if step in (2, 3):
            raise FileError(tmp_path, "cannot be written whole, because the disk is full")
        save(self, step)

    monkeypatch.setattr(keep, "SAVE_EVERY_S", 0.0)
    monkeypatch.setattr(keep.Keeper, "now", full)
    assert run("--task", "demosaic", "--clean", pictures, *SETTINGS, "-o", tmp_path / "run").exit_code == 0
    (warning,) = (record.getMessage() for record in caplog.records)
    assert "the run goes on, but could not be saved at step 2" in warning


def test_a_disk_that_is_full_at_the_end_costs_the_last_minute(
    pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*arguments: Any, **options: Any) -> None:
        raise FileError(tmp_path / HEAD, "cannot be written whole, because the disk is full")

    arguments = ("--task", "demosaic", "--clean", pictures, *SETTINGS)
    assert run(*arguments, "-o", tmp_path / "a" / "run").exit_code == 0
    with monkeypatch.context() as context:
        context.setattr("rcl_cli.finetuning.session.save_run", full)
        result = run(*arguments, "-o", tmp_path / "b" / "run")
    assert (result.exit_code, "the disk is full" in result.stderr) == (2, True)
    assert run("--resume", "-o", tmp_path / "b" / "run").exit_code == 0
    assert (tmp_path / "a" / "run" / HEAD).read_bytes() == (tmp_path / "b" / "run" / HEAD).read_bytes()


PROFILE = NoiseProfile.uniform(0.1, 0.2)


@pytest.mark.parametrize(
    "noise", [SensorNoise(1e-4, 1e-3), SigmaNoise(1, 9), FixedNoise(PROFILE), ListedNoise([PROFILE, PROFILE])]
)
def test_noise_is_what_it_says_it_is(noise: Any) -> None:
    assert noise_from(noise.describe()).describe() == noise.describe()


def test_another_kind_of_noise_has_to_be_given_again() -> None:
    with pytest.raises(RclError, match="give it again"):
        noise_from({"kind": "lunar"})
