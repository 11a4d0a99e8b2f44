"""A disk that remembers what it was told to keep."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest


@dataclass
class Recorder:
    """Listens to syncing and renaming; knows what a power cut could leave under each name."""

    events: list[str] = field(default_factory=list)
    names: dict[int, str] = field(default_factory=dict)
    synced: dict[int, bytes] = field(default_factory=dict)
    """Contents of files by inode, as they were when they were last synced."""
    given: dict[Path, list[int]] = field(default_factory=dict)
    """Inodes that each name has been given since its folder was last synced, the one from then first."""
    waiting: set[Path] = field(default_factory=set)
    """Names that were given since their folders were last synced."""
    cut: dict[Path, set[bytes]] = field(default_factory=dict)
    """What was found under each name after a power cut at any moment so far."""

    def sync(self, inode: int, path: Path) -> None:
        if path.is_dir():
            self.events.append(f"sync {path}")
            for name, inodes in self.given.items():
                if name.parent == path:
                    del inodes[:-1]
                    self.waiting.discard(name)
        else:
            self.events.append(f"sync {inode}")
            self.synced[inode] = path.read_bytes()
        self._cut()

    def name(self, target: Path) -> None:
        inode = target.stat().st_ino
        self.events.append(f"name {target.name}")
        self.names[inode] = target.name
        self.waiting.add(target)
        self.given.setdefault(target, []).append(inode)
        self._cut()

    def _cut(self) -> None:
        # A disk may have written a new name before it was told to, never the contents.
        for name, inodes in self.given.items():
            self.cut.setdefault(name, set()).update(self.synced.get(inode, b"") for inode in inodes)

    def lines(self) -> list[str]:
        """The events, with the names that inodes got."""
        found = []
        for event in self.events:
            verb, _, rest = event.partition(" ")
            found.append(f"{verb} {self.names.get(int(rest), rest) if rest.isdigit() else rest.rpartition('/')[2]}")
        return found


@pytest.fixture
def recorder(monkeypatch: pytest.MonkeyPatch) -> Recorder:
    made = Recorder()
    fsync = os.fsync

    def synced(handle: int) -> None:
        fsync(handle)
        made.sync(os.fstat(handle).st_ino, Path(os.readlink(f"/proc/self/fd/{handle}")))  # noqa: PTH115

    def naming(call: Callable[..., Any]) -> Callable[..., Any]:
        def named(source: Any, target: Any, **options: Any) -> Any:
            result = call(source, target, **options)
            made.name(Path(os.fsdecode(target)).absolute())
            return result

        return named

    if not Path("/proc/self/fd").is_dir():
        pytest.skip("needs /proc to tell which file is synced")
    monkeypatch.setattr(os, "fsync", synced)
    for verb in ("link", "replace", "rename"):
        monkeypatch.setattr(os, verb, naming(getattr(os, verb)))
    return made
