"""The order in which files reach the disk: contents, then the name, then the folder that holds the name."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from rcl_cli.disk.write import atomic_path, write_bytes
from rcl_cli.errors import FileError


@pytest.mark.parametrize("overwrite", [False, True])
def test_contents_come_before_the_name_and_the_folder_after(recorder: Any, tmp_path: Path, overwrite: bool) -> None:
    target = tmp_path / "made" / "new.bin"
    if overwrite:
        write_bytes(target, b"old")
    before = len(recorder.events)
    write_bytes(target, b"contents", overwrite=overwrite)
    made = [] if overwrite else [f"sync {tmp_path.name}"]
    assert recorder.lines()[before:] == [*made, "sync new.bin", "name new.bin", "sync made"]


def test_a_power_cut_at_any_moment_leaves_the_old_or_the_new(recorder: Any, tmp_path: Path) -> None:
    target = tmp_path / "file"
    write_bytes(target, b"old")
    write_bytes(target, b"new", overwrite=True)
    assert recorder.cut[target] == {b"old", b"new"}


def test_the_recorder_sees_what_is_not_synced(recorder: Any, tmp_path: Path) -> None:
    write_bytes(tmp_path / "temporary", b"old")
    (tmp_path / "fresh").write_bytes(b"new")
    (tmp_path / "fresh").replace(tmp_path / "temporary")
    assert recorder.cut[tmp_path / "temporary"] == {b"old", b""}


def test_what_vouches_for_itself_need_not_be_synced(recorder: Any, tmp_path: Path) -> None:
    with atomic_path(tmp_path / "cached", durable=False) as temporary:
        temporary.write_bytes(b"again")
    assert recorder.lines() == ["name cached"]


def test_a_disk_that_knows_no_syncing_is_written_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unable(handle: int) -> None:
        raise OSError(22, "Invalid argument")

    monkeypatch.setattr(os, "fsync", unable)
    write_bytes(tmp_path / "file", b"whole")
    assert (tmp_path / "file").read_bytes() == b"whole"


def test_contents_that_do_not_reach_the_disk_are_not_given_a_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(handle: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", broken)
    with pytest.raises(FileError, match=f"{tmp_path / 'file'}: .*check the disk"):
        write_bytes(tmp_path / "file", b"whole")
    assert list(tmp_path.iterdir()) == []
