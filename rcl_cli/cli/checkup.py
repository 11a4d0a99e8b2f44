"""What `rcl doctor` looks at: versions, folders, programs, packages and plugins. Nothing is written."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from rcl_cli.errors import FileError, RclError
from rcl_cli.files import exists, is_folder
from rcl_cli.folders import cache_folder, store_folder
from rcl_cli.plugins.entries import ENVIRONMENT, GROUPS, OWN, collisions, damaged, defects, entries

OK, MISSING, PROBLEM = "ok", "missing", "problem"
_MODULES = {"openexr": "OpenEXR", "opencv-python-headless": "cv2"}
"""Names of modules that are not those of their distributions."""
_EXTRAS = {
    "dask": "`--dask`",
    "plots": "plots of noise (`--plot`)",
    "onnx": "exported heads (`rcl export`, `rcl apply --engine onnx`)",
    "benchmark": "methods that `rcl benchmark` compares with",
}
_NOT_TRIED = ("torch",)
"""Required packages that take seconds to import."""
_PATIENCE_S = 10


@dataclass(frozen=True)
class Check:
    """One thing that was looked at."""

    section: str
    name: str
    status: str
    """OK; MISSING: works without it; PROBLEM: something will fail."""
    value: str
    """A version, a count, or where it is; "" for what is not there."""
    about: str = ""
    """What it is for, or what to do."""
    path: Path | None = None


def versions() -> Iterator[Check]:
    """rcl, Python, and each package that rcl needs: installed, and of those that load quickly, whether they load."""
    yield Check("Versions", "rcl", OK, metadata.version(OWN), str(Path(__file__).parents[2]))
    yield Check("Versions", "Python", OK, platform.python_version(), f"{platform.platform()}, {sys.executable}")
    for name, least, _ in _required():
        try:
            version = metadata.version(name)
        except metadata.PackageNotFoundError:
            yield Check("Versions", name, PROBLEM, "", f"rcl needs it: pip install {name}")
            continue
        failure = "" if name in _NOT_TRIED else _failure(name)
        if not failure and _numbers(version) < _numbers(least):
            failure = f"rcl needs {least} or newer: pip install --upgrade {name}"
        yield Check("Versions", name, PROBLEM if failure else OK, version, failure)


def folders(store: Path | None) -> Iterator[Check]:
    """The store and the cache: where they are and why, what is in them, and whether they can be written."""
    from rcl_cli.models.store import Store
    from rcl_cli.profiles.book import load_stored, stored_profiles

    set_by = "set by RCL_STORE" if os.environ.get("RCL_STORE") else "default; change it by RCL_STORE"
    why = "as given" if store else set_by
    root = store_folder(store)
    yield _folder("store", root, why)
    models, broken = Store.open(store).scan()
    bad = f"left out: {broken[0]}" if broken else ""
    found = _count(len(models), "model")
    yield Check("Folders", "models", PROBLEM if bad else OK, found, bad or "made by `rcl finetune`", root / "models")
    profiles = stored_profiles(store)
    try:
        found, bad = _count(len(load_stored(store)), "noise profile"), ""
    except RclError as error:
        found, bad = "", str(error)
    yield Check("Folders", "profiles", PROBLEM if bad else OK, found, bad or "made by `rcl calibrate`", profiles)
    yield _folder("cache", cache_folder(), "of decoded pictures, for `rcl pretrain`; may be deleted")


def defaults(given: Path | None) -> Iterator[Check]:
    """The files rcl.toml that are in force, and whether they can be read."""
    from rcl_cli.cli.config.files import open_files, user_path

    try:
        found = open_files(given)
    except FileError as error:
        yield Check("Folders", "defaults", PROBLEM, "", error.reason, error.path)
        return
    for file in found:
        yield Check("Folders", "defaults", OK, file.kind, "`rcl config` shows what it sets", file.path)
    if not found:
        yield Check("Folders", "defaults", OK, "none", "of options; `rcl config --help`", user_path())


def programs() -> Iterator[Check]:
    """Programs and packages that rcl uses where they are installed."""
    yield _exiftool()
    optional: dict[str, str] = {}
    for extra in _EXTRAS:
        for name, _, of in _required(extras=True):
            if of == extra:
                optional.setdefault(name, extra)
    for name, extra in optional.items():
        try:
            yield Check("Optional", name, OK, metadata.version(name), f"for {_EXTRAS[extra]}")
        except metadata.PackageNotFoundError:
            yield Check("Optional", name, MISSING, "", f"for {_EXTRAS[extra]}: pip install 'rcl-cli[{extra}]'")


def plugins() -> Iterator[Check]:
    """What others add to rcl is loaded; of rcl's own only what shows without loading it is checked."""
    found = [entry for group in GROUPS for entry in entries(group)]
    problems = damaged()
    for group in GROUPS:
        problems += [*collisions(group), *defects(group)]
    broken = {problem.entry: problem.reason for problem in problems}
    others = [entry for entry in found if entry.distribution != OWN]
    if others:
        from rcl_cli.cli.problems import check

        broken |= {entry: reason for entry in others if entry not in broken and (reason := check(entry))}
    own = f"{len(found) - len(others)} of rcl, {len(others)} of others"
    limit = f"{ENVIRONMENT} lets in {os.environ[ENVIRONMENT] or 'none'}" if ENVIRONMENT in os.environ else ""
    yield Check("Plugins", "plugins", OK, own, limit or "`rcl plugins` lists them")
    for entry, reason in broken.items():
        yield Check("Plugins", entry.name, PROBLEM, entry.source, f"{entry.kind}: {reason}")


