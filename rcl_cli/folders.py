"""The user's folders: the store, of models, noise profiles and runs, and the cache of decoded pictures."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs


def store_folder(path: Path | None = None) -> Path:
    """The store: `path`, else $RCL_STORE, else a folder in the user's data folder. It may not exist yet."""
    return Path(path or os.environ.get("RCL_STORE") or platformdirs.user_data_path("rcl")).expanduser()


def cache_folder() -> Path:
    """The cache, a folder in the user's cache folder. It may not exist yet."""
    return platformdirs.user_cache_path("rcl")


def as_path(given: Path | str | None) -> Path | None:
    """A path that may be given as text, or not at all."""
    return None if given is None else Path(given)
