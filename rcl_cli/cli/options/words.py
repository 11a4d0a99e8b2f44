"""Types of options that are words: one of a few, or the name of something that there is."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rcl_cli.cli.options.numbers import shown
from rcl_cli.errors import PluginError
from rcl_cli.files import exists
from rcl_cli.plugins.entries import NETWORKS, PRETEXTS, TASKS, entries
from rcl_cli.suggest import did_you_mean

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    Words = click.ParamType[str]
else:
    Words = click.ParamType  # older versions of click have it without brackets


class Word(click.Choice[str]):
    """One of a few words, in upper or lower case; one that is mistyped is answered by the one it is most like."""

    def __init__(self, choices: Iterable[str]) -> None:
        super().__init__(list(choices), case_sensitive=False)

    def get_invalid_choice_message(self, value: Any, ctx: click.Context | None) -> str:
        """As click's, with what was probably meant."""
        words = ", ".join(map(repr, self.choices))
        return f"{shown(value)!r} is not one of {words}{did_you_mean(str(value), self.choices)}."


class PluginName(Words):
    """The name of a task, pretext or network, which shells complete. None is loaded."""

    name = "name"

    def __init__(self, group: str) -> None:
        self.group = group

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Refuses a name that there is not at once, and not after torch is imported."""
        from rcl_cli.plugins.load import find

        try:
            return find(self.group, str(value)).name
        except PluginError as error:
            self.fail(str(error), param, ctx)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """The names that begin so, each with what it does."""
        from click.shell_completion import CompletionItem

        found = (entry for entry in entries(self.group) if entry.name.startswith(incomplete))
        return [CompletionItem(entry.name, help=entry.description) for entry in found]


class ModelName(Words):
    """The name of a model in the store, or a file, which shells complete; it is looked up by what uses it."""

    name = "model"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """The names that begin so, and files."""
        from click.shell_completion import CompletionItem

        from rcl_cli.models.store import SUFFIX, Store

        found = Store.open(ctx.params.get("store")).models.glob(f"*{SUFFIX}")
        names = sorted(path.stem for path in found if path.name.startswith(incomplete) and path.name[0] != ".")
        return [*map(CompletionItem, names), CompletionItem(incomplete, type="file")]


class Offered(Words):
    """Free text, for which shells offer words; whether it is right is judged by what uses it."""

    name = "text"

    def __init__(self, words: Callable[[click.Context], Iterable[str]]) -> None:
        self.words = words

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Those that begin so, in upper or lower case."""
        from click.shell_completion import CompletionItem

        wanted = incomplete.casefold()
        return [CompletionItem(word) for word in self.words(ctx) if word.casefold().startswith(wanted)]


def _cameras(ctx: click.Context) -> list[str]:
    """Those with noise profiles in the store."""
    from rcl_cli.profiles.book import load_stored

    logging.disable()  # a warning would be printed into the line that is being typed
    try:
        runs = [run for some in load_stored(ctx.params.get("store")) for run in some]
    finally:
        logging.disable(logging.NOTSET)
    return sorted({run.profile.camera for run in runs if run.profile.camera})


def _selections(ctx: click.Context) -> list[str]:
    """A word for each camera: shells split names at their spaces, and a part of the name is enough."""
    models = {
        next((word for word in reversed(name.split()) if any(map(str.isdigit, word))), name.split()[-1])
        for name in _cameras(ctx)
        if name.split()
    }
    return [*(f"camera={word}" for word in sorted(models)), "camera=", "iso="]


def _formats(ctx: click.Context) -> list[str]:
    from rcl_cli.raw.format import format_names

    return [*FORMATS, *format_names()]


class TaskName(PluginName):
    """The name of a task; where it is missing, all are said, and how the command line goes on."""

    def get_missing_message(self, param: click.Parameter, ctx: click.Context | None) -> str:
        """Which tasks there are, and the command line with one of them."""
        from rcl_cli.cli.misplaced import line, task_names

        tasks = task_names()
        words = [str(path) for path in (ctx.params.get("paths") or () if ctx else ())]
        verb = (ctx.info_name if ctx else "") or "apply"
        if words == ["help"] and not exists(Path("help")):
            return f"Did you mean {line(verb, '--help')}?"
        misplaced = next((word for word in words if word in tasks and not exists(Path(word))), None)
        if misplaced is not None:
            words.remove(misplaced)
            return f"Did you mean {line(verb, '--task', misplaced, *words)}?"
        example = line("apply", "--task", tasks[0], *words) if verb == "apply" else f"`--task {tasks[0]}`"
        return f"The tasks are {', '.join(tasks)}; for example {example}"


TASK = TaskName(TASKS)
PRETEXT = PluginName(PRETEXTS)
NETWORK = PluginName(NETWORKS)
MODEL = ModelName()
CAMERA = Offered(_cameras)
SELECTION = Offered(_selections)
FORMATS = ("auto", "dng", "tiff", "png", "jpeg", "npy", "exr")
FORMAT = Offered(_formats)
