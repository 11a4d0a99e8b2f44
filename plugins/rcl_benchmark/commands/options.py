"""The options of `rcl benchmark`, each said once, and what every verb does with its jobs: measure, print, write."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar

import click
from click.core import ParameterSource
from rich.markup import escape

from rcl_benchmark.engine.jobs import Job, Run
from rcl_benchmark.engine.page import About, Benchmark, write_page
from rcl_benchmark.engine.plots import need_matplotlib
from rcl_benchmark.engine.records import FILE, Records
from rcl_cli.cli.console import console, new_table, print_json_line, print_table, progress
from rcl_cli.cli.options.numbers import MOST_SEED, Whole

Command = TypeVar("Command", bound=Callable[..., Any])

_FOLDER = click.Path(file_okay=False, path_type=Path)
_EXISTING = click.Path(exists=True, file_okay=False, path_type=Path)
_NARROWING = {"methods", "regimes", "networks", "domains", "of", "parts", "workers", "as_json"}
"""Parameters that decide which results are measured now, or how, and none of their figures."""
_OPTIONS: dict[str, Callable[[Any], Any]] = {
    "data": click.option(
        "--data",
        required=True,
        type=_EXISTING,
        help="Clean pictures: a folder with train/ and test/ in it, or any folder, which is then split by the seed.",
    ),
    "test": click.option(
        "--test",
        type=_EXISTING,
        help="Folder of test pictures.  [default: DATA/test; where that holds folders alone, the first of them]",
    ),
    "preset": click.option(
        "--preset",
        type=click.Choice(["smoke", "small", "paper"]),
        default="small",
        show_default=True,
        help="Size of networks and trainings: minutes to see that it works, about an hour on two cores, or the paper's "
        "setting on a GPU.",
    ),
    "steps": click.option(
        "--steps", type=Whole(1), help="Optimiser steps of each pretraining.  [default: the preset's]"
    ),
    "encoder": click.option(
        "--encoder", default="auto", show_default=True, help="Encoder, as in `rcl pretrain`; all methods share it."
    ),
    "seed": click.option("--seed", type=Whole(0, largest=MOST_SEED), default=0, show_default=True, help="Random seed."),
    "device": click.option(
        "--device", default="auto", show_default=True, help="Device to compute on: auto, cuda, mps or cpu."
    ),
    "work": click.option(
        "--work",
        type=_FOLDER,
        help="Work folder of all that is measured, which benchmarks can share; a run goes on where it was.  "
        "[default: OUTPUT/work]",
    ),
    "output": click.option(
        "--output",
        type=_FOLDER,
        default=Path("docs/benchmarks"),
        show_default=True,
        help="Output folder of the page and its figures.",
    ),
    "network": click.option(
        "--network",
        "networks",
        multiple=True,
        type=click.Choice(["plain", "skip"]),
        help="Network: the paper's U-Net, or one whose result is added to its input. Can be repeated.  "
        "[default: plain; of table3 and fig2 both]",
    ),
    "workers": click.option(
        "--workers",
        type=Whole(1),
        default=1,
        show_default=True,
        help="Number of worker processes, one thread each; 1: no other process, with all threads.",
    ),
    "json": click.option("--json", "as_json", is_flag=True, help="Print each result as a JSON line."),
}


def options(*names: str) -> Callable[[Command], Command]:
    """Add the options of these names to a verb, in their order."""

    def add(command: Command) -> Command:
        for name in reversed(names):
            command = _OPTIONS[name](command)
        return command

    return add


def choice_option(flag: str, name: str, choices: Sequence[str], words: str) -> Callable[[Command], Command]:
    """An option that chooses some of several, by default all."""
    words = f"{words} Can be repeated.  [default: all]"
    return click.option(flag, name, multiple=True, type=click.Choice(choices), help=words)


@dataclass(frozen=True)
class Session:
    """One call of a verb."""

    benchmark: Benchmark[Any]
    command: str
    """To have all of the page again."""
    output: Path
    work: Path
    workers: int
    as_json: bool

    @classmethod
    def start(cls, benchmark: Benchmark[Any], given: dict[str, Any], *, deciding: Collection[str] = ()) -> Session:
        """`deciding`: of `_NARROWING`, what the page depends on all the same.

        Raises RclError where the page could not be drawn in the end.
        """
        need_matplotlib()
        output = given["output"]
        work = (given["work"] or output / "work").resolve()
        return cls(
            benchmark, _command_line(_NARROWING.difference(deciding)), output, work, given["workers"], given["as_json"]
        )

    def measure(
        self, jobs: Sequence[Job], *, apart: bool = False, line: Callable[[Any], dict[str, Any]] | None = asdict
    ) -> list[Any]:
        """The result of each job, measured where it is not known yet; with --json printed as `line` says at once."""
        run = Run.plan(jobs, self._store, self.benchmark.load)
        results = []
        with progress(len(run.left), self.benchmark.name, "jobs") as bar:

            def on_job(name: str) -> None:
                bar.advance()
                bar.describe(name)

            for result in run.results(self.workers, apart=apart, on_job=on_job):
                results.append(result)
                if self.as_json and line:
                    print_row(line(result))
        return results

    def known(self, jobs: Sequence[Job]) -> list[Any]:
        """What the work folder has of some jobs, in their order."""
        return list(Run.plan(jobs, self._store, self.benchmark.load).known.values())

    def show(self, results: Sequence[Any]) -> None:
        """Print a table of the results, unless JSON lines are asked for."""
        if not self.as_json:
            columns = self.benchmark.columns
            table = new_table(*columns, right=list(columns)[self.benchmark.words :])
            for result in results:
                table.add_row(*(escape(text(result)) for text in columns.values()))
            print_table(table)

    def write(self, results: Sequence[Any], about: About) -> None:
        """Write the page."""
        page = write_page(self.benchmark, results, about, self.output)
        console.print(f"{page} is written", markup=False, soft_wrap=True)

    @property
    def _store(self) -> Records:
        return Records(self.work / FILE)


def print_row(values: dict[str, Any]) -> None:
    """One result as a JSON line."""
    print_json_line({"kind": "row", **values, "status": "done"})


_SET = (ParameterSource.COMMANDLINE, ParameterSource.ENVIRONMENT, ParameterSource.DEFAULT_MAP)


def _command_line(left_out: Collection[str]) -> str:
    """The command with all that makes it another than the default, typed or from rcl.toml, without these parameters."""
    context = click.get_current_context()
    words = ["rcl", *context.command_path.split()[1:]]
    for parameter in context.command.params:
        name = parameter.name or ""
        source = context.get_parameter_source(name)
        if source in _SET and name not in left_out and name in context.params:
            words += _typed(parameter, context.params[name])
    return shlex.join(words)


def _typed(parameter: click.Parameter, value: Any) -> list[str]:
    if isinstance(parameter, click.Argument):
        return [str(one) for one in (value if parameter.nargs != 1 else [value])]
    if getattr(parameter, "is_flag", False):
        return (
            [parameter.opts[-1] if value else parameter.secondary_opts[-1]] if value or parameter.secondary_opts else []
        )
    many = value if parameter.multiple else [value]
    words = []
    for one in many:
        words += [parameter.opts[-1], *map(str, one if parameter.nargs != 1 else [one])]
    return words
