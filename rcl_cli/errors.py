"""Errors meant for the user: one sentence that says which file, what is wrong and what to do."""

from __future__ import annotations

from pathlib import Path


class RclError(Exception):
    """Anything that the command line reports without a traceback. `str(error)` is one sentence."""


class FileError(RclError):
    """A file or folder that cannot be used.

    Attributes: `path`, the file; `reason`, what is wrong and what to do, without the path.
    """

    def __init__(self, path: str | Path, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = Path(path)
        self.reason = reason


class CheckpointError(FileError):
    """A model file that is damaged, of another kind, or made for another domain or task."""


class PluginError(RclError):
    """A plugin that is missing, fails to load or breaks its contract; the text names its distribution."""


def is_out_of_memory(error: BaseException) -> bool:
    """True for what Python, NumPy and torch (on CUDA, MPS and the CPU) raise when an allocation fails."""
    words = ("out of memory", "not enough memory", "can't allocate memory")
    return isinstance(error, MemoryError) or (
        isinstance(error, RuntimeError) and any(word in str(error).lower() for word in words)
    )
