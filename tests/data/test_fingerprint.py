from __future__ import annotations

from pathlib import Path

from rcl_cli.data.fingerprint import fingerprint


def test_fingerprint_follows_names_and_sizes_only(tmp_path: Path) -> None:
    for folder, content in (("one", "abc"), ("two", "xyz"), ("three", "abcd")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.dng").write_text(content)
    one, two, three = (fingerprint([tmp_path / f / "a.dng"]) for f in ("one", "two", "three"))
    assert one == two != three
    assert one.startswith("1 files, ")
