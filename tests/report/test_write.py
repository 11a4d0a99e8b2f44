"""An earlier report is replaced; nothing else ever is."""

from __future__ import annotations

from pathlib import Path

import pytest

from rcl_cli.errors import FileError
from rcl_cli.report.kit import html
from rcl_cli.report.kit.write import check_target, write_report


def test_only_a_report_is_replaced(tmp_path: Path) -> None:
    target = tmp_path / "new" / "report.html"
    write_report(target, html.page("First", "", []))
    write_report(target, html.page("Second", "", []))
    assert "Second" in target.read_text()
    photo = tmp_path / "photo.dng"
    photo.write_bytes(b"II*\0 precious")
    for call in (lambda: check_target(photo), lambda: write_report(photo, html.page("Third", "", []))):
        with pytest.raises(FileError, match="no report of rcl"):
            call()
    assert photo.read_bytes() == b"II*\0 precious"
    write_report(photo, html.page("Third", "", []), overwrite=True)
    assert [path.name for path in tmp_path.iterdir() if path.name[0] == "."] == []


def test_a_folder_and_a_dangling_link_are_no_targets(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "nowhere" / "x")
    for name in ("folder", "link"):
        with pytest.raises(FileError):
            check_target(tmp_path / name, overwrite=name == "folder")


def test_letters_that_no_file_name_should_have(tmp_path: Path) -> None:
    write_report(tmp_path / "a.html", html.page("\udcff", "", []))
    assert "\\udcff" in (tmp_path / "a.html").read_text(encoding="utf-8")
