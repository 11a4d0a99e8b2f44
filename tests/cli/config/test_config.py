"""`rcl.toml` gives defaults, the command line's own checks judge them, and `rcl config` says where each is from."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from rcl_cli.cli.config import files as config_files
from rcl_cli.cli.config.values import key_of, options_by_key
from rcl_cli.cli.main import cli


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder below the home folder, in which rcl runs; the user's own file would be in `tmp_path`/user."""
    folder = tmp_path / "home" / "photos" / "trip"
    folder.mkdir(parents=True)
    monkeypatch.chdir(folder)
    monkeypatch.delenv("RCL_CONFIG")
    monkeypatch.delenv("RCL_STORE")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setattr(config_files, "user_path", lambda: tmp_path / "user" / "rcl.toml")
    return folder


def rcl(*arguments: object) -> Result:
    return CliRunner().invoke(cli, [*map(str, arguments)])


def options(*arguments: object) -> dict[str, dict[str, Any]]:
    result = rcl("config", *arguments, "--json")
    lines = map(json.loads, result.stdout.splitlines())
    return {line["name"]: line for line in lines if line["kind"] == "option"}


def put(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_what_is_nearer_comes_first(here: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path / "user" / "rcl.toml", "store = '/u'\n[apply]\nstrength = 0.1\ntile = 64\nlinear = true\n")
    project = put(here.parent / "rcl.toml", "[apply]\nstrength = 0.2\ntile = 128\n")
    found = options("apply", "--strength", "0.3")
    sources = {name: (found[name]["value"], found[name]["source"]) for name in ("strength", "tile", "linear", "store")}
    assert sources == {
        "strength": ("0.3", "command line"),
        "tile": (128, "project"),
        "linear": (True, "user"),
        "store": ("/u", "user"),
    }
    assert found["tile"]["path"] == str(project)
    assert (found["device"]["value"], found["device"]["source"]) == ("auto", "built-in")
    monkeypatch.setenv("RCL_STORE", "/e")
    assert [options("apply")["store"][key] for key in ("value", "source")] == ["/e", "environment"]
    assert options("apply", "--store", "/c")["store"]["source"] == "command line"


def test_the_nearest_file_counts_and_none_above_home(here: Path) -> None:
    put(here.parents[2] / "rcl.toml", "[apply]\nstrength = 0.1\n")  # above the home folder
    assert options("apply")["strength"]["source"] == "built-in"
    put(here.parents[1] / "rcl.toml", "[apply]\nstrength = 0.2\n")
    put(here.parent / "rcl.toml", "[apply]\ntile = 64\n")
    found = options("apply")
    assert (found["strength"]["source"], found["tile"]["source"]) == ("built-in", "project")
    (here / "rcl.toml").mkdir()  # a folder is no file of options
    assert options("apply")["tile"]["source"] == "project"


def test_one_file_may_be_named_instead(here: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path / "user" / "rcl.toml", "[apply]\ntile = 64\n")
    put(here / "rcl.toml", "[apply]\nstrength = 0.2\n")
    other = put(tmp_path / "other.toml", "[apply]\nformat = 'png'\n")
    found = options("apply", "--config", other)
    assert [found[name]["source"] for name in ("format", "strength", "tile")] == ["given", "built-in", "built-in"]
    monkeypatch.setenv("RCL_CONFIG", str(other))
    assert options("apply")["format"]["source"] == "given"
    assert options("apply", "--config", os.devnull)["format"]["source"] == "built-in"
    assert rcl("--config", here / "none.toml", "tasks").exit_code == 2


def test_paths_begin_at_the_file(here: Path, tmp_path: Path) -> None:
    (here.parent / "mine.safetensors").touch()
    text = "store = 'store'\n[apply]\noutput = 'out'\nprofile = '~/p.json'\nmodel = 'mine.safetensors'\n"
    put(here.parent / "rcl.toml", text + "[finetune]\nclean = ['a', '/b', '@list', '-']\nbackbone = 'mine'\n")
    apply, finetune = options("apply"), options("finetune")
    assert apply["output"]["value"] == str(here.parent / "out")
    assert apply["store"]["value"] == str(here.parent / "store")
    assert apply["profile"]["value"] == str(tmp_path / "home" / "p.json")
    assert apply["model"]["value"] == str(here.parent / "mine.safetensors")
    assert finetune["clean"]["value"] == [str(here.parent / "a"), "/b", "@list", "-"]
    assert finetune["backbone"]["value"] == "mine"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[aply]\ntile = 1", "there is no section 'aply' (did you mean 'apply'?)"),
        ("[apply]\nstrenght = 1", "[apply] strenght: `rcl apply` has no option 'strenght' (did you mean 'strength'?)"),
        ("strength = 1", "there is no option above the sections 'strength'"),
        ("apply = 1", "apply: is no section; write [apply]"),
        ("[[apply]]\ntile = 1", "single brackets"),
        ("[apply]\nstrength = nan", "[apply] strength: give a number from 0 to 1, or auto"),
        ("[apply]\nstrength = inf", "[apply] strength: give a number from 0 to 1"),
        ("[apply]\nstrength = [1]", "[1] is neither a text in quotes nor a number"),
        ("[apply]\nstrength = true", "true is neither a text in quotes nor a number"),
        ("[apply]\ntile = 1.5", "[apply] tile: '1.5' is not a whole number"),
        ("[apply]\ntile = 0", "[apply] tile: 0 is not in the range"),
        ("[apply]\ntile = 0x" + "f" * 9999, "thousands of digits"),
        ("[apply]\ntile = " + "9" * 9999, "thousands of digits"),
        ("[apply]\noverwrite = 'yes'", '"yes" is neither true nor false'),
        ("[apply]\noverwrite = 1", "1 is neither true nor false"),
        ("[apply]\ndevice = 1979-05-27", "neither a text in quotes nor a number"),
        ("[apply]\ndevice = {a = 1}", "neither a text in quotes nor a number"),
        ('[apply]\noutput = "a\\u0000b"', "no text that could be typed"),
        ("[apply]\ndebug = true", "--debug is only for the command line"),
        ("[apply]\nconfig = 'x'", "--config is only for the command line"),
        ('[apply]\nformat = "\\u001b[2J"', "is none of auto"),
        ("[apply]\ntask = 'denose'", "denoise"),
        ("[apply\n", "line 1, column 7: "),
        ("[apply]\ntile = \n", "line 2, column 8: "),
        ("[apply]\ntile = 1\ntile = 2\n", "line 3, column 9: "),
        ("[apply]\nx = " + "[" * 5000, "nested too deeply"),
        ("[apply]\nx = " + "[" * 20 + "]" * 20, "nested too deeply"),
        ("a" + ".a" * 40_000 + " = 1", "nested too deeply"),
        ("[" + "a." * 40 + "a]", "nested too deeply"),
        ("#" * 200_000, "is larger than 100 kB"),
    ],
    ids=lambda text: str(text)[:20].encode().hex() if "\x1b" in str(text) else str(text)[:30],
)
def test_what_cannot_be_meant_is_one_sentence(text: str, said: str, here: Path) -> None:
    path = put(here / "rcl.toml", text)
    result = rcl("apply", "--task", "denoise", "none") if "task" not in text else rcl("apply", "none")
    assert result.exit_code == 2
    assert result.stderr.startswith(f"Error: {path}: ")
    assert said in result.stderr
    assert result.stderr.count("\n") == 1
    assert len(result.stderr) < 600
    assert "\x1b" not in result.stderr
    config = rcl("config", "apply")
    assert config.exit_code in (1, 2)
    assert "unexpected" not in config.output
    assert path.name in config.stderr
    assert rcl("apply", "--help").exit_code == 0


