"""A run is saved at intervals of time, so that whatever ends it costs a minute."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from rcl_cli.errors import CheckpointError, FileError

log = logging.getLogger(__name__)
SAVE_EVERY_S = 60.0


class Keeper:
    """Calls `save` with the number of steps done, once a minute and when asked."""

    def __init__(self, save: Callable[[int], None]) -> None:
        self._save = save
        self._last = time.monotonic()
        self._warned = ""

    def after(self, step: int) -> None:
        """To be called after each step: saves where a minute has passed.

        Where that is not possible, as on a full disk, the run goes on, which is said, and it is tried again a minute
        later. Raises CheckpointError for weights that must not be saved.
        """
        if time.monotonic() - self._last < SAVE_EVERY_S:
            return
        try:
            self.now(step)
        except CheckpointError:
            raise
        except FileError as error:
            self._last = time.monotonic()
            if str(error) != self._warned:
                log.warning("the run goes on, but could not be saved at step %d: %s", step, error)
                self._warned = str(error)

    def now(self, step: int) -> None:
        """Save. Raises FileError where that is not possible."""
        self._save(step)
        self._last = time.monotonic()
