"""The demo's commands exist, and a small one goes the whole way."""

from __future__ import annotations

import json
import os
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from rcl_calibration.profile import NoiseProfile
from rcl_cli.cli.commands import demo
from rcl_cli.cli.main import cli
from rcl_cli.profiles.book import save_profiles
from rcl_cli.report.demo import demo_report

SMALL = {
    "--count 8": "--count 3 --size 96",
    "--count 10": "--count 3 --size 96",
    "--preset smoke": "--preset smoke --steps 2 --encoder-steps 2",
    "--steps 300": "--steps 2 --crop 32",
}


def test_every_step_is_a_command_that_parses(tmp_path: Path) -> None:
    for part in demo.PARTS:
        (tmp_path / part).mkdir()
    context = click.Context(cli, info_name="rcl", **cli.context_settings)
    for _, words in demo.STEPS:
        verb, *arguments = words.format(tmp_path).split()
        command = cli.get_command(context, verb)
        assert command is not None
        command.make_context(verb, arguments, parent=context)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    def shrunk(words: str) -> str:
        for long, short in SMALL.items():
            words = words.replace(long, short)
        return words

    monkeypatch.setattr(demo, "STEPS", tuple((title, shrunk(words)) for title, words in demo.STEPS))


@pytest.mark.slow
@pytest.mark.usefixtures("small")
def test_a_small_demo_goes_the_whole_way(tmp_path: Path, store: Path) -> None:
    folder = tmp_path / "my demo"
    result = CliRunner().invoke(cli, ["demo", str(folder)])
    assert result.exit_code == 0, result.stderr
    assert "\n\n2/" in result.stderr  # each step has lines of its own, after an empty one
    assert str(folder / "report.html") in result.stderr
    for task in ("denoise", "demosaic", "sr", "jdensr"):
        assert len(list((folder / "results" / task).glob("*.dng"))) == 3
    steps = json.loads((folder / "demo.json").read_text())
    assert len(steps) == len(demo.STEPS)
    page = (folder / "report.html").read_text()
    assert page.count('class="pair"') == 4
    # The pictures are too small for a trusted profile; here is one, beside whose figures the truth is shown.
    save_profiles(folder / "profiles.json", [NoiseProfile.uniform(0.000777, 1e-6, camera="rcl Sample", iso=800.0)])
    page = demo_report(folder, [])
    assert "0.000777" in page
    assert "0.0008<" in page
    assert not list(store.iterdir()), "the demo must not touch the user's own store"
    assert os.environ["RCL_STORE"] == str(store)


def test_a_folder_with_other_things_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "raws").mkdir()
    (tmp_path / "raws" / "mine.dng").touch()
    for extra in ([], ["--overwrite"]):
        result = CliRunner().invoke(cli, ["demo", str(tmp_path), *extra])
        assert result.exit_code == 2
        assert "no demo made it" in result.stderr
    assert (tmp_path / "raws" / "mine.dng").exists()


def test_an_earlier_demo_is_replaced_only_on_request(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "STEPS", (("Stop", "samples"),))
    (tmp_path / "demo.json").write_text("[]")
    (tmp_path / "raws").mkdir()
    (tmp_path / "notes.txt").touch()
    kept = CliRunner().invoke(cli, ["demo", str(tmp_path)])
    assert kept.exit_code == 2
    assert "use --overwrite" in kept.stderr
    assert (tmp_path / "raws").exists()
    replaced = CliRunner().invoke(cli, ["demo", str(tmp_path), "--overwrite"])
    assert "Missing argument" in replaced.stderr
    assert not (tmp_path / "raws").exists()
    assert (tmp_path / "notes.txt").exists()


def test_a_step_that_fails_ends_the_demo_and_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "STEPS", (("Nothing there", "calibrate {0}/missing"),))
    result = CliRunner().invoke(cli, ["demo", str(tmp_path / "d")])
    assert result.exit_code == 2
    assert "the demo ends here" in result.stderr
    assert "Traceback" not in result.stderr


def test_an_interrupted_step_interrupts_the_demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted() -> None:
        raise SystemExit(130)

    monkeypatch.setattr(demo, "STEPS", (("Long", "tasks"),))
    monkeypatch.setattr(cli.get_command(click.Context(cli), "tasks"), "callback", lambda **_: interrupted())
    result = CliRunner().invoke(cli, ["demo", str(tmp_path / "d")])
    assert (result.exit_code, result.stderr.splitlines()[-1]) == (130, "Interrupted.")
