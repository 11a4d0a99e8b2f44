"""Every numeric option of every verb refuses what is no usable number, in one sentence that names the option."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click
import cv2
import numpy as np
import pytest
from click.testing import CliRunner, Result

from rcl_cli.cli.main import cli
from rcl_cli.errors import RclError
from rcl_cli.evaluate.settings import Protocol
from rcl_cli.plugins.options import option, read_options
from rcl_cli.pretraining.settings import PretrainSettings

HUGE = "9" * 5000
NEVER = ("nan", "NaN", "inf", "-inf", "1e400", "-1", HUGE, f"-{HUGE}", "", "x", "1e", "0x10", "1;rm")
ONLY_FOR_WHOLE = ("1.5", "1e3", "99999999999999999999")
NUMERIC = (click.types.IntParamType, click.types.FloatParamType)


def verbs() -> Iterator[tuple[tuple[str, ...], click.Command]]:
    context = click.Context(cli)
    for name in cli.list_commands(context):
        command = cli.get_command(context, name)
        assert command is not None
        yield from walk((name,), command)


def walk(path: tuple[str, ...], command: click.Command) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    yield path, command
    for name, below in command.commands.items() if isinstance(command, click.Group) else ():
        yield from walk((*path, name), below)


def kinds(parameter: click.Parameter) -> list[click.ParamType]:
    return list(parameter.type.types) if isinstance(parameter.type, click.Tuple) else [parameter.type]


def numeric() -> list[tuple[str, str]]:
    found = []
    for path, command in verbs():
        for parameter in command.params:
            if isinstance(parameter, click.Option) and any(isinstance(kind, NUMERIC) for kind in kinds(parameter)):
                found.append((" ".join(path), parameter.opts[-1]))
    return found


SPELLED = [  # numbers behind a callback
    ("apply", "--strength"), ("pretrain", "--cache-size"), ("pretrain", "--encoder-layers"), ("samples", "--size"),
    ("samples", "--iso"),
]  # fmt: skip
OPTIONS = [*numeric(), *SPELLED]


def needed(command: click.Command, tried: click.Parameter) -> list[str]:
    """What else the verb wants, so that it fails by nothing but the option tried."""
    words = []
    for parameter in command.params:
        if parameter.required and parameter is not tried:
            value = "denoise" if "--task" in parameter.opts else "."
            words += [parameter.opts[-1], value] if isinstance(parameter, click.Option) else [value]
    return words


def test_there_are_options_to_try() -> None:
    assert len(OPTIONS) > 30
    assert {verb for verb, _ in OPTIONS} >= {"apply", "simulate", "samples", "finetune", "judge", "pretrain"}


def one_sentence(result: Result, named: str) -> None:
    assert result.exit_code == 2
    assert "Traceback" not in result.output
    assert "unexpected" not in result.output
    (line,) = [line for line in result.stderr.splitlines() if line.startswith("Error: ")]
    assert named in result.stderr
    assert len(line) < 400


@pytest.mark.parametrize(("verb", "name"), OPTIONS)
def test_what_is_no_usable_number_is_refused(verb: str, name: str, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    command = next(command for path, command in verbs() if " ".join(path) == verb)
    parameter = next(p for p in command.params if name in p.opts)
    whole = all(isinstance(kind, click.types.IntParamType) for kind in kinds(parameter))
    for value in (*NEVER, *(ONLY_FOR_WHOLE if whole else ())):
        values = [value] * parameter.nargs
        result = CliRunner().invoke(cli, [*verb.split(), *needed(command, parameter), name, *values])
        one_sentence(result, name)
    assert list(tmp_path.iterdir()) == []


class Owner:
    name = "odd"

    @dataclass(frozen=True)
    class Options:
        count: int = option(1, least=1)
        size: float = option(1.0, above=0)
        free: float | None = option(None)
        word: str = option("a", choices=("a", "b"))
        yes: bool = option(True)


@pytest.mark.parametrize("name", ["count", "size", "free", "word", "yes"])
@pytest.mark.parametrize(
    "value", ["nan", "inf", "1e400", HUGE, float("nan"), float("inf"), 10**400, -(10**400), [], {}, [1], None]
)
def test_nor_is_it_an_option_of_a_plugin(name: str, value: object) -> None:
    if name == "free" and value is None:
        return
    with pytest.raises(RclError) as found:
        read_options(Owner, {name: value})
    assert len(str(found.value)) < 200


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 0.0, -1.0])
def test_settings_in_python_refuse_it_too(value: float) -> None:
    with pytest.raises(RclError, match="--lr"):
        PretrainSettings(lr=value)
    with pytest.raises(RclError, match="--lr"):
        Protocol(lr=value)
    for range in ((0.0, float("inf")), (float("nan"), 1.0), (-1.0, 1.0)):
        with pytest.raises(RclError, match="--sigma-range"):
            PretrainSettings(sigma_range=range)


def picture(path: Path) -> None:
    path.parent.mkdir(exist_ok=True)
    cv2.imwrite(str(path), np.random.default_rng(0).integers(0, 255, (48, 48, 3)).astype(np.uint8))


def test_simulate_into_the_folder_of_its_inputs(tmp_path: Path) -> None:
    """Results are no inputs the next time; where nothing else is there, that is said."""
    picture(tmp_path / "in" / "a.png")
    (tmp_path / "link").symlink_to(tmp_path / "in")
    for output in ("in", "in/", "in/../in", "link"):
        result = CliRunner().invoke(cli, ["simulate", str(tmp_path / "in"), "-o", f"{tmp_path}/{output}"])
        assert result.exit_code == 0
    found = sorted(path.relative_to(tmp_path / "in").as_posix() for path in (tmp_path / "in").rglob("*.*"))
    assert found == ["a.png", "clean/a.tif", "noisy/a.tif", "truth.json"]
    (tmp_path / "in" / "a.png").unlink()
    result = CliRunner().invoke(cli, ["simulate", str(tmp_path / "in"), "-o", str(tmp_path / "in")])
    one_sentence(result, "where results go")
    for folder in ("noisy", "clean"):
        result = CliRunner().invoke(cli, ["simulate", str(tmp_path / "in" / folder), "-o", str(tmp_path / "in")])
        one_sentence(result, "is also the input folder")


@pytest.mark.parametrize("verb", ["finetune", "pretrain"])
@pytest.mark.parametrize(
    "name",
    ["../../x", "/tmp/x", "a/b", "..", ".", ".hidden", "a\0b", "a\nb", "x" * 300, "\x1b[2J", " ", "none"],
)
def test_names_are_names(verb: str, name: str, tmp_path: Path, store: Path) -> None:
    picture(tmp_path / "in" / "a.png")
    given = {"finetune": ["--task", "denoise", "--clean"], "pretrain": []}[verb]
    result = CliRunner().invoke(cli, [verb, *given, str(tmp_path / "in"), "--name", name])
    one_sentence(result, "")
    assert not list(tmp_path.parent.glob("x*"))
    assert not list(store.rglob("*.safetensors"))
