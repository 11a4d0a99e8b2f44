"""Errors meant for the user: one sentence that says which file, what is wrong and what to do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
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


class UnforeseenError(FileError):
    """A fault of the program that a file brought about. `trace`: the traceback where it was met."""

    def __init__(self, path: str | Path, reason: str, trace: str = "") -> None:
        super().__init__(path, reason)
        self.trace = trace


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


@contextmanager
def blamed_on(path: Path) -> Iterator[None]:
    """What nobody foresaw in the block counts as this file's fault: UnforeseenError, so that other files go on.

    RclError and its kinds pass as they are, and what is no Exception; an OSError becomes FileError.
    """
    try:
        yield
    except RclError:
        raise
    except OSError as error:
        raise FileError(path, f"cannot be read ({error.strerror or error})") from error
    except MemoryError as error:
        raise FileError(path, "needs more memory than there is") from error
    except Exception as error:
        raise UnforeseenError(path, f"unexpected {type(error).__name__}: {' '.join(str(error).split())}") from error
