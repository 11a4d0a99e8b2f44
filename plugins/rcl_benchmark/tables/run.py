"""Measuring the cells of a table: pretraining what they need, in pieces that can be interrupted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rcl_benchmark.tables.camera import LitPictures
from rcl_benchmark.tables.jobs import Job, run_jobs
from rcl_benchmark.tables.pretrained import Workshop, backbone, self_encoder
from rcl_benchmark.tables.residual import with_residual
from rcl_benchmark.tables.row import Row
from rcl_benchmark.tables.store import RowStore, digest
from rcl_benchmark.tables.tables import Cell
from rcl_benchmark.tables.version import code_version, protocol_version
from rcl_cli.data.pairs import Degradation, Pair
from rcl_cli.domain import Domain
from rcl_cli.evaluate.labels import PictureFiles, fixed_pairs
from rcl_cli.evaluate.protocol import Outcome, measure, run_protocol
from rcl_cli.evaluate.start import Interpolation, Start
from rcl_cli.models.backbone import Backbone
from rcl_cli.network import get_network
from rcl_cli.task import get_task

ROWS = "rows.jsonl"
_ENCODER_JOB = "encoder"
_LEAST_TEST_SIDE = 48
_BY_ITSELF = code_version(*(Path(__file__).with_name(name) for name in ("densities.py", "residual.py")))


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
        network=[preset.pretrain.network, preset.pretrain.network_options],
        noise=preset.pretrain.sigma_range,
        test=[preset.test_side, preset.pretrain.seed],
        data=workshop.pictures,
        code=protocol_version(type(get_task(cell.task))),
        **({"by itself": _BY_ITSELF} if cell.by_itself else {}),
    )


def measure_cell(workshop: Workshop, cell: Cell) -> Row:
    """One row; its backbone is ready."""
    degradation = degradation_of(workshop, cell.task)
    start = _start(workshop, cell)
    tests = tests_of(workshop, degradation, start.multiple)
    task, domain = degradation.task, workshop.domain
    if cell.protocol is None:
        figures = measure(task, Interpolation(task, domain), tests, workshop.device)
        return _row(cell, domain, Outcome((figures,), 0.0), None)
    outcome = run_protocol(cell.protocol, start, degradation, _labels(workshop), tests, workshop.device)
    labels = len(workshop.data.train) if cell.protocol.labels is None else cell.protocol.labels
    row = _row(cell, domain, outcome, labels)
    return with_residual(row, start, task, tests, workshop.device) if cell.by_itself else row


def degradation_of(workshop: Workshop, task: str) -> Degradation:
    """The task with the noise of the tables."""
    return Degradation(get_task(task), workshop.domain, workshop.noise)


def tests_of(workshop: Workshop, degradation: Degradation, multiple: int) -> list[Pair]:
    """The test pictures, the same for all methods."""
    preset = workshop.preset
    pictures = _files(workshop, workshop.data.test, _LEAST_TEST_SIDE)
    side = preset.test_side * workshop.domain.pixels
    return fixed_pairs(pictures, degradation, side, multiple, preset.pretrain.seed)


def _labels(workshop: Workshop) -> PictureFiles:
    return _files(workshop, workshop.data.train, workshop.preset.pretrain.crop * workshop.domain.pixels)


def _files(workshop: Workshop, paths: Sequence[Path], least_side: int) -> PictureFiles:
    return LitPictures(paths, least_side) if workshop.domain.is_raw else PictureFiles(paths, least_side, linear=True)


def _start(workshop: Workshop, cell: Cell) -> Start:
    if cell.method.pretrained:
        return Start.load(backbone(workshop, cell.method, cell.network), workshop.domain)
    settings = workshop.settings(cell.method, cell.network)
    network = get_network(settings.network)
    return Start(lambda: Backbone(network(workshop.domain, settings.network_options), skip=settings.skip))


def _row(cell: Cell, domain: Domain, outcome: Outcome, labels: int | None) -> Row:
    return Row(
        cell.table,
        cell.name,
        cell.task,
        cell.network,
        domain.value,
        labels,
        outcome.mean("psnr_db"),
        outcome.std("psnr_db"),
        outcome.mean("ssim"),
        outcome.std("ssim"),
        len(outcome.trials),
        round(outcome.seconds, 1),
    )
