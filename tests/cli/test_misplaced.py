"""Mistyped and misplaced words are answered by what was meant, as a command line that can be typed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from rcl_cli.cli.fitting import fitting
from rcl_cli.cli.main import cli
from rcl_cli.cli.misplaced import line
from rcl_cli.cli.options.formats import format_name
from rcl_cli.cli.options.words import Word
from rcl_cli.errors import PluginError, RclError
from rcl_cli.models.store import Store
from rcl_cli.suggest import closest


@pytest.fixture
def card(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder called `card` in the current one."""
    folder = tmp_path / "card"
    folder.mkdir()
    monkeypatch.chdir(tmp_path)
    return folder


def _said(arguments: str) -> str:
    result = CliRunner().invoke(cli, arguments.split())
    assert result.exit_code == 2
    assert "Traceback" not in result.stderr
    return " ".join(result.stderr.split())


MEANT = {
    "aply card": "rcl apply card",
    "Apply card": "rcl apply card",
    "calib card": "rcl calibrate card",
    "finetun": "rcl finetune",
    "denoise card": "rcl apply --task denoise card",
    "denoise card -o out": "rcl apply --task denoise card -o out",
    "denose card": "rcl apply --task denoise card",
    "super card": None,
    "sr card": "rcl apply --task sr card",
    "demosaick card": "rcl apply --task demosaic card",
    "vader card": "rcl pretrain --pretext vader card",
    "unet card": "rcl pretrain --network unet card",
    "stamp card": "rcl profiles stamp card",
    "shwo": "rcl profiles show",
    "card": "rcl apply --task denoise card",
    "card apply --task sr": "rcl apply card --task sr",
    "help aply": "rcl apply --help",
    "apply card": "rcl apply --task denoise card",
    "apply denoise card": "rcl apply --task denoise card",
    "apply help": "rcl apply --help",
    "--apply card": "rcl apply",
    "--task denoise card": "rcl apply --task denoise",
    "taks list": "rcl tasks",
    "taks denoise": "rcl tasks denoise",
    "task --json": "rcl tasks --json",
    "model rm card": "rcl models",
    "plugin list": "rcl plugins",
    "profils list": "rcl profiles",
    "profils shw card": "rcl profiles show card",
    "profils --help": "rcl profiles --help",
    "profile lst card": "rcl profiles",
    "log mrge card": "rcl logs merge card",
    "benchmrk calibrat": "rcl benchmark calibrate",
    "aply card --taks denoise": "rcl apply card",
    "aply card --task denose": "rcl apply card",
    "aply --task": "rcl apply",
    "denoise card --nonsense 3": "rcl apply --task denoise card",
    "stmp card --nonsense": "rcl profiles stamp card",
    "card apply --nonsense": "rcl apply card",
}


@pytest.mark.parametrize(("typed", "meant"), MEANT.items())
def test_a_wrong_word_is_answered_by_the_command_that_was_meant(card: Path, typed: str, meant: str | None) -> None:
    said = _said(typed)
    assert f"`{meant or 'rcl --help'}`" in said, said


@pytest.mark.parametrize("meant", sorted({meant for meant in MEANT.values() if meant}))
def test_what_is_proposed_is_a_command_line(card: Path, meant: str) -> None:
    _, verb, *words = meant.split()
    context = click.Context(cli)
    command = cli.get_command(context, verb)
    while isinstance(command, click.Group) and words and words[0] != "--help":
        command = command.get_command(context, words.pop(0))
    assert command is not None
    options = {word for word in words if word.startswith("-")}
    assert options <= {"--help"} | {option for parameter in command.params for option in parameter.opts}


OPTIONS = {
    "apply --taks denoise card": "--task",
    "apply -task denoise card": "--task",
    "apply --task denoise --overwite card": "--overwrite",
    "apply --task denose card": "denoise",
    "apply --task denoise --format TIFFF card": "tiff",
    "pretrain --preset papr card": "paper",
    "pretrain --pretxt rcl card": "--pretext",
    "pretrain --network unett card": "unet",
    "pretrain --pretext vadr card": "vader",
    "pretrain --option alhpa=1 card": "alpha",
    "pretexts rlc": "rcl",
    "networks restorr": "restorer",
    "samples out --kind leafs": "leaves",
    "calibrate --by camra card": "camera",
    "profiles export out --format darktabel": "darktable",
}


