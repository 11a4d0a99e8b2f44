"""A result says in itself what made it, in every format that can, and other programs leave that in place."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from rcl_cli.raw.cfa import CFA
from rcl_cli.raw.frame import Metadata, RgbFrame
from rcl_cli.raw.picture import Picture
from rcl_cli.raw.read import read_frame
from rcl_cli.raw.record import Record, read_record
from rcl_cli.raw.tags.xmp import history, history_packet
from rcl_cli.raw.write import write_picture

from ..needs import EXIFTOOL
from .conftest import MakeFrame

RECORD = Record(
    *("demosaic", 'a "model" & <more> – λ', "0123456789ab", "auto", True, "calibrated", "0badcafe", "bayer"),
    *("Acme One", 800.0, (64.0, 64.0, 65.5, 64.0), 4095.0),
)
SAYING = (".dng", ".tif", ".png", ".jpg", ".exr")


def written(path: Path, make_frame: MakeFrame) -> Path:
    frame = make_frame(CFA.bayer("GRBG"))
    pixels = np.random.default_rng(0).uniform(0, 1, (24, 30, 3)).astype(np.float32)
    write_picture(path, Picture.from_frame(frame, pixels, record=RECORD))
    return path


@pytest.mark.parametrize("suffix", SAYING)
def test_a_result_says_what_made_it(suffix: str, make_frame: MakeFrame, tmp_path: Path) -> None:
    assert read_record(written(tmp_path / f"a{suffix}", make_frame)) == RECORD


@pytest.mark.slow
@pytest.mark.parametrize("suffix", SAYING)
def test_it_is_still_said_beside_the_metadata_of_a_source(suffix: str, tmp_path: Path) -> None:
    rgb = np.random.default_rng(0).uniform(0, 1, (24, 30, 3)).astype(np.float32)
    source = tmp_path / "source.jpg"
    write_picture(source, Picture.from_frame(RgbFrame(rgb, metadata=Metadata(make="Acme", model="One")), rgb))
    assert read_record(source) is None
    if shutil.which("exiftool"):
        told = ["-XMP:Rating=4", "-XMP-dc:Title=Dusk", "-XMP-xmpMM:HistoryAction=saved"]
        subprocess.run(["exiftool", "-q", "-overwrite_original", *told, str(source)], check=True)
    target = tmp_path / f"result{suffix}"
    write_picture(target, Picture.from_frame(read_frame(source), rgb, record=RECORD))
    assert read_record(target) == RECORD


@EXIFTOOL
@pytest.mark.parametrize("suffix", [".dng", ".tif", ".png", ".jpg"])
def test_another_program_reads_it_and_may_rewrite_the_file(suffix: str, make_frame: MakeFrame, tmp_path: Path) -> None:
    path = written(tmp_path / f"a{suffix}", make_frame)
    read = subprocess.run(
        ["exiftool", "-j", "-XMP-xmpMM:all", str(path)], capture_output=True, check=True, encoding="utf-8"
    ).stdout
    (tags,) = json.loads(read)
    assert tags["HistorySoftwareAgent"].startswith("rcl ")
    assert json.loads(tags["HistoryParameters"])["model"] == RECORD.model
    subprocess.run(["exiftool", "-q", "-overwrite_original", "-XMP:Rating=3", str(path)], check=True)
    assert read_record(path) == RECORD


@pytest.mark.parametrize(
    "content", [b"", b"no picture", b"\xff\xd8\xff\xe1\xff", b"\x89PNG\r\n\x1a\n", b"II*\0\x08\0\0\0"]
)
def test_other_files_say_nothing(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(content)
    assert read_record(path) is None
    assert read_record(tmp_path / "missing") is None


@pytest.mark.parametrize("parameters", ["", "[]", "7", "{", '{"task": 1}'])
def test_a_history_of_another_kind_is_no_record(parameters: str) -> None:
    assert history(history_packet("rcl 9", parameters)) == [("rcl 9", parameters)]


def test_a_packet_that_is_no_xml_has_no_history() -> None:
    good = history_packet("rcl 1", "{}")
    assert history(good[: len(good) // 2]) == []
    assert history(good.replace(b"<x:xmpmeta", b'<!DOCTYPE x [<!ENTITY a "b">]><x:xmpmeta')) == []


def test_differences_are_named() -> None:
    assert RECORD.differences(RECORD) == []
    assert RECORD.differences(replace(RECORD, task="sr", strength="1")) == [
        "task demosaic, not sr",
        "strength auto, not 1",
    ]
    assert RECORD.differences(replace(RECORD, weights="ffffffffffff"))[0].startswith("other weights called")
    assert RECORD.differences(replace(RECORD, levels="00000000")) == ["another noise profile"]
