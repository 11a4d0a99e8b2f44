"""Measuring the cells of a table: pretraining what they need, in pieces that can be interrupted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass

from rcl_cli.benchmark.tables.jobs import Job, run_jobs
from rcl_cli.benchmark.tables.pretrained import Workshop, backbone, self_encoder
from rcl_cli.benchmark.tables.row import Row
from rcl_cli.benchmark.tables.store import RowStore, digest
from rcl_cli.benchmark.tables.tables import Cell
from rcl_cli.benchmark.tables.version import protocol_version
from rcl_cli.data.pairs import Pair
from rcl_cli.domain import Domain
from rcl_cli.evaluate.labels import Degradation, PictureFiles, fixed_pairs
from rcl_cli.evaluate.protocol import Outcome, measure, run_protocol
from rcl_cli.evaluate.start import Interpolation, Start
from rcl_cli.nn.unet import UNetConfig
from rcl_cli.noise import SigmaNoise
from rcl_cli.plugins import get_task

ROWS = "rows.jsonl"
DOMAIN = Domain.RGB
_ENCODER_JOB = "encoder"
_LEAST_TEST_SIDE = 48


@dataclass(frozen=True)
class Measurement:
    """Cells, and what is left to do for them."""

    workshop: Workshop
    keys: Mapping[Cell, str]
    """Each cell's digest."""
    known: Mapping[str, Row]
    """Rows of the work folder."""
    jobs: Sequence[Job]

    @classmethod
    def plan(cls, workshop: Workshop, cells: Sequence[Cell]) -> Measurement:
        """Raises RclError where a method cannot be set up."""
        known = RowStore(workshop.work / ROWS).read()
        keys = {cell: cell_key(workshop, cell) for cell in cells}
        return cls(workshop, keys, known, plan([cell for cell in cells if keys[cell] not in known], workshop))

    def rows(self, workers: int = 1, on_job: Callable[[str], None] = lambda name: None) -> Iterator[Row]:
        """The row of each cell: the known ones, then each as it is measured. `on_job` hears of each job that is done.

        Raises RclError where a job fails; what was done till then stays in the work folder.
        """
        yield from (self.known[key] for key in self.keys.values() if key in self.known)
        store = RowStore(self.workshop.work / ROWS)
        for job, result in run_jobs(self.jobs, workers):
            if isinstance(result, Row):
                store.append(self.keys[job.arguments[1]], result)
                yield result
            on_job(job.name)


def plan(cells: Sequence[Cell], workshop: Workshop) -> list[Job]:
    """The encoder, the backbones and the cells, in an order in which rows come early."""
    jobs: dict[str, Job] = {}
    for cell in cells:
        needs = frozenset[str]()
        if cell.method.pretrained and not workshop.is_ready(cell.method, cell.network):
            name = f"pretrain {cell.method.name}, {cell.network}"
            needs = frozenset([name])
            shared = workshop.shares_encoder(cell.method)
            if shared:
                jobs.setdefault(_ENCODER_JOB, Job(_ENCODER_JOB, self_encoder, (workshop,)))
            before = frozenset([_ENCODER_JOB] if shared else [])
            jobs.setdefault(name, Job(name, backbone, (workshop, cell.method, cell.network), before))
        jobs[cell.title] = Job(cell.title, measure_cell, (workshop, cell), needs)
    return list(jobs.values())


def known_rows(workshop: Workshop, cells: Sequence[Cell]) -> list[Row]:
    """The rows of the work folder, of those cells that are in it."""
    known = RowStore(workshop.work / ROWS).read()
    keys = [cell_key(workshop, cell) for cell in cells]
    return [known[key] for key in keys if key in known]


def cell_key(workshop: Workshop, cell: Cell) -> str:
    """A digest of everything that decides a row."""
    preset = workshop.preset
    backbone_key = workshop.key(cell.method, cell.network) if cell.method.pretrained else ""
    return digest(
        cell={"table": cell.table, "name": cell.name, "task": cell.task, "network": cell.network},
        protocol=asdict(cell.protocol) if cell.protocol else None,
        backbone=backbone_key,
        network=[preset.pretrain.width, preset.pretrain.depth],
        noise=preset.pretrain.sigma_range,
        test=[preset.test_side, preset.pretrain.seed],
        data=workshop.data.fingerprint,
        code=protocol_version(type(get_task(cell.task))),
    )


def measure_cell(workshop: Workshop, cell: Cell) -> Row:
    """One row; its backbone is ready."""
    degradation = degradation_of(workshop, cell.task)
    start = _start(workshop, cell)
    tests = tests_of(workshop, degradation, start.config.multiple)
    if cell.protocol is None:
        figures = measure(degradation.task, Interpolation(degradation.task, DOMAIN), tests, workshop.device)
        return _row(cell, Outcome((figures,), 0.0), None)
    outcome = run_protocol(cell.protocol, start, degradation, _labels(workshop), tests, workshop.device)
    labels = len(workshop.data.train) if cell.protocol.labels is None else cell.protocol.labels
    return _row(cell, outcome, labels)


def degradation_of(workshop: Workshop, task: str) -> Degradation:
    """The task with the noise of the tables."""
    low, high = workshop.preset.pretrain.sigma_range or (0.0, 0.0)
    return Degradation(get_task(task), DOMAIN, SigmaNoise(low, high))


def tests_of(workshop: Workshop, degradation: Degradation, multiple: int) -> list[Pair]:
    """The test pictures, the same for all methods."""
    pictures = PictureFiles(workshop.data.test, _LEAST_TEST_SIDE, linear=True)
    return fixed_pairs(pictures, degradation, workshop.preset.test_side, multiple, workshop.preset.pretrain.seed)


def _labels(workshop: Workshop) -> PictureFiles:
    return PictureFiles(workshop.data.train, workshop.preset.pretrain.crop, linear=True)


def _start(workshop: Workshop, cell: Cell) -> Start:
    if cell.method.pretrained:
        return Start.load(backbone(workshop, cell.method, cell.network), DOMAIN)
    settings = workshop.settings(cell.method, cell.network)
    return Start(UNetConfig(DOMAIN.channels, settings.width, settings.depth, settings.skip))


def _row(cell: Cell, outcome: Outcome, labels: int | None) -> Row:
    return Row(
        cell.table,
        cell.name,
        cell.task,
        cell.network,
        DOMAIN.value,
        labels,
        outcome.mean("psnr_db"),
        outcome.std("psnr_db"),
        outcome.mean("ssim"),
        outcome.std("ssim"),
        len(outcome.trials),
        round(outcome.seconds, 1),
    )
