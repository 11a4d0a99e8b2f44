"""A plugin that fails after it was loaded is named, and its failure is a failure, whatever it raises."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from click.testing import CliRunner, Result

from rcl_cli.cli.main import cli
from rcl_cli.domain import Domain
from rcl_cli.errors import PluginError
from rcl_cli.plugins.faults import PluginFault, is_users

Install = Callable[..., str]

TASK = """
import sys, torch
from torch import nn
from rcl_cli.domain import Domain
from rcl_cli.plugins.hooks import hookimpl
from rcl_cli.task import Task

class Head(nn.Module):
    def __init__(self, features, channels):
        super().__init__()
        self.last = nn.Conv2d(features, channels, 1)
    def forward(self, features, x, sigma=None):
        {forward}
        return x + self.last(features)

class Own(Task):
    name = "own"
    domains = frozenset([Domain.RGB])
    def network(self, domain):
        return "unet"
    def build_head(self, domain, feature_channels):
        {build_head}
        return Head(feature_channels, domain.channels)
    def degrade(self, clean, domain, noise, rng):
        {degrade}
        return clean, clean
    def loss(self, prediction, target):
        {loss}
        return super().loss(prediction, target)
    def metrics(self, prediction, target):
        {metrics}
        return super().metrics(prediction, target)
    def finish(self, prediction, x):
        {finish}
        return prediction

@hookimpl
def rcl_task():
    return Own
"""
PLACES = ("forward", "build_head", "degrade", "loss", "metrics", "finish")
RAISED = ("1 / 0", "sys.exit(0)", "raise KeyboardInterrupt", "raise SystemExit('bye')", "raise BaseException('x')")


def source(**lines: str) -> str:
    return TASK.format(**{place: lines.get(place, "pass") for place in PLACES})


def clean_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "clean"
    folder.mkdir()
    for number in range(2):
        pixels = np.random.default_rng(number).integers(0, 255, (48, 48, 3)).astype(np.uint8)
        cv2.imwrite(str(folder / f"{number}.png"), pixels)
    return folder


def run(*arguments: object) -> Result:
    result = CliRunner().invoke(cli, list(map(str, arguments)))
    assert "Traceback" not in result.output
    return result


def finetune(folder: Path, steps: int = 2) -> Result:
    small = ("--width", 4, "--depth", 1, "--steps", steps, "--batch", 1, "--crop", 24, "--reduce", 1)
    return run("finetune", "--task", "own", "--clean", folder, "--backbone", "none", "--network", "unet", *small)


@pytest.mark.slow
@pytest.mark.parametrize("place", [place for place in PLACES if place != "finish"])
def test_what_fails_in_training_is_named_and_keeps_no_head(
    place: str, install: Install, tmp_path: Path, store: Path
) -> None:
    raised = RAISED[PLACES.index(place) % len(RAISED)]
    install("bad-pack", "own", source(**{place: raised}))
    result = finetune(clean_folder(tmp_path))
    assert result.exit_code == 2
    assert "task 'own' of bad-pack 1.2: fails in " in result.stderr
    assert not list((store / "models").glob("*"))


@pytest.mark.slow
def test_what_fails_in_apply_is_named_and_is_that_files_failure(install: Install, tmp_path: Path, store: Path) -> None:
    flag = tmp_path / "flag"
    folder = clean_folder(tmp_path)
    install("bad-pack", "own", source(finish="prediction = self.last_touch(prediction, x)").replace(
        "@hookimpl", f"""
def last_touch(self, prediction, x):
    import pathlib
    space = dict(prediction=prediction, x=x, torch=torch, sys=sys)
    exec(pathlib.Path({str(flag)!r}).read_text(), space)
    return space["prediction"]
Own.last_touch = last_touch

@hookimpl""", 1))  # fmt: skip
    assert finetune(folder, steps=40).exit_code == 0  # better than its start
    cases = {
        "sys.exit(0)": "fails in finish (SystemExit: 0)",
        "raise KeyboardInterrupt": "fails in finish (KeyboardInterrupt)",
        "1 / 0": "fails in finish (ZeroDivisionError: division by zero)",
        "prediction = prediction * float('nan')": "gives values that are not finite numbers",
        "prediction = prediction[:, 1:]": "it must be a tensor of the prediction's shape",
        "prediction = prediction.double()": "returns torch.float64; it must be torch.float32",
        "prediction = None": "returns a NoneType",
    }
    for number, (raised, reason) in enumerate(cases.items()):
        flag.write_text(raised)
        result = run("apply", "--task", "own", folder, "-o", tmp_path / f"out{number}", "--json")
        lines = [json.loads(line) for line in result.stdout.splitlines()]
        assert [line["status"] for line in lines] == ["failed", "failed"]
        assert all("task 'own' of bad-pack 1.2" in line["reason"] and reason in line["reason"] for line in lines)
        assert (result.exit_code, list((tmp_path / f"out{number}").rglob("*.*"))) == (2, [])


WRONG_RESULTS = {
    "build_head": ("return 7", "its build_head returns a int; it must be a torch module"),
    "loss": ("return prediction", "it must be one number in a tensor"),
    "metrics": ("return 3", "it must be a dict of numbers by name"),
    "degrade": ("return clean[:, 1:], clean", "gives a target of shape"),
}


@pytest.mark.slow
@pytest.mark.parametrize("place", WRONG_RESULTS)
def test_nonsense_that_is_returned_is_named(place: str, install: Install, tmp_path: Path, store: Path) -> None:
    line, reason = WRONG_RESULTS[place]
    install("bad-pack", "own", source(**{place: line}))
    result = finetune(clean_folder(tmp_path))
    assert result.exit_code == 2
    assert "task 'own' of bad-pack 1.2" in result.stderr
    assert reason in result.stderr
    assert not list((store / "models").glob("*"))


PRETEXT = """
import sys
from rcl_cli.plugins.hooks import hookimpl
from rcl_cli.pretext import Losses, Pretext

