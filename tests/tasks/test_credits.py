"""Credits of the photographs."""

from __future__ import annotations

from pathlib import Path

from rcl_tasks.credits import licences, page, read_table

TABLE = """file\twidth\tsource\tauthor\tlicence
a.webp\t10\tgithub:x/y@1 a.jpg\tAnna | Bert\tCC0-1.0 (from a site)
b.webp\t10\tgithub:x/y@1 b.jpg\tCleo\tMIT
c.webp\t10\tgithub:x/y@1 c.jpg\tCleo\tCC0-1.0
"""


def test_every_photograph_is_credited(tmp_path: Path) -> None:
    (tmp_path / "table.tsv").write_text(TABLE, encoding="utf-8")
    rows = read_table(tmp_path / "table.tsv")
    assert licences(rows) == {"CC0-1.0": 2, "MIT": 1}
    text = page(rows)
    assert "3 photographs (2 CC0-1.0, 1 MIT)" in text
    assert r"| a.webp | Anna \| Bert | CC0-1.0 (from a site) | github:x/y@1 a.jpg |" in text


def test_the_shipped_page_has_no_photograph_that_may_not_be_used(root: Path) -> None:
    text = (root / "plugins" / "rcl_tasks" / "heads" / "PHOTOGRAPHS.md").read_text(encoding="utf-8")
    rows = [line.split(" | ") for line in text.splitlines() if ".webp" in line]
    assert len(rows) > 100
    assert {row[2].partition(" (")[0] for row in rows} <= {"CC0-1.0", "MIT", "BSD-2-Clause", "CC-BY", "CC-BY-4.0"}