@pytest.mark.parametrize(("typed", "meant"), OPTIONS.items())
def test_a_mistyped_option_or_name_is_answered_by_the_right_one(card: Path, typed: str, meant: str) -> None:
    said = _said(typed).lower()
    assert "did you mean" in said, said
    assert f"'{meant}'" in said.partition("did you mean")[2], said


@pytest.mark.parametrize("name", ["-dash.dng", "--odd.dng", "-s"])
def test_a_file_whose_name_looks_like_an_option_is_answered_by_how_to_name_it(card: Path, name: str) -> None:
    Path(name).touch()
    assert f"The file of that name is ./{name}." in _said(f"calibrate {name}")


def test_a_mistyped_model_is_answered_by_one_of_the_store(card: Path) -> None:
    (card / "models").mkdir()
    (card / "models" / "my-night-head.safetensors").touch()
    with pytest.raises(RclError, match=r"did you mean 'my-night-head'\?"):
        Store(card).resolve("my-nigth-head")


def test_a_verb_whose_plugin_is_broken_is_still_proposed() -> None:
    def broken(name: str) -> click.Command:
        raise PluginError("its module cannot be imported")

    assert fitting(["benchmark", "calibrate"], broken) == ["benchmark"]


def test_a_long_line_that_does_not_fit_is_cut_in_no_time() -> None:
    found = fitting(
        ["apply", "--nonsense", *["card"] * 100_000], lambda name: cli.get_command(click.Context(cli), name)
    )
    assert found == ["apply"]


def test_help_before_a_verb_is_its_help() -> None:
    for words in ([], ["apply"], ["profiles", "show"]):
        asked, usual = (CliRunner().invoke(cli, line) for line in (["help", *words], [*words, "--help"]))
        assert asked.exit_code == usual.exit_code == 0
        assert asked.stdout == usual.stdout


def test_a_missing_task_names_the_tasks(card: Path) -> None:
    for typed in ("apply card", "evaluate --pairs card", "judge b --clean card --test card", "finetune --clean card"):
        said = _said(typed)
        assert "--task" in said
        for task in ("denoise", "demosaic", "sr", "jdensr"):
            assert task in said


@pytest.mark.parametrize(
    ("typed", "taken"),
    [("tif", "tiff"), ("jpg", "jpeg"), ("TIFF", "tiff"), (".DNG", "dng"), ("Auto", "auto"), ("JPG", "jpeg")],
)
def test_formats_are_known_by_their_suffixes_and_in_capitals(typed: str, taken: str) -> None:
    assert format_name(click.Context(cli), click.Option(["--format"]), typed) == taken


def test_words_may_be_in_capitals() -> None:
    assert Word(["image", "camera"]).convert("Camera", None, None) == "camera"


def test_nothing_is_proposed_where_nothing_is_like_it() -> None:
    assert closest("q", ["apply", "samples"]) is None
    assert closest("", ["apply"]) is None
    assert closest("x" * 10_000, ["apply"]) is None
    assert closest("key-views", ["key_views"]) == "key_views"


def test_a_proposed_line_is_quoted_and_short() -> None:
    assert line("apply", "--task", "sr", "a b") == "`rcl apply --task sr 'a b'`"
    assert len(line(*["x"] * 1000)) < 40


@pytest.mark.slow
def test_a_wrong_word_is_answered_without_numpy() -> None:
    program = (
        "import sys\nfrom rcl_cli.cli.main import cli\ntry:\n    cli(['denose', 'card'])\n"
        "finally:\n    print(sorted(name for name in sys.modules if name in ('numpy', 'torch')))"
    )
    finished = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert finished.stdout.strip() == "[]"
