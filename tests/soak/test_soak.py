"""What the long run measures; `python -m tests.soak` is the long one."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from .__main__ import watched

LEAK = "import time; held = []\nfor _ in range(40): held.append((b'x' * 2_000_000, open('/dev/null'))); time.sleep(0.1)"


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="needs Linux's /proc")
def test_a_leak_of_memory_and_files_is_seen(tmp_path: Path) -> None:
    told = watched([sys.executable, "-c", LEAK], tmp_path)
    assert told["status"] == 0
    assert told["late_mb"] > told["early_mb"] + 20
    assert told["late_files"] > told["early_files"] + 10
