"""What was probably meant by a word that stands where a command should, or by an option that there is not."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Sequence
from pathlib import Path

import click

from rcl_cli.cli.fitting import Find, fitting
from rcl_cli.cli.verbs import BELOW
from rcl_cli.files import exists, is_folder
from rcl_cli.plugins.entries import NETWORKS, PRETEXTS, TASKS, entries
from rcl_cli.suggest import closest

_MOST_WORDS = 6


def advice(words: Sequence[str], verbs: Collection[str], find: Find) -> str:
    """What the command line `rcl WORDS` was probably meant to be, to stand behind "there is no command"; "" if unknown.

    The first of `words` is none of `verbs`; `find` gives the command of one that is.
    """
    word, rest = words[0], list(words[1:])

    def proposed(*meant: str) -> str:
        return line(*fitting([*meant, *rest], find))

    tasks = task_names()
    if word in tasks:
        return f"; {word} is a task: {proposed('apply', '--task', word)}"
    below = {name: verb for verb, names in reversed(BELOW.items()) for name in names}
    if word in below:
        return f"; did you mean {proposed(below[word], word)}?"
    for group, flag in ((PRETEXTS, "--pretext"), (NETWORKS, "--network")):
        if word in _names(group):
            return f"; {word} is a {flag[2:]}: {proposed('pretrain', flag, word)}"
    if exists(Path(word)):
        moved = next((one for one in rest if one in verbs), None)
        if moved is not None:
            rest.remove(moved)
            return f"; the command comes first: {proposed(moved, word)}"
        return f"; it is a {_kind(word)}: {line('apply', '--task', tasks[0], word)} or {line('info', word)}"
    meant: dict[str, tuple[str, ...]] = {name: (verb, name) for name, verb in below.items()}
    meant |= {task: ("apply", "--task", task) for task in tasks} | {verb: (verb,) for verb in verbs}
    found = closest(word, meant)
    return "; `rcl --help` lists the commands" if found is None else f"; did you mean {proposed(*meant[found])}?"


def option_advice(error: click.NoSuchOption, words: Sequence[str]) -> str:
    """What an unknown option was probably meant to be where click itself does not say so; "" if unknown."""
    context = error.ctx
    if context is None or error.possibilities:
        return ""
    name = error.option_name
    known = {option for parameter in context.command.get_params(context) for option in parameter.opts}
    for word in words:
        if word.startswith(name) and exists(Path(word)):
            return f" The {_kind(word)} of that name is {shlex.quote(f'./{word}')}."
        # Of -task click says that there is no -t.
        long = f"-{word.partition('=')[0]}"
        if not name.startswith("--") and word.startswith(name) and (found := closest(long, known)) is not None:
            return f" Long options have two dashes: did you mean '{found}'?"
    if context.parent is None:
        verb = name.lstrip("-")
        if isinstance(context.command, click.Group) and verb in context.command.list_commands(context):
            return f" Did you mean {line(verb)}?"
        return " Options come after the command, as in `rcl apply --task denoise`."
    if (found := closest(name, known)) is not None:
        return f" Did you mean '{found}'?"
    return ""


def task_names() -> list[str]:
    """The names of the tasks, none of which is loaded; denoise, if it is there, comes first."""
    return sorted(_names(TASKS), key=lambda name: (name != "denoise", name))


def line(*words: str) -> str:
    """A command line as it is to be typed, the end of a long one left out.

    >>> line("apply", "--task", "sr", "my card")
    "`rcl apply --task sr 'my card'`"
    """
    shown = shlex.join(words[:_MOST_WORDS])
    return f"`rcl {shown}{' …' if len(words) > _MOST_WORDS else ''}`"


def _kind(word: str) -> str:
    return "folder" if is_folder(Path(word)) else "file"


def _names(group: str) -> set[str]:
    return {entry.name for entry in entries(group)}
