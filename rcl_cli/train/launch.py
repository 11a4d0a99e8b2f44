"""Starting a command several times, as processes that do one training together, and ending them together. Torch-free.

torchrun starts processes in the same way, on many machines too; this one needs no port, and ends with one sentence.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO

from rcl_cli.errors import RclError
from rcl_cli.train.interrupt import stop_on_interrupt

LOST = 75
"""Exit code of a process that has ended because another one had."""
INTERRUPTED = 130
_SAID = (0, 1, 2, INTERRUPTED)
"""Exit codes of a process that has said itself what there is to say."""
_MEETING, _PARENT = "RCL_MEETING", "RCL_PARENT"
_RANK, _COUNT, _LOCAL_RANK, _LOCAL_COUNT = "RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE"
_BY_VARIABLES, _WHERE = "env://", ("MASTER_ADDR", "MASTER_PORT")
_GRACE_S, _LOOK_S = 30.0, 0.05
"""How long the others have to end by themselves when one has."""


@dataclass(frozen=True)
class Place:
    """Which of the processes that train together this one is, by the variables that torchrun sets too."""

    rank: int
    """Counted from 0."""
    count: int
    local_rank: int
    """Of those on this machine."""
    local_count: int
    meeting: str
    """Where they find each other, as torch has it."""
    parent: int | None = None
    """The process that `launch` was called in."""

    @classmethod
    def here(cls, environment: Mapping[str, str] = os.environ) -> Place | None:
        """None for a process that trains alone. Raises RclError for variables that make no sense."""
        if not {_RANK, _COUNT} <= environment.keys():
            return None
        try:
            rank, count = int(environment[_RANK]), int(environment[_COUNT])
            local = int(environment.get(_LOCAL_RANK, rank)), int(environment.get(_LOCAL_COUNT, count))
            parent = int(environment[_PARENT]) if _PARENT in environment else None
        except ValueError:
            rank, count, local, parent = 1, 0, (0, 0), None
        if not 0 <= rank < count or not 0 <= local[0] < local[1]:
            raise RclError(
                f"{_RANK} and {_COUNT} are {environment[_RANK]!r} and {environment[_COUNT]!r}, which no torchrun sets;"
                " unset them to train in one process"
            )
        return cls(rank, count, *local, environment.get(_MEETING, _BY_VARIABLES), parent) if count > 1 else None

    def require_meeting(self, environment: Mapping[str, str] = os.environ) -> None:
        """Raises RclError where the variables do not say where the processes find each other."""
        missing = [name for name in _WHERE if name not in environment] if self.meeting == _BY_VARIABLES else []
        if missing:
            raise RclError(
                f"{_RANK} and {_COUNT} are set, but not {' and '.join(missing)}, which torchrun sets too;"
                f" unset {_RANK} and {_COUNT} to train in one process"
            )

    def end_with_parent(self) -> None:
        """From now on this process is asked to end, by SIGTERM, when that which has started it has gone."""
        if self.parent is None or sys.platform == "win32":
            return
        parent = self.parent

        def watch() -> None:
            while os.getppid() == parent:
                time.sleep(1.0)
            os.kill(os.getpid(), signal.SIGTERM)

        threading.Thread(target=watch, name="parent", daemon=True).start()


def started_by_another() -> bool:
    """Whether `launch` of another process has started this one, which has said what holds for all of them."""
    return _PARENT in os.environ


def launch(arguments: Sequence[str], count: int, *, listed: bytes = b"", output: IO[str] | None = None) -> int:
    """Run `rcl` with these arguments in `count` processes on this machine; the exit code of the first.

    The first alone prints: to standard error, and its JSON lines to `output`. `listed`: what each reads from standard
    input. Ctrl-C, SIGTERM and SIGHUP ask all of them to end. Raises RclError where one has been lost; no process is
    left then.
    """
    with TemporaryDirectory(prefix="rcl-processes-") as folder, ExitStack() as stack, stop_on_interrupt() as stopped:
        workers: list[_Worker] = []
        try:
            for rank in range(count):
                workers.append(_Worker.start(arguments, rank, count, Path(folder), listed, output, stack))
            _wait(workers, stopped)
        finally:
            for worker in workers:
                worker.kill()
        code = workers[0].process.returncode
        if code in _SAID:
            return code
        if stopped():
            return INTERRUPTED
        raise RclError(_why(workers))


@dataclass
class _Worker:
    rank: int
    process: subprocess.Popen[bytes]
    errors: Path | None
    """What it has written to standard error; None for the first, which everybody sees."""
    killed: bool = False

    @classmethod
    def start(
        cls,
        arguments: Sequence[str],
        rank: int,
        count: int,
        folder: Path,
        listed: bytes,
        output: IO[str] | None,
        stack: ExitStack,
    ) -> _Worker:
        place = {_RANK: rank, _LOCAL_RANK: rank, _COUNT: count, _LOCAL_COUNT: count, _PARENT: os.getpid()}
        variables = {name: str(value) for name, value in place.items()} | {_MEETING: f"file://{folder / 'meeting'}"}
        # As many threads in all as there are processors; more would be in each other's way.
        threads = {"OMP_NUM_THREADS": str(max(1, (os.cpu_count() or 1) // count))} | os.environ
        (folder / "input").write_bytes(listed)
        errors = folder / f"errors-{rank}" if rank else None
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "rcl_cli", *arguments],
            env=threads | variables,
            stdin=stack.enter_context((folder / "input").open("rb")),
            stdout=subprocess.DEVNULL if rank else _file(output),
            stderr=stack.enter_context(errors.open("wb")) if errors else None,
        )
        return cls(rank, process, errors)

    @property
    def failed(self) -> bool:
        return self.process.poll() not in (None, 0, INTERRUPTED)

    def ask_to_end(self) -> None:
        with suppress(OSError):
            self.process.terminate()

    def kill(self) -> None:
        if self.process.poll() is None:
            self.killed = True
            self.process.kill()
        self.process.wait()


def _wait(workers: Sequence[_Worker], stopped: Callable[[], bool]) -> None:
    asked, deadline = False, float("inf")
    while any(worker.process.poll() is None for worker in workers):
        if stopped() and not asked:
            asked = True
            for worker in workers:
                worker.ask_to_end()
        if any(worker.failed for worker in workers) or workers[0].process.poll() is not None:
            deadline = min(deadline, time.monotonic() + _GRACE_S)
        if time.monotonic() > deadline:
            return
        time.sleep(_LOOK_S)


def _why(workers: Sequence[_Worker]) -> str:
    """The sentence about the process that took the others with it."""
    lost = [worker for worker in workers if worker.process.returncode not in (0, LOST, INTERRUPTED)]
    first = min(lost, key=lambda worker: (worker.killed, worker.process.returncode), default=workers[0])
    code, which = first.process.returncode, f"process {first.rank + 1} of {len(workers)}"
    if code < 0:
        with suppress(ValueError):
            return f"{which} was killed by {signal.Signals(-code).name}, and the others have ended"
    said = first.errors.read_text(encoding="utf-8", errors="replace").strip() if first.errors else ""
    words = said.rpartition("\n")[2].removeprefix("Error: ")
    return f"{which} ended: {words}" if words else f"{which} ended with exit code {code}"


def _file(output: IO[str] | None) -> IO[str] | None:
    """The stream where it is one that a process can write to, else what processes write to anyway."""
    try:
        if output is not None:
            output.fileno()
            return output
    except (OSError, ValueError):
        pass
    return None
