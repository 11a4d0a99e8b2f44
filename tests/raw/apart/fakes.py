"""What files can do to whoever reads them."""

from __future__ import annotations

import ctypes
import logging
import os
import signal
import sys
from pathlib import Path

import numpy as np

from rcl_cli.errors import FileError
from rcl_cli.raw.frame import RawFrame, raw_frame


def read_fake(path: Path, *, does: str) -> RawFrame | int:
    """Read a file of which the test says what it brings about."""
    match does:
        case "hang":
            while True:
                pass
        case "sleep in a library":
            ctypes.CDLL(None).sleep(600)
        case "crash":
            os.kill(os.getpid(), signal.SIGSEGV)
        case "follow a null pointer":
            ctypes.string_at(0)
        case "abort":
            os.abort()
        case "leave":
            os._exit(0)
        case "sys.exit":
            sys.exit(0)
        case "eat memory":
            eaten = []
            while True:
                eaten.append(np.ones(1 << 24, np.uint8))
        case "divide by zero":
            return 1 // 0
        case "damaged":
            raise FileError(path, "is damaged")
        case "of another file":
            raise FileError(path.with_name("other.xmp"), "is damaged")
        case "no permission":
            raise PermissionError(13, "Permission denied")
        case "warn":
            for number in range(100):
                logging.getLogger("fakes").warning("%s: %d %s", path, number, "x" * 5000)
        case "print":
            print("this is no answer", flush=True)
            os.write(1, b"nor is this\n")
    return raw_frame(np.arange(24).reshape(4, 6), "RGGB", white=100, iso=os.getpid(), make=path.name)


def read_named(path: Path) -> str:
    """As `read_fake`, of files that are called after what they do; the name of any other."""
    read_fake(path, does=path.stem)
    return path.name
