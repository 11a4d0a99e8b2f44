"""The plugins that installed distributions announce; nothing of them is imported.

Names come from entry points, so that listing them costs little. A name that two distributions want goes to this
program's own, else to the first by distribution name; the other is reported. `RCL_LOAD_PLUGINS` narrows down whose
plugins count besides this program's own: a list of distribution names, separated by commas; empty for none.
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rcl_cli.plugins.quick import only_own

if TYPE_CHECKING:
    from importlib.machinery import ModuleSpec
    from importlib.metadata import Distribution

TASKS, PRETEXTS, NETWORKS, FORMATS, COMMANDS = (
    f"rcl.{kind}s" for kind in ("task", "pretext", "network", "format", "command")
)
GROUPS = (TASKS, PRETEXTS, NETWORKS, FORMATS, COMMANDS)
OWN = "rcl-cli"
ENVIRONMENT = "RCL_LOAD_PLUGINS"
_ANNOUNCEMENT = "entry_points.txt"
_DISTRIBUTION = "distribution"
_VALUE = re.compile(r"([\w.]+)\s*(:\s*[\w.]+\s*)?(\[.*\]\s*)?$")
"""As the packaging specification has it: module, attribute, extras."""
_DOCSTRING = re.compile(r'\s*"""([^"\\\n]+)("""|\n)')
"""Its first line, where it begins as most do; others cost a parse of the module."""
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Entry:
    """One plugin as its distribution announces it."""

    name: str
    """Of the thing that it registers."""
    value: str
    """Where that is: a module, or what is to be got from one."""
    group: str
    """One of GROUPS."""
    distribution: str
    version: str

    @property
    def kind(self) -> str:
        """ "task", "pretext", "network", "format" or "command"; "distribution" for one that cannot be read."""
        return kind_of(self.group)

    @property
    def source(self) -> str:
        """Distribution and version, for messages."""
        return f"{self.distribution} {self.version}".strip()

    @property
    def description(self) -> str:
        """First line of the module's docstring, read from its source without importing it; "" where there is none."""
        return _first_docstring_line(self.module)

    @property
    def module(self) -> str:
        """That it is to be loaded from; "" where what is announced is no name of a module."""
        found = _VALUE.match(self.value)
        return found[1] if found and all(part.isidentifier() for part in found[1].split(".")) else ""

    def load(self) -> Any:
        """What it announces, imported. Whatever it raises."""
        from importlib.metadata import EntryPoint

        return EntryPoint(self.name, self.value, self.group).load()

    @property
    def defect(self) -> str:
        """Why it can never load, as far as that shows without importing it; "" where nothing is wrong."""
        if not self.module:
            return f"its module is to be {self.value!r}, which is no name of a Python module"
        try:
            missing = _spec_without_import(self.module) is None
        except (ImportError, ValueError):  # odd importers, which loading is left to
            missing = False
        return f"its module {self.module} is not installed" if missing else ""


@dataclass(frozen=True)
class Problem:
    """A plugin that cannot be used, and why."""

    entry: Entry
    reason: str

    def __str__(self) -> str:
        return f"{self.entry.kind} '{self.entry.name}' of {self.entry.source}: {self.reason}"


def kind_of(group: str) -> str:
    """What a group's plugins are called.

    >>> kind_of(TASKS)
    'task'
    """
    return group.removeprefix("rcl.").removesuffix("s")


def entries(group: str) -> list[Entry]:
    """The usable names of a group (one of GROUPS), this program's own first."""
    return [entry for entry, winner in _announced(group) if winner is None]


def collisions(group: str) -> list[Problem]:
    """The plugins of a group whose name another distribution has already."""
    return [
        Problem(entry, f"its name is taken by {winner.source}; uninstall one of the two, or set {ENVIRONMENT}")
        for entry, winner in _announced(group)
        if winner is not None
    ]


def damaged() -> list[Problem]:
    """The distributions that would announce plugins, if what they say of themselves could be read."""
    return [found for found in (_read(one)[1] for one in _distributions()) if found is not None]


def defects(group: str) -> list[Problem]:
    """The usable names of a group whose plugins are seen to be broken without importing them."""
    return [Problem(entry, entry.defect) for entry in entries(group) if entry.defect]


def _announced(group: str) -> Iterator[tuple[Entry, Entry | None]]:
    """Every entry of a group, and the one that has its name already, if any."""
    taken: dict[str, Entry] = {}
    for entry in sorted(_installed(group), key=lambda entry: (entry.distribution != OWN, entry.distribution)):
        yield entry, taken.get(entry.name)
        taken.setdefault(entry.name, entry)


def _installed(group: str) -> Iterator[Entry]:
    allowed = os.environ.get(ENVIRONMENT)
    chosen = None if allowed is None else {_canonical(name) for name in allowed.split(",")}
    for entry in _all_installed():
        counts = chosen is None or entry.distribution in (OWN, *chosen)
        if entry.group == group and counts:
            yield entry


def _all_installed() -> list[Entry]:
    own = only_own()
    if own is None:
        return [entry for distribution in _distributions() for entry in _read(distribution)[0]]
    found, group = [], ""
    for line in map(str.strip, own[1].splitlines()):
        name, is_entry, value = line.partition("=")
        if is_entry and group in GROUPS:
            found.append(Entry(name.strip(), value.strip(), group, OWN, own[0]))
        elif line.startswith("["):
            group = line.strip("[]")
    return found


def _distributions() -> Iterator[Distribution]:
    """The installed ones in whose announcement plugins of rcl may be: others, however broken, are none of ours."""
    from importlib import metadata

    try:
        yield from filter(_mentions_plugins, metadata.distributions())
    except Exception as error:  # whatever is on sys.path
        log.warning("The installed distributions cannot be listed (%s)", error)


def _mentions_plugins(distribution: Distribution) -> bool:
    try:
        return "[rcl." in (distribution.read_text(_ANNOUNCEMENT) or "")
    except UnicodeDecodeError as error:
        return b"[rcl." in error.object
    except Exception:
        return False


def _read(distribution: Distribution) -> tuple[list[Entry], Problem | None]:
    """What a distribution announces, of all groups, and what is wrong with it."""
    from importlib import metadata

    name = ""
    try:
        name = _canonical(distribution.metadata["Name"])
        version = str(distribution.metadata["Version"] or "")
        # Of two copies of a distribution, the first on sys.path is the one that Python imports. Remains have no name.
        first = next(filter(_is_named, metadata.distributions(name=name)))
        if str(first.locate_file("")) != str(distribution.locate_file("")):
            return [], None
        points = [point for point in distribution.entry_points if point.group in GROUPS]
        return [Entry(point.name, point.value, point.group, name, version) for point in points], None
    except Exception as error:
        place = str(distribution.locate_file(""))
        words = " ".join(f"{type(error).__name__}: {error}".split())
        reason = f"its metadata cannot be read ({words}); install it again, or uninstall it"
        broken = Entry(name or place, "", f"rcl.{_DISTRIBUTION}s", name or "unknown", "")
        return [], Problem(broken, reason)


def _is_named(distribution: Distribution) -> bool:
    try:
        return bool(distribution.metadata["Name"])
    except Exception:  # as the finder has it that has found these remains
        return False


def _canonical(distribution: str) -> str:
    """A distribution's name as PEP 503 normalises it.

    >>> _canonical("My_Task.Pack ")
    'my-task-pack'
    """
    return re.sub(r"[-_.]+", "-", distribution.strip()).lower()


def _first_docstring_line(module: str) -> str:
    if not module:
        return ""
    try:
        spec = _spec_without_import(module)
        source = Path(spec.origin or "").read_text(encoding="utf-8") if spec else ""
        if plain := _DOCSTRING.match(source):
            return plain[1].strip()
        import ast

        return (ast.get_docstring(ast.parse(source)) or "").partition("\n")[0]
    except Exception:  # whatever is in a file of somebody else, or in the way to it
        return ""


def _spec_without_import(module: str) -> ModuleSpec | None:
    # find_spec("a.b") would import a, whose code may be slow or fail: look for b in the folders of a instead.
    from importlib.machinery import PathFinder
    from importlib.util import find_spec

    top, *rest = module.split(".")
    spec = find_spec(top)
    for depth, _ in enumerate(rest, start=2):
        if spec is None or spec.submodule_search_locations is None:
            return None
        name = ".".join(module.split(".")[:depth])
        spec = PathFinder.find_spec(name, list(spec.submodule_search_locations))
    return spec
