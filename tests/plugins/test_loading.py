"""One bad plugin never takes the rest down, and is named with its distribution and the reason."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from rcl_cli.cli.main import cli
from rcl_cli.cli.problems import problems
from rcl_cli.errors import PluginError
from rcl_cli.plugins import entries as plugins
from rcl_cli.pretext import get_pretext
from rcl_cli.task import get_task, load_tasks

GOOD = '''
"""Does nothing, well."""
from rcl_cli.domain import Domain
from rcl_cli.plugins.hooks import hookimpl
from rcl_cli.task import Task

class Idle(Task):
    name = "{name}"
    domains = frozenset(Domain)
    def build_head(self, domain, feature_channels): raise NotImplementedError
    def degrade(self, clean, domain, noise, rng): raise NotImplementedError

@hookimpl
def rcl_task():
    return Idle
'''

BROKEN = {
    "raises ImportError": ("import a_module_that_nobody_has", "ModuleNotFoundError"),
    "raises on import": ("raise RuntimeError('[no] luck')", "RuntimeError: [no] luck"),
    "exits on import": ("raise SystemExit(3)", "SystemExit: 3"),
    "has a syntax error": ("def", "SyntaxError"),
    "raises in its hook": (GOOD.replace("return Idle", "return 1 / 0"), "ZeroDivisionError"),
    "registers nothing": ("", "has no hook rcl_task"),
    "returns None": (GOOD.replace("return Idle", "return None"), "returns nothing"),
    "returns a number": (GOOD.replace("return Idle", "return 7"), "returns 7, which is no subclass of Task"),
    "returns an instance": (GOOD.replace("return Idle", "return Idle()"), "no subclass of Task"),
    "returns another class": (GOOD.replace("return Idle", "return dict"), "no subclass of Task"),
    "has another name": (GOOD.replace("{name}", "other"), "named 'other', its entry point 'x'"),
    "has no name": (GOOD.replace('name = "{name}"', ""), "named None"),
    "lacks a method": (GOOD.replace("def degrade(self, clean, domain, noise, rng)", "def f(self)"), "lacks degrade"),
    "has no domains": (GOOD.replace("frozenset(Domain)", "frozenset()"), "its domains are frozenset()"),
    "has odd domains": (GOOD.replace("frozenset(Domain)", "['bayer']"), "its domains are ['bayer']"),
    "has an odd scale": (GOOD.replace('name = "{name}"', 'name = "{name}"; scale = 0'), "its scale is 0"),
    "cannot be made": (GOOD + "    \n" + "Idle.__init__ = lambda self, needed: None", "cannot be made"),
    "misspells its hook": (GOOD.replace("def rcl_task", "def rcl_tsk"), "rcl_tsk"),
}

Install = Callable[..., str]


def names() -> list[str]:
    return [entry.name for entry in plugins.entries(plugins.TASKS)]


def test_our_own_tasks_come_through_entry_points() -> None:
    assert set(names()) >= {"denoise", "demosaic", "sr", "jdensr"}
    assert "rcl" in [entry.name for entry in plugins.entries(plugins.PRETEXTS)]
    assert problems() == []
    assert set(load_tasks()) == set(names())


def test_a_third_partys_task_is_one_like_ours(install: Install) -> None:
    install("Fine_Tools", "idle", GOOD)
    entry = next(entry for entry in plugins.entries(plugins.TASKS) if entry.name == "idle")
    assert (entry.source, entry.description, entry.kind) == ("fine-tools 1.2", "Does nothing, well.", "task")
    assert get_task("idle").name == "idle"
    assert "idle" in load_tasks()


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_plugin_is_named_and_the_rest_go_on(install: Install, case: str) -> None:
    source, reason = BROKEN[case]
    install("bad-tools", "x", source)
    install("good-tools", "idle", GOOD)
    with pytest.raises(PluginError, match=r"task 'x' of bad-tools 1\.2: ") as raised:
        get_task("x")
    assert reason in str(raised.value)
    assert set(load_tasks()) >= {"denoise", "demosaic", "sr", "jdensr", "idle"}
    assert [problem.entry.name for problem in problems()] == ["x"]


def test_an_entry_point_to_nowhere_is_broken_like_any_other(install: Install, tmp_path: Path) -> None:
    module = install("bad-tools", "x", "")
    (tmp_path / f"{module}.py").unlink()
    assert "x" in names()
    listed = CliRunner().invoke(cli, ["tasks"])
    assert f"Broken: task 'x' of bad-tools 1.2: its module {module} is not installed" in listed.stderr
    with pytest.raises(PluginError, match="ModuleNotFoundError"):
        get_task("x")


@pytest.mark.parametrize("value", ["my-module", "1 + 1", "", ".", "..here", "over.my-module", "a b", "x:"])
def test_what_is_no_name_of_a_module_is_broken_like_any_other(install: Install, tmp_path: Path, value: str) -> None:
    install("bad-tools", "x", "")
    announced = next(tmp_path.glob("*.dist-info")) / "entry_points.txt"
    announced.write_text(f"[rcl.tasks]\nx = {value}\n")
    listed = CliRunner().invoke(cli, ["tasks"])
    assert listed.exit_code == 0, listed.output
    assert "denoise" in listed.output
    assert "Broken: task 'x' of bad-tools 1.2: its module" in listed.stderr
    as_json = CliRunner().invoke(cli, ["tasks", "--json"]).stdout.splitlines()
    told = {line["name"]: (line["status"], line["reason"] != "") for line in map(json.loads, as_json)}
    assert (told["x"], told["denoise"]) == (("failed", True), ("done", False))
    assert get_task("denoise").name == "denoise"
    with pytest.raises(PluginError, match=r"task 'x' of bad-tools 1\.2: "):
        get_task("x")


def test_our_name_cannot_be_stolen(install: Install) -> None:
    install("aaa-thief", "denoise", GOOD)
    assert get_task("denoise").__class__.__module__ == "rcl_tasks.denoise"
    (problem,) = problems()
    assert str(problem).startswith("task 'denoise' of aaa-thief 1.2: its name is taken by rcl-cli ")


def test_of_two_third_parties_the_first_by_name_wins(install: Install) -> None:
    install("zeta", "idle", GOOD)
    install("Alpha", "idle", GOOD)
    assert next(e for e in plugins.entries(plugins.TASKS) if e.name == "idle").source == "alpha 1.2"
    (problem,) = plugins.collisions(plugins.TASKS)
    assert "of zeta 1.2: its name is taken by alpha 1.2" in str(problem)


def test_only_the_plugin_asked_for_is_loaded(install: Install) -> None:
    bystander = install("bystander", "other", "raise RuntimeError")
    wanted = install("wanted", "idle", GOOD)
    get_task("idle")
    assert wanted in sys.modules
    assert bystander not in sys.modules


@pytest.mark.parametrize(
    ("value", "expected"),
    [("", []), ("one", ["first"]), ("One, two_b", ["first", "second"]), ("nobody", []), (None, ["first", "second"])],
)
def test_the_environment_chooses_distributions(
    install: Install, monkeypatch: pytest.MonkeyPatch, value: str | None, expected: list[str]
) -> None:
    install("one", "first", GOOD)
    install("two-b", "second", GOOD)
    if value is not None:
        monkeypatch.setenv("RCL_LOAD_PLUGINS", value)
    assert [name for name in names() if name in ("first", "second")] == expected
    assert "denoise" in names()


def test_listing_reads_the_description_without_importing(install: Install) -> None:
    module = install("bad-tools", "x", '"""Says it\nin two lines."""\nraise RuntimeError')
    entry = next(entry for entry in plugins.entries(plugins.TASKS) if entry.name == "x")
    assert entry.description == "Says it"
    assert module not in sys.modules


def test_an_unknown_task_is_told_the_known_ones() -> None:
    with pytest.raises(PluginError, match=r"no task 'dnoise' \(did you mean 'denoise'\?\); there are .*denoise"):
        get_task("dnoise")


def test_a_broken_pretext_is_reported_too(install: Install) -> None:
    install("bad-tools", "x", "raise RuntimeError('no')", group="rcl.pretexts")
    with pytest.raises(PluginError, match=r"pretext 'x' of bad-tools 1\.2: fails to load \(RuntimeError: no\)"):
        get_pretext("x")


def test_the_commands_list_broken_plugins_and_go_on(install: Install) -> None:
    install("bad-tools", "x", "raise RuntimeError('[no] luck')")
    install("thief", "denoise", GOOD)
    listed = CliRunner().invoke(cli, ["plugins"])
    assert listed.exit_code == 1
    assert "bad-tools 1.2" in listed.stdout
    assert "RuntimeError: [no] luck" in listed.stdout
    assert "its name is taken by rcl-cli" in listed.stdout
    tasks = CliRunner().invoke(cli, ["tasks"])
    assert tasks.exit_code == 0
    assert "Left out: task 'denoise' of thief 1.2" in tasks.stderr


def test_a_plugin_that_nothing_asks_for_is_reported(install: Install) -> None:
    install("shadow", "png", "", group="rcl.formats")
    install("shadow", "apply", "", group="rcl.commands")
    result = CliRunner().invoke(cli, ["plugins", "--json"])
    lines = {line["name"]: line for line in map(json.loads, result.stdout.splitlines())}
    for name in ("png", "apply"):
        assert lines[name]["status"] == "failed"
        assert "rcl has this name itself" in lines[name]["reason"]
