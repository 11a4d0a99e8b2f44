"""Let atheris look for bytes that one of our parsers fails on: `python -m tests.fuzz.guided PARSER -max_total_time=60`.

It watches which lines an input reaches, and changes those that reach new ones. Options after the parser's name are
libFuzzer's; a folder among them keeps the inputs. It ends at the first fault, with the input in a file.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from .seeds import write_seeds


def main() -> None:
    """Ends the process."""
    try:
        import atheris
    except ImportError:
        sys.exit("atheris is not installed: pip install atheris")
    with atheris.instrument_imports(include=["rcl_cli.raw", "rcl_cli.models", "rcl_calibration", "tifffile"]):
        from .parsers import PARSERS
    if len(sys.argv) < 2 or sys.argv[1] not in PARSERS:
        sys.exit(f"usage: python -m tests.fuzz.guided PARSER [OPTION …]; parsers: {', '.join(PARSERS)}")
    program, name, *options = sys.argv
    with tempfile.TemporaryDirectory() as folder:
        write_seeds(Path(folder))
        inputs = [] if any(Path(option).is_dir() for option in options) else [folder]
        atheris.Setup([program, *options, *inputs], PARSERS[name].accepts)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
