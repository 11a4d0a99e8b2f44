from __future__ import annotations

from pathlib import Path

from rcl_benchmark.engine.records import Records, digest

ROW = {"method": "rcl-emd", "psnr_db": 30.5, "labels": None}


def test_results_are_found_again_by_their_digest(tmp_path: Path) -> None:
    records = Records(tmp_path / "below" / "records.jsonl")
    assert records.read() == {}
    records.append({"a": ROW, "b": {}})
    records.append({"c": ROW})
    assert records.read() == {"a": ROW, "b": {}, "c": ROW}


def test_a_line_cut_short_is_left_out(tmp_path: Path) -> None:
    records = Records(tmp_path / "records.jsonl")
    records.append({"a": ROW, "b": ROW})
    records.path.write_text(records.path.read_text()[:-20])
    assert records.read() == {"a": ROW}
    records.append({"b": ROW})
    assert records.read() == {"a": ROW, "b": ROW}


def test_lines_of_other_kinds_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "records.jsonl"
    path.write_bytes(b'[1]\n{"key": [0, "sensor"]}\n\xff\n{"digest": 3}\n{"digest": "a", "x": 1}\n')
    assert Records(path).read() == {"a": {"x": 1}}


def test_a_digest_changes_with_every_part_and_not_with_their_order() -> None:
    base = {"settings": {"steps": 3, "lr": 0.1}, "data": "2 files"}
    changed = [{**base, "data": "3 files"}, {**base, "settings": {"steps": 4, "lr": 0.1}}]
    assert len({digest(**parts) for parts in (base, *changed)}) == 3
    assert digest(**base) == digest(data="2 files", settings={"lr": 0.1, "steps": 3})
