"""What comes from outside is printed so that it cannot steer a terminal, and so that JSON stays JSON."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import unicodedata
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from rcl_cli.cli.console import new_table, print_failures, print_json_line, print_table, say
from rcl_cli.cli.main import cli
from rcl_cli.cli.visible import STEERING, visible
from rcl_cli.errors import FileError

HOSTILE = "a\x1b[2J\x1b]0;owned\x07\u202egnd\x9b31m\n[red]ok[/red] caf\udce9.dng"


def harmless(text: str) -> bool:
    return not any(unicodedata.category(letter) in ("Cc", "Cf", "Cs", "Zl", "Zp") for letter in text if letter != "\n")


def test_all_that_unicode_calls_control_or_format_is_spelled_out() -> None:
    """But signs that stand before numbers and letters, joiners, and tags of scripts that change nothing around them."""
    steering = {code for code in range(0x110000) if STEERING.match(chr(code))}
    categories = ("Cc", "Cf", "Cs", "Zl", "Zp")
    known = {code for code in range(0x110000) if unicodedata.category(chr(code)) in categories}
    bidirectional = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
    assert {code for code in known if unicodedata.bidirectional(chr(code)) in bidirectional} <= steering
    kept = known - steering
    assert {0x200C, 0x200D} <= kept
    assert all(unicodedata.category(chr(code)) == "Cf" for code in kept)
    assert len(kept) < 40


def test_letters_of_all_scripts_stay() -> None:
    names = "Schirm\u202ffoto été 写真 تصویر\u200cها 👩\u200d🚀 λ_shot [x] 20%"
    assert visible(names) == names


def test_every_way_to_print_spells_names_out(capsys: pytest.CaptureFixture[str]) -> None:
    say(HOSTILE)
    print_failures([FileError(HOSTILE, f"is {HOSTILE}")])
    table = new_table(HOSTILE, title=HOSTILE)
    table.add_row(HOSTILE)
    print_table(table)
    out, err = capsys.readouterr()
    assert harmless(out)
    assert harmless(err)
    assert r"a\x1b[2J\x1b]0;owned\x07\u202egnd\u009b31m\n[red]ok[/red] caf\xe9.dng" in err


def test_messages_of_errors_and_of_the_command_line_are_spelled_out() -> None:
    for arguments in (["apply", "--task", HOSTILE, "a"], [HOSTILE], ["info", f"--{HOSTILE}"], ["models", HOSTILE]):
        result = CliRunner().invoke(cli, arguments)
        assert result.exit_code == 2
        assert harmless(result.output), arguments
        assert r"\x1b" in result.output, arguments


def test_help_of_plugins_is_spelled_out(monkeypatch: pytest.MonkeyPatch) -> None:
    @click.command(help=HOSTILE)
    def command() -> None: ...

    monkeypatch.setattr("rcl_cli.cli.plugged.get_command", lambda name: command)
    result = CliRunner().invoke(cli, ["mine", "--help"])
    assert r"\x1b[2J" in result.output
    assert harmless(result.output)


def test_warnings_go_the_same_way() -> None:
    program = (
        "import logging\nfrom rcl_cli.cli.main import cli\n"
        "try: cli(['tasks'])\nexcept SystemExit: pass\n"
        f"logging.getLogger('rcl_cli.raw.x').warning('%s: bad', {HOSTILE!r})"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert harmless(done.stderr.decode())
    assert r"Warning: a\x1b[2J" in done.stderr.decode()


@pytest.mark.parametrize("encoding", ["utf-8", "ascii", "latin-1"])
def test_json_lines_are_utf8_and_exact_whatever_the_name(encoding: str) -> None:
    program = (
        "from pathlib import Path; from rcl_cli.cli.console import print_json_line as p\n"
        f"p({{'path': Path({HOSTILE!r}), 'output': Path('λ'), 'inner': [{HOSTILE!r}], 'half': '\\ud800'}})"
    )
    environment = {**os.environ, "PYTHONIOENCODING": encoding}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, env=environment)
    text = done.stdout.decode("utf-8")
    assert text.count("\n") == 1
    assert harmless(text)
    values = json.loads(text)
    assert values["path"] == HOSTILE.replace("\udce9", r"\xe9") == values["inner"][0]
    assert base64.b64decode(values["path_base64"]) == os.fsencode(HOSTILE)
    assert values["output"] == "λ"
    assert "output_base64" not in values
    assert values["half"] == "?"


def test_json_of_ordinary_names_is_readable(capsys: pytest.CaptureFixture[str]) -> None:
    print_json_line({"path": Path("été 写真.dng")})
    assert capsys.readouterr().out == '{"path": "été 写真.dng"}\n'