class Odd(Pretext):
    name = "odd"
    def views(self, batch, rng):
        return {"x": batch.pictures}
    def loss(self, model, views):
        {loss}

@hookimpl
def rcl_pretext():
    return Odd
"""


@pytest.mark.slow
@pytest.mark.parametrize("raised", ["1 / 0", "sys.exit(0)", "return 7"])
def test_a_pretext_that_fails_is_named(raised: str, install: Install, tmp_path: Path, store: Path) -> None:
    install("bad-pack", "odd", PRETEXT.replace("{loss}", raised), group="rcl.pretexts")
    small = ("--width", 4, "--depth", 1, "--steps", 2, "--crop", 16, "--batch", 2, "--cache", tmp_path / "cache")
    result = run("pretrain", clean_folder(tmp_path), "--pretext", "odd", "--network", "unet", *small)
    assert result.exit_code == 2
    assert "pretext 'odd' of bad-pack 1.2: " in result.stderr
    assert ("its loss returns a int" if "7" in raised else "fails in loss") in result.stderr
    assert not list((store / "models").glob("*"))


@pytest.mark.parametrize("raised", ["sys.exit(0)", "raise KeyboardInterrupt", "raise BaseException"])
def test_what_is_raised_while_a_plugin_loads_is_no_success(raised: str, install: Install) -> None:
    install("bad-pack", "own", f"import sys\n{raised}\n")
    for arguments in (["tasks", "own"], ["apply", "--task", "own", "."], ["plugins"]):
        assert run(*arguments).exit_code in (1, 2)
    assert "broken: fails to load" in " ".join(run("plugins").stdout.split())


def test_ctrl_c_is_the_users_wherever_it_comes() -> None:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    space: dict[str, Any] = {"os": os, "signal": signal, "__name__": "somebodys_plugin"}
    exec("def work():\n    os.kill(os.getpid(), signal.SIGINT)\n    while True: pass\n", space)
    exec("def stop():\n    raise KeyboardInterrupt\n", space)
    with pytest.raises(KeyboardInterrupt) as pressed:
        space["work"]()
    assert is_users(pressed.value)
    signal.signal(signal.SIGINT, before)
    with pytest.raises(KeyboardInterrupt) as raised:
        space["stop"]()
    assert not is_users(raised.value)


def test_a_plugins_module_that_cannot_be_read_costs_its_description(install: Install, tmp_path: Path) -> None:
    module = install("deep-pack", "own", source())
    for content in (b"\xff\xfe", b"\0", b"(" * 100_000, b"-" * 200_000 + b"1"):
        (tmp_path / f"{module}.py").write_bytes(content)
        assert run("tasks").exit_code == 0


NOISY = source().replace("import sys, torch", """
import os, sys, torch
print("printed while it loads")
sys.stdout.write("written\\n")
os.write(1, b"from below Python\\n")
""")  # fmt: skip


def test_what_a_plugin_prints_is_not_among_the_json_lines(install: Install, tmp_path: Path) -> None:
    install("loud-pack", "own", NOISY)
    code = "import sys; from rcl_cli.cli.main import cli; cli()"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path])}
    for arguments in (["tasks", "own", "--json"], ["plugins", "--json"], ["models", "--json"]):
        done = subprocess.run(
            [sys.executable, "-c", code, *arguments], capture_output=True, text=True, env=environment, check=False
        )
        assert all(json.loads(line)["kind"] for line in done.stdout.splitlines())
        assert done.stdout
        for words in ("printed while it loads", "written", "from below Python"):
            assert words in done.stderr
    result = run("tasks", "own", "--json")
    assert json.loads(result.stdout)["name"] == "own"


def test_a_fault_says_who_and_where(install: Install) -> None:
    from rcl_cli.task import get_task

    install("bad-pack", "own", source(build_head="raise ValueError('two\\nlines')"))
    with pytest.raises(PluginFault) as found:
        get_task("own").build_head(Domain.RGB, 4)
    assert isinstance(found.value, PluginError)
    assert str(found.value) == "task 'own' of bad-pack 1.2: fails in build_head (ValueError: two lines)"
    assert isinstance(found.value.__cause__, ValueError)
