"""`rcl apply --dask` by one worker and by two, on one machine; each has one thread for networks, and one core."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import weakref
from functools import partial
from pathlib import Path

from rcl_benchmark.speed.calibrate import raws
from rcl_benchmark.speed.names import WORKERS
from rcl_benchmark.speed.side import Case, Side, Size, Work

DASK = "workers of dask"
PACKAGES = {DASK: "distributed"}
_TASK, _FILES, _MOST_MEGAPIXELS = "denoise", 8, 4.0
_CLUSTER = """
import os
import sys
from distributed import Client, LocalCluster


def pin(core):
    for thread in os.listdir("/proc/self/task"):
        os.sched_setaffinity(int(thread), [core])


if __name__ == "__main__":
    cluster = LocalCluster(n_workers={count}, threads_per_worker=1, dashboard_address=None, host="127.0.0.1")
    if sys.platform == "linux":
        cores = sorted(os.sched_getaffinity(0))
        with Client(cluster) as client:
            for number, worker in enumerate(client.nthreads()):
                client.run(pin, cores[number % len(cores)], workers=[worker])
    print(cluster.scheduler_address, flush=True)
    sys.stdin.read()
    cluster.close()
"""


def cases(size: Size, folder: Path, missing: set[str]) -> list[Case]:
    """Some raws by each; the start of the program is left out, the models are loaded before."""
    if DASK in missing:
        return []
    megapixels = min(size.megapixels, _MOST_MEGAPIXELS)
    place = folder / f"raws-{_FILES}"
    names = {1: "one worker", 2: "two workers"}
    sides = tuple(
        Side(name, prepare=applied, arguments=(place, count), amount=_FILES * megapixels)
        for count, name in names.items()
    )
    inputs = partial(raws, place, megapixels, _FILES)
    return [Case(WORKERS, f"{_TASK}, {_FILES} raws of {megapixels:g} MP", "MP", sides, names[1], inputs)]


def applied(place: Path, count: int) -> Work:
    """`rcl apply --dask` on all raws of a folder, by so many workers."""
    from rcl_cli.inference.apply import Settings, open_batch
    from rcl_cli.inference.spread import spread

    process, address = _workers(place.parent, count)
    output = place.parent / f"spread-{count}"

    def work() -> None:
        shutil.rmtree(output, ignore_errors=True)
        batch = open_batch(_TASK, [place], output, Settings(store=place.parent / "no-store", device="cpu"))
        for outcome in spread(batch, address):
            if outcome.status != "done":
                raise RuntimeError(outcome.reason)

    weakref.finalize(work, process.communicate, "", timeout=60)
    return work


def _workers(folder: Path, count: int) -> tuple[subprocess.Popen[str], str]:
    """Start them; they end with their standard input. And the address of their scheduler."""
    program = folder / f"cluster-{count}.py"
    program.write_text(_CLUSTER.format(count=count))
    variables = {**os.environ, "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(
        [sys.executable, str(program)], stdin=-1, stdout=-1, stderr=subprocess.DEVNULL, env=variables, text=True
    )
    assert process.stdout is not None  # it is a pipe
    return process, process.stdout.readline().strip()
