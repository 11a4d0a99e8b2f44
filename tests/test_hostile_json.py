"""JSON in files of others, however deep and wild it is: a sentence, or as if it were not there."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import asdict, fields
from pathlib import Path

import pytest
from click.testing import CliRunner

from rcl_cli.cli.main import cli
from rcl_cli.data.cache import _load
from rcl_cli.errors import FileError
from rcl_cli.pretraining.settings import PretrainSettings, SavedRun, load_run
from rcl_cli.raw.record import Record, read_record, sidecar
from rcl_cli.raw.tags.xmp import SOFTWARE, history_packet
from rcl_cli.samples.truth import read_truth
from rcl_cli.train.log import _step

DEEP = ["[" * 200_000, '{"a":' * 200_000, '{"format": ' + "[" * 200_000]
WILD = [
    *(None, True, 7, -1, 10**400, float("nan"), float("inf"), "", "x" * 5000, [], [1, 2]),
    *(["a"] * 4, [None] * 4, {}, {"a": 1}),
]
RECORD = Record("denoise", "m", "w", domain="bayer", camera="A", iso=100.0, black_level=(64.0,) * 4, white_level=1023.0)


def record_in(path: Path, parameters: str) -> Record | None:
    path.write_bytes(b"")
    sidecar(path).write_bytes(history_packet(SOFTWARE, parameters))
    return read_record(path)


def test_a_record_that_is_sound_is_read(tmp_path: Path) -> None:
    assert record_in(tmp_path / "a.npy", json.dumps(asdict(RECORD))) == RECORD


@pytest.mark.parametrize("text", [*DEEP, "", "[]", "7", "null", '"x"', "{}"])
def test_a_record_that_is_none(text: str, tmp_path: Path) -> None:
    assert record_in(tmp_path / "a.npy", text) is None


@pytest.mark.parametrize("name", [field.name for field in fields(Record)])
def test_a_record_with_a_wild_field_is_none_or_of_the_right_types(name: str, tmp_path: Path) -> None:
    for value in WILD:
        found = record_in(tmp_path / "a.npy", json.dumps({**asdict(RECORD), name: value}))
        if found is not None:
            assert type(getattr(found, name)) in (str, bool, int, float, tuple, type(None))
            assert all(isinstance(level, float) for level in found.black_level)
            assert found.differences(RECORD) is not None


@pytest.mark.parametrize("text", DEEP)
def test_deep_notes_of_our_own_folders(text: str, tmp_path: Path) -> None:
    for name in ("truth.json", "run.json", "cached.json"):
        (tmp_path / name).write_text(text)
    (tmp_path / "cached.npy").write_bytes(b"x")
    with pytest.raises(FileError, match="no truth file"):
        read_truth(tmp_path / "truth.json")
    with pytest.raises(FileError, match="is damaged"):
        load_run(tmp_path)
    assert _load(tmp_path / "cached.npy") is None
    assert _step(text) == float("inf")


@pytest.mark.parametrize("name", [field.name for field in fields(PretrainSettings)])
def test_a_run_with_wild_settings_is_damaged_or_sound(name: str, tmp_path: Path) -> None:
    note = json.loads(json.dumps(asdict(SavedRun(PretrainSettings(), ["a"]))))
    for value in WILD:
        note["settings"][name] = value
        (tmp_path / "run.json").write_text(json.dumps(note))
        with suppress(FileError):
            load_run(tmp_path)


@pytest.mark.parametrize("text", DEEP)
def test_verbs_on_deep_json(text: str, tmp_path: Path, store: Path) -> None:
    path = tmp_path / "deep.json"
    path.write_text(text)
    (store / "profiles.json").write_text(text)
    for arguments in (
        ["info", path],
        ["profiles", "show", path],
        ["profiles", "merge", path],
        ["simulate", tmp_path, "-o", tmp_path / "out", "--profile", path],
        ["pretrain", "--resume", "-o", tmp_path],
    ):
        result = CliRunner().invoke(cli, list(map(str, arguments)))
        assert (result.exit_code, "unexpected" in result.output) == (2, False)
