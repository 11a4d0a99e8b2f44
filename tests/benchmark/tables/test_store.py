from __future__ import annotations

from pathlib import Path

from rcl_benchmark.tables.row import Row, SweepRow
from rcl_benchmark.tables.store import RowStore, digest

ROW = Row("table1", "rcl-emd", "denoise", "plain", "rgb", 10, 30.5, 0.2, 0.9, 0.01, 5, 12.0)


def test_rows_are_found_again_by_their_digest(tmp_path: Path) -> None:
    store = RowStore(tmp_path / "below" / "rows.jsonl")
    assert store.read() == {}
    store.append("a", ROW)
    store.append("b", ROW)
    assert store.read() == {"a": ROW, "b": ROW}


def test_rows_of_sweeps_keep_their_kind(tmp_path: Path) -> None:
    swept = SweepRow(**vars(ROW), output_psnr_db=29.0, correlation=0.5, size=1.2)
    store = RowStore(tmp_path / "rows.jsonl")
    store.append("a", ROW)
    store.append("b", swept)
    assert store.read() == {"a": ROW, "b": swept}


def test_a_line_cut_short_is_measured_again(tmp_path: Path) -> None:
    store = RowStore(tmp_path / "rows.jsonl")
    store.append("a", ROW)
    store.append("b", ROW)
    store.path.write_text(store.path.read_text()[:-20])
    assert store.read() == {"a": ROW}
    store.append("b", ROW)
    assert store.read() == {"a": ROW, "b": ROW}


def test_a_digest_changes_with_every_part_and_not_with_their_order() -> None:
    base = {"settings": {"steps": 3, "lr": 0.1}, "data": "2 files"}
    changed = [{**base, "data": "3 files"}, {**base, "settings": {"steps": 4, "lr": 0.1}}]
    assert len({digest(**parts) for parts in (base, *changed)}) == 3
    assert digest(**base) == digest(data="2 files", settings={"lr": 0.1, "steps": 3})