def test_bytes_and_kinds_that_are_no_file_of_options(here: Path) -> None:
    path = here / "rcl.toml"
    path.write_bytes(b"[apply]\ndevice = '\xff'\n")
    assert "line 2: is not UTF-8" in rcl("tasks").stderr or "line 2" in rcl("config").stderr
    path.write_bytes(b"\xef\xbb\xbf[apply]\r\ntile = 64\r\n")  # as Windows writes it
    assert options("apply")["tile"]["value"] == 64
    path.unlink()
    if hasattr(os, "mkfifo"):
        os.mkfifo(path)
        assert "is no file with contents" in rcl("config").stderr
        path.unlink()
    assert "is no file with contents" in rcl("config", "--config", here).stderr


@pytest.mark.slow
def test_every_option_of_every_verb_may_stand_in_a_file(here: Path) -> None:
    root = click.Context(cli, info_name="rcl")

    def verbs(context: click.Context) -> Any:
        for name in context.command.list_commands(context):  # type: ignore[attr-defined]
            command = context.command.get_command(context, name)  # type: ignore[attr-defined]
            below = click.Context(command, info_name=name, parent=context)
            if isinstance(command, click.Group):
                yield from verbs(below)
            else:
                yield below

    values = {"flag": "true", "int": "1", "float": "0.5"}
    count = 0
    for context in verbs(root):
        words = context.command_path.split()[1:]
        for key, option in options_by_key(context.command.params).items():
            kind = "flag" if option.is_flag else "int" if "Whole" in repr(type(option.type)) else "text"
            value = values.get(kind, "'x'")
            value = value if option.nargs == 1 else f"[{', '.join([value] * option.nargs)}]"
            put(here / "rcl.toml", f"[{'.'.join(words)}]\n{key.replace('-', '_')} = {value}\n")
            found = options(*words)
            assert found[key]["source"] == "project", (words, key, found[key])
            count += 1
    assert count > 150


