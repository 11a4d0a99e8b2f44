"""`rcl pretrain`: learn from one's own noisy pictures, without labels."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from rcl_cli.cli.console import exit_code, json_head, print_json_line, say
from rcl_cli.cli.options.file_lists import paths_argument
from rcl_cli.cli.options.numbers import MOST_SEED, Whole
from rcl_cli.cli.options.plugins import PluginCommand, PluginFlag, load_network, take_plugin_options
from rcl_cli.cli.options.pretrain import pretrain_options
from rcl_cli.cli.options.report import REPORT, Report
from rcl_cli.cli.options.shared import DEVICE, STORE, Option, json_option
from rcl_cli.cli.options.values import byte_count
from rcl_cli.cli.options.words import Word
from rcl_cli.cli.several import PROCESSES, start_processes, together
from rcl_cli.pretraining.settings import PRESETS, PretrainSettings, with_changes

_INTERRUPTED = 130


def _pretext(name: str) -> type[Any]:
    from rcl_cli.pretext import get_pretext

    return get_pretext(name)


class _Command(PluginCommand):
    plugin_flags = (
        PluginFlag("pretext", _pretext, PRESETS["default"].pretext),
        PluginFlag("network", load_network, PRESETS["default"].network),
    )


@click.command(cls=_Command)
@paths_argument()
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of the run.  [default: a new one in the store, named after the folder of the pictures]",
)
@click.option(
    "--preset",
    default="default",
    type=Word(list(PRESETS)),
    show_default=True,
    help="Settings to start from: rcl's own, those of the paper, or a short run as a check.",
)
@pretrain_options
@DEVICE
@click.option(
    "--workers",
    type=Whole(1),
    default=2,
    show_default=True,
    metavar="N",
    help="Number of pictures decoded in parallel.",
)
@click.option(
    "--seed", cls=Option, type=Whole(0, largest=MOST_SEED), show_default="0", metavar="N", help="Random seed."
)
@click.option(
    "--cache",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of the cache of decoded pictures.  [default: in the user cache folder]",
)
@click.option(
    "--cache-size", callback=byte_count, metavar="SIZE", help="Largest size of the cache, such as 500M.  [default: 4G]"
)
@PROCESSES
@click.option("--resume", is_flag=True, help="Continue the run in --output, or the newest in the store, up to --steps.")
@click.option(
    "--name", default="", metavar="NAME", help="Name of the backbone in the store.  [default: that of the run's folder]"
)
@STORE
@REPORT
@json_option("each step and the result")
@click.pass_context
def command(
    ctx: click.Context,
    /,
    paths: tuple[Path, ...],
    output: Path | None,
    preset: str,
    device: str,
    workers: int,
    cache: Path | None,
    processes: int | None,
    resume: bool,
    name: str,
    store: Path | None,
    report: Path | None,
    as_json: bool,
    **given: Any,
) -> None:
    """Pretrain a backbone on noisy pictures, without labels.

    PATHS are raws or other pictures, or folders of them. The default pretext is residual contrastive learning: it
    compares what the network removes from different pictures, which should be their noise. If the noise levels of most
    pictures are known, the network also learns to denoise, and the run's folder holds a head for `rcl apply --model`.

    The backbone goes to the store, where `rcl finetune` finds it. Ctrl-C saves the run and --resume continues it. It is
    saved once a minute as well.

    With --processes, or started by torchrun, the result is that of one process with the whole batch, but for rounding.
    A run can be continued with another number of processes.
    """
    from rcl_cli.cli.watch import TerminalWatch
    from rcl_cli.disk.made import none_empty
    from rcl_cli.models.runs import PRETRAINING
    from rcl_cli.models.store import Store

    if resume:
        _refuse_changes(ctx, given)
    start_processes(ctx, processes, paths, output, PRETRAINING)
    from rcl_cli.pretraining.session import Session

    opened = Store.open(store)

    def session() -> Session:
        if resume:
            return Session.resumed(opened, output, given["steps"], name)
        return Session.new(paths, _settings(preset, given), opened, output, name)

    with together(device) as team, none_empty(opened.runs):
        page = Report.begin(report if team.first else None)
        done = team.given(session).run(
            paths=paths, workers=workers, cache=cache, watch=TerminalWatch(as_json=as_json), team=team
        )
    if not team.first:
        sys.exit(0 if done.finished else _INTERRUPTED)
    if as_json:
        models = {"name": done.names.get("backbone"), "head": done.denoiser, "head_name": done.names.get("head")}
        print_json_line({**json_head("model", done.backbone), "step": done.step, "run": done.folder, **models})
    if page.wanted:
        from rcl_cli.report.run_page import run_page

        page.end(lambda: run_page(done.folder, store=store))
    if not done.finished:
        sys.exit(_INTERRUPTED)
    say(f"Run folder: {done.folder}")
    sys.exit(page.code(exit_code(1, len(done.left_out))))


def _settings(preset: str, given: dict[str, Any]) -> PretrainSettings:
    given["options"] = given.pop("extra") | take_plugin_options(given, "pretext")
    given["network_options"] = given.pop("network_extra") | take_plugin_options(given, "network")
    if given["profile"] is not None:
        given["profile"] = str(given["profile"].resolve())
    return with_changes(PRESETS[preset], given)


def _refuse_changes(ctx: click.Context, given: dict[str, Any]) -> None:
    changed = [name for name, value in given.items() if value not in (None, {}) and name != "steps"]
    if changed:
        flags = {parameter.name: parameter.opts[0] for parameter in ctx.command.get_params(ctx)}
        raise click.UsageError(f"a resumed run keeps its settings, so leave out {flags[changed[0]]}")