def terminal() -> Iterator[Check]:
    """What standard output can show."""
    stream = sys.stdout
    kind = "a terminal" if stream.isatty() else "a file or a pipe"
    encoding = stream.encoding or "unknown"
    try:
        "λ σ × –".encode(encoding)
    except (LookupError, UnicodeError):
        about = "cannot show letters such as λ, which are replaced; set PYTHONUTF8=1 or a UTF-8 locale"
        yield Check("Terminal", "encoding", MISSING, encoding, about)
    else:
        yield Check("Terminal", "encoding", OK, encoding, kind)


def _folder(name: str, path: Path, why: str) -> Check:
    place = next((one for one in (path, *path.absolute().parents) if exists(one)), Path("/"))
    if not is_folder(place):
        return Check("Folders", name, PROBLEM, "", f"{place} is in the way: it is a file, not a folder", path)
    if not os.access(place, os.W_OK | os.X_OK):
        return Check("Folders", name, PROBLEM, "", f"cannot be written; choose another one ({why})", path)
    free = f"{shutil.disk_usage(place).free / 1e9:.0f} GB free"
    return Check("Folders", name, OK, free if place == path else f"not made yet, {free}", why, path)


def _exiftool() -> Check:
    use = "for maker notes, IPTC and XMP in results"
    program = shutil.which("exiftool")
    if program is None:
        about = f"{use}; EXIF and GPS are kept without it. Install it from exiftool.org or by a package manager"
        return Check("Optional", "exiftool", MISSING, "", about)
    try:
        asked = subprocess.run([program, "-ver"], capture_output=True, text=True, timeout=_PATIENCE_S, check=False)
    except (OSError, subprocess.SubprocessError) as error:
        return Check("Optional", "exiftool", PROBLEM, "", f"{program} cannot be started ({error})")
    version = asked.stdout.strip()
    if asked.returncode or not re.fullmatch(r"\d+\.\d+\S*", version):
        said = " ".join((asked.stderr or version).split())[:200] or f"exit code {asked.returncode}"
        return Check("Optional", "exiftool", PROBLEM, "", f"{program} does not work ({said})")
    return Check("Optional", "exiftool", OK, version, f"{use}; {program}")


def _required(*, extras: bool = False) -> Iterator[tuple[str, str, str]]:
    """Name, least version and extra ("": none) of the distributions that rcl requires, or (`extras`) of others."""
    for line in metadata.requires(OWN) or []:
        found = re.match(r"([\w.-]+?)\s*\(?>=\s*([\w.]+)", line)
        extra = re.search(r"extra == ['\"]([\w-]+)['\"]", line)
        if found is not None and extras == (extra is not None):
            yield found[1], found[2], extra[1] if extra else ""


def _numbers(version: str) -> tuple[int, ...]:
    """The leading numbers of a version.

    >>> _numbers("2.13.0+cpu") > _numbers("2.4")
    True
    """
    return tuple(int(part) for part in re.match(r"[\d.]*", version)[0].split(".") if part)  # type: ignore[index]


def _failure(distribution: str) -> str:
    """Why a package cannot be imported; "" where it can."""
    from importlib import import_module

    module = _MODULES.get(distribution.lower(), distribution.replace("-", "_"))
    try:
        import_module(module)
    except Exception as error:  # whatever is wrong with somebody else's package
        words = " ".join(f"{type(error).__name__}: {error}".split())
        return f"cannot be loaded ({words}); install it again: pip install --force-reinstall {distribution}"
    return ""


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
