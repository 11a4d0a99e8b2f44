"""How a command ends before its time: by SIGKILL, or with the power of the disk that it writes to."""

from __future__ import annotations

import fcntl
import os
import signal
import struct
import subprocess
import time
from pathlib import Path

MB = 64
_SHUTDOWN, _AT_ONCE = 0x8004587D, 2
"""ext4 and XFS: nothing more reaches the disk, not even the journal. What was not synced may be lost."""
_LEAST_CARE = "data=writeback,noauto_da_alloc,commit=1"
"""Of the data before its name, and of files that are renamed: as XFS does it."""


class Killed:
    """The system stays: what was written is there."""

    def end(self, process: int) -> None:
        """At once."""
        os.kill(process, signal.SIGKILL)

    def begin_again(self) -> None:
        """Nothing is lost, so that there is nothing to do."""


class PowerCut:
    """A small disk of its own, which loses power; what was not synced is gone then. Needs root, on Linux."""

    def __init__(self, image: Path, place: Path) -> None:
        self.image, self.place = image, place
        image.write_bytes(b"")
        os.truncate(image, MB * 1_000_000)
        subprocess.run(["mkfs.ext4", "-q", "-F", image], check=True, capture_output=True)
        place.mkdir()
        self._mount()

    def end(self, process: int) -> None:
        """The disk first, as the process would go on writing."""
        self._shut_down()
        os.kill(process, signal.SIGKILL)

    def begin_again(self) -> None:
        """The power comes back, and the file system recovers."""
        self._shut_down()
        self.close()
        self._mount()

    def close(self) -> None:
        """Unmount the disk. Raises CalledProcessError where something still uses it after ten seconds."""
        for _ in range(100):
            if subprocess.run(["umount", self.place], capture_output=True).returncode == 0:
                return
            time.sleep(0.1)
        subprocess.run(["umount", self.place], check=True)

    def _shut_down(self) -> None:
        place = os.open(self.place, os.O_RDONLY)
        try:
            fcntl.ioctl(place, _SHUTDOWN, struct.pack("I", _AT_ONCE))
        finally:
            os.close(place)

    def _mount(self) -> None:
        subprocess.run(["mount", "-o", f"loop,{_LEAST_CARE}", self.image, self.place], check=True, capture_output=True)
