"""Standard streams that are closed, unread or without Greek letters: quiet and right, and no work is lost."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import rcl_cli
from rcl_calibration.profile import NoiseProfile
from rcl_cli.cli.streams import spelled
from rcl_cli.profiles.book import save_profiles

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform == "win32", reason="needs a shell with pipes")]
RCL = f"'{sys.executable}' -m rcl_cli"


@pytest.fixture
def store(tmp_path: Path) -> Path:
    folder = tmp_path / "store"
    save_profiles(folder / "profiles.json", [NoiseProfile.uniform(1e-3, 1e-6, camera="One", iso=100.0)])
    return folder


def shell(line: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(line, shell=True, capture_output=True, check=False, env={**os.environ, **environment})


@pytest.mark.parametrize(
    "environment",
    [
        {"PYTHONIOENCODING": "ascii"},
        {"PYTHONIOENCODING": "latin-1"},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": ""},
    ],
)
def test_greek_letters_are_spelled_where_they_cannot_be_shown(store: Path, environment: dict[str, str]) -> None:
    done = shell(f"{RCL} profiles show --store '{store}'", **environment)
    assert (done.returncode, done.stderr) == (0, b"")
    lines = done.stdout.decode("latin-1").splitlines()
    head = next(line for line in lines if "camera" in line)
    assert "lambda_shot" in head
    row = next(line for line in lines if "One" in line)
    assert row.index("0.001") + len("0.001") == head.index("lambda_shot") + len("lambda_shot")
    asked = shell(f"{RCL} simulate --help", **environment)
    assert (asked.returncode, b"lambda_shot" in asked.stdout) == (0, True)


def test_json_is_the_same_in_any_encoding(store: Path) -> None:
    line = f"{RCL} profiles show --store '{store}' --json"
    assert json.loads(shell(line, PYTHONIOENCODING="ascii").stdout) == json.loads(shell(line).stdout)


def test_standard_error_may_be_closed(store: Path) -> None:
    for more in ("", " --json"):
        line = f"{RCL} profiles show --store '{store}'{more}"
        assert shell(f"{line} 2>&-").stdout == shell(line).stdout != b""
    assert shell(f"{RCL} aply 2>&-").returncode == 2


def test_raws_are_read_with_standard_error_closed(tmp_path: Path) -> None:
    """By readers in processes of their own, which get the streams of the program."""
    mosaic = np.random.default_rng(0).integers(600, 9000, (32, 48)).astype(np.uint16)
    rcl_cli.write(tmp_path / "a.dng", rcl_cli.Raw(mosaic, "RGGB", black=512, white=16383))
    line = f"{RCL} info '{tmp_path / 'a.dng'}' --json"
    for closed in ("2>&-", "<&- 2>&-"):
        assert shell(f"{line} {closed}").stdout == shell(line).stdout != b""
    assert json.loads(shell(line).stdout)["status"] == "done"
    program = f"import rcl_cli; print(rcl_cli.read(r'{tmp_path / 'a.dng'}').mosaic.shape)"
    assert shell(f"'{sys.executable}' -c \"{program}\" 2>&-").stdout == b"(32, 48)\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a file without room")
def test_a_log_that_has_no_room_costs_no_result(tmp_path: Path) -> None:
    assert shell(f"{RCL} samples '{tmp_path / 'raws'}' --count 2 --size 64").returncode == 0
    done = shell(f"{RCL} apply --task denoise '{tmp_path / 'raws'}' -o '{tmp_path / 'out'}' --device cpu 2>/dev/full")
    assert done.returncode == 0
    assert len(list((tmp_path / "out").glob("*.dng"))) == 2
    # What was asked for, and cannot be given, is a failure.
    assert shell(f"{RCL} tasks >/dev/full").returncode == 2


def test_all_streams_may_be_closed(store: Path, tmp_path: Path) -> None:
    target = tmp_path / "out.json"
    assert shell(f"{RCL} profiles export '{target}' --store '{store}' <&- >&- 2>&-").returncode == 0
    # A message in it would mean that it had got the number of the closed stream.
    assert json.loads(target.read_text())


def test_a_reader_who_goes_loses_no_profile(tmp_path: Path) -> None:
    raws, store = tmp_path / "raws", tmp_path / "store"
    assert shell(f"{RCL} samples '{raws}' --count 3 --iso 3200 --size 256").returncode == 0
    whole = shell(f"{RCL} calibrate '{raws}' --store '{store}-whole'")
    assert b"saved" in whole.stderr
    for pipe in ("| true", "2>&1 | true"):
        done = shell(f"{RCL} calibrate '{raws}' --store '{store}' {pipe}")
        assert b"Traceback" not in done.stderr
        assert b"BrokenPipe" not in done.stderr
        assert (store / "profiles.json").is_file()
        (store / "profiles.json").unlink()


def test_a_terminal_without_colours_gets_none(store: Path) -> None:
    import pty

    master, slave = pty.openpty()
    environment = {**os.environ, "NO_COLOR": "1", "TERM": "xterm", "COLUMNS": "80"}
    line = [sys.executable, "-m", "rcl_cli", "profiles", "show", "--store", str(store)]
    subprocess.run(line, stdout=slave, stderr=slave, env=environment, check=True)
    os.close(slave)
    shown = os.read(master, 100_000).decode()
    os.close(master)
    assert "λ_shot" in shown
    assert not any(f"\x1b[{color}" in shown for color in (*range(30, 38), *range(90, 98)))


PROGRAM = """
from rcl_cli.cli.console import json_lines_alone, print_json_line, progress
with json_lines_alone(), progress(2, "Reading") as bar:
    for i in range(2):
        print_json_line({"i": i})
        bar.advance()
"""


def test_json_lines_on_a_terminal_are_not_glued_to_a_bar() -> None:
    import pty

    master, slave = pty.openpty()
    environment = {**os.environ, "TERM": "xterm"}
    subprocess.run([sys.executable, "-c", PROGRAM], stdout=slave, stderr=slave, env=environment, check=True)
    os.close(slave)
    shown = os.read(master, 100_000).decode()
    os.close(master)
    assert [json.loads(line) for line in shown.splitlines()] == [{"i": 0}, {"i": 1}]


def test_what_is_spelled_can_be_encoded() -> None:
    for encoding in ("ascii", "latin-1", "cp1252", "cp437"):
        text = spelled("λ_shot σ(0.18) 2×2 ± – … ☃ \U0001f600 ' é", encoding)
        assert text.encode(encoding).decode(encoding) == text
    assert spelled("é ±", "latin-1") == "é ±"
