"""Memory of a network at work."""

from __future__ import annotations

import subprocess
import sys

import pytest

_FAULTS = """
import resource
import numpy as np
from rcl_cli.inference.memory import keep_freed_memory

assert keep_freed_memory()
for _ in range(2):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    block = np.ones(16_000_000, np.float32)
    del block
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


_GIVEN_BACK = """
from pathlib import Path
import numpy as np
from rcl_cli.inference.memory import give_back_freed_memory, keep_freed_memory

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096

assert keep_freed_memory()
blocks = [np.ones(8_000_000, np.float32) for _ in range(4)]
full, last = resident(), blocks.pop()
del blocks
give_back_freed_memory()
print(full - resident())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="asks the C library of Linux")
def test_what_is_free_between_what_is_used_can_be_given_back() -> None:
    done = subprocess.run([sys.executable, "-c", _GIVEN_BACK], capture_output=True, text=True, check=True)
    assert int(done.stdout) > 80_000_000


@pytest.mark.skipif(sys.platform != "linux", reason="asks the C library of Linux")
def test_pages_once_used_are_used_again() -> None:
    """64 MB are some 16 000 pages, or 30 large ones; asked for a second time they cost next to none."""
    done = subprocess.run([sys.executable, "-c", _FAULTS], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 20