@pytest.mark.slow
def test_only_what_is_not_typed_is_taken_and_it_is_said(here: Path) -> None:
    rcl("samples", here / "raws", "--count", "1", "--size", "64")
    put(here / "rcl.toml", "device = 'cpu'\n[apply]\ntask = 'denoise'\noutput = 'out'\nsuffix = '_x'\ndry-run = true\n")
    result = rcl("apply", "raws")
    assert result.exit_code == 0, result.output
    assert f'From {here / "rcl.toml"}: task = "denoise", output = "out"' in result.stderr
    assert str(here / "out") in result.stdout
    assert "_x.dng" in result.stdout
    put(here / "rcl.toml", "[info]\njson = true\n")
    assert json.loads(rcl("info", "raws").stdout)["kind"] == "raw"


def test_typed_options_put_away_those_that_say_the_same_otherwise(here: Path) -> None:
    put(here / "rcl.toml", "[finetune]\nprofile = 'p.json'\npairs = '.'\nsteps = 5\ndevice = 'cpu'\n")
    assert options("finetune")["profile"]["source"] == "project"
    assert options("finetune", "--shot", "0.1")["profile"]["source"] == "built-in"
    assert options("finetune", "--clean", "x")["pairs"]["source"] == "built-in"
    put(here / "rcl.toml", "[pretrain]\nprocesses = 2\nreport = 'r.html'\nsteps = 5\n")
    for words in (("--resume",), ("--preset", "smoke")):  # which say nothing of where it is done, and who hears of it
        of = options("pretrain", *words)
        assert [of[name]["source"] for name in ("processes", "report", "steps")] == [
            "project",
            "project",
            "built-in",
        ]
    put(here / "rcl.toml", "[finetune]\nsteps = 5\ndevice = 'cpu'\n")
    resumed = options("finetune", "--resume")
    assert (resumed["steps"]["source"], resumed["device"]["source"]) == ("built-in", "project")
    put(here / "rcl.toml", "[pretrain]\nsteps = 5\n")
    assert options("pretrain")["steps"]["value"] == 5
    assert options("pretrain", "--preset", "smoke")["steps"]["source"] == "built-in"


@pytest.mark.slow
def test_options_of_plugins_stand_with_the_others_or_in_a_table_of_their_own(here: Path) -> None:
    put(here / "rcl.toml", "[pretrain]\ntau = 0.5\n[pretrain.rcl]\nalpha = 2\n[pretrain.sure]\nx = 1\n")
    found = options("pretrain")
    assert (found["tau"]["value"], found["alpha"]["value"]) == (0.5, 2)
    assert options("pretrain", "--tau", "3")["tau"]["source"] == "command line"
    put(here / "rcl.toml", "[pretrain]\npretext = 'vader'\n[pretrain.rcl]\nalpha = 2\n[pretrain.restorer]\nwdth = 2\n")
    assert "alpha" not in options("pretrain")
    assert (
        "[pretrain.restorer] wdth: `rcl pretrain` has no option 'wdth' (did you mean 'width'?)"
        in rcl("pretrain", "x").stderr
    )


@pytest.mark.slow
def test_files_lie_among_pictures_unharmed(here: Path) -> None:
    rcl("samples", here / "raws", "--count", "1", "--size", "64")
    put(here / "raws" / "rcl.toml", "[apply]\ntile = 64\n")
    assert rcl("info", "raws").exit_code == 0


@pytest.mark.slow
def test_config_needs_no_more_than_a_narrow_terminal(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(here / "rcl.toml", "[apply]\nstrength = 0.5\n")
    table = rcl("config").stdout
    assert [line.split() for line in table.splitlines() if "strength" in line] == [["--strength", "0.5", "rcl.toml"]]
    assert "--tile" not in table
    assert "--tile" in rcl("config", "--all").stdout
    assert "did you mean" in rcl("config", "aply").stderr
    assert rcl("config", "profiles").exit_code == 2


@pytest.mark.slow
def test_doctor_reports_a_damaged_file_and_goes_on(here: Path) -> None:
    path = put(here / "rcl.toml", "[apply\n")
    result = rcl("doctor", "--json")
    assert result.exit_code == 0
    (found,) = [line for line in map(json.loads, result.stdout.splitlines()) if line["name"] == "defaults"]
    assert (found["status"], found["path"]) == ("failed", str(path))


def test_keys_are_long_names() -> None:
    assert key_of(click.Option(["-o", "--output", "folder"])) == "output"
    assert key_of(click.Option(["--skip/--no-skip"])) == "skip"
    assert key_of(click.Argument(["paths"])) is None
